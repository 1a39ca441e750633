import { join } from 'node:path'
import t from 'tap'
import { openJournal } from '../../../gateway/ledger/journal.ts'
import { readEntries } from '../../../gateway/ledger/read-entries.ts'
import { openTail } from '../../../gateway/ledger/tail.ts'
import { plainEvent } from './bodies.ts'
import { testFolder } from '../../support/test-folder.ts'

const ALL = { upTo: Infinity, maxEntries: 1_000, maxBytes: 1_000_000 }

await t.test('a tail reads on over segments as they are written, each entry once', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await openJournal({ dir, nowMs: () => Date.now(), onWarning: (message) => { throw new Error(message) }, segmentBytes: 1_000 })
  const tail = openTail(dir, 0)
  const seen: number[] = []
  for (let round = 0; round < 30; round += 1) {
    await Promise.all([journal.append(plainEvent('one', { round })), journal.append(plainEvent('two'))])
    for (const { index } of await tail.read({ ...ALL, upTo: journal.head().index })) seen.push(index)
  }
  t.same(seen, Array.from({ length: 60 }, (_, index) => index))
  t.same(await tail.read(ALL), [])
  await journal.close()

  const late = openTail(dir, 37)
  const batches: number[][] = []
  for (let batch = await late.read({ ...ALL, maxEntries: 5 }); batch.length > 0; batch = await late.read({ ...ALL, maxEntries: 5 })) batches.push(batch.map(({ index }) => index))
  t.same(batches.flat(), Array.from({ length: 23 }, (_, place) => 37 + place))
  t.ok(batches.every((batch) => batch.length <= 5))
  t.same((await openTail(dir, 0).read({ ...ALL, upTo: 3 })).map(({ index }) => index), [0, 1, 2, 3])
  t.equal((await openTail(dir, 0).read({ ...ALL, maxBytes: 1 })).length, 1)
})

await t.test('a range of entries is read from the segments that hold it', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await openJournal({ dir, nowMs: () => Date.now(), onWarning: (message) => { throw new Error(message) }, segmentBytes: 1_000 })
  for (let count = 0; count < 30; count += 1) await journal.append(plainEvent('filler'))
  const indexes: number[] = []
  for await (const entry of readEntries(dir, { from: 11, to: 22 })) indexes.push(entry.index)
  t.same(indexes, Array.from({ length: 12 }, (_, place) => 11 + place))
  await journal.close()
})
