import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { LedgerEntry } from '../../../gateway/core/ledger-entry.ts'
import { openJournal } from '../../../gateway/ledger/journal.ts'
import { openSieve } from '../../../gateway/ledger/sieve.ts'
import { decisionBody, plainEvent } from './bodies.ts'
import { testFolder } from '../../support/test-folder.ts'

await t.test('a sieve hands out what is wanted and nothing else, wherever it begins and however it is read', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await openJournal({ dir, nowMs: Date.now, onWarning: (message) => { throw new Error(message) }, segmentBytes: 3_000 })
  const wanted: number[] = []
  const names = ['plain', 'wanted', 'not-wanted', 'wanted-not']
  for (let index = 0; index < 60; index += 1) {
    const name = names[(index * 7) % 4] ?? ''
    // A name inside of a detail, or of a decision, is none.
    await journal.append(index % 5 === 0 ? decisionBody('deny') : plainEvent(name, { name: 'wanted', kind: 'event' }))
    if (index % 5 !== 0 && name === 'wanted') wanted.push(index)
  }
  await fc.assert(fc.asyncProperty(fc.nat(70), fc.array(fc.record({ upTo: fc.integer({ min: -1, max: 70 }), most: fc.integer({ min: 1, max: 5 }) }), { maxLength: 12 }), async (from, reads) => {
    const sieve = openSieve(dir, from, ({ kind, name }) => kind === 'event' && name === 'wanted')
    const found: LedgerEntry[] = []
    let seen = from - 1
    for (const { upTo, most } of reads) {
      const some = await sieve.read(upTo, most)
      if (some.length > most || some.some(({ index }) => index > upTo)) return false
      found.push(...some)
      seen = Math.max(seen, some.length === most ? some.at(-1)?.index ?? seen : Math.min(upTo, 59))
    }
    t.same(found.map(({ index }) => index), wanted.filter((index) => index >= from && index <= seen))
    return sieve.next() === Math.max(from, seen + 1)
  }), { numRuns: 60 })
  await journal.close()
})

await t.test('a sieve goes on with what is written later', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await openJournal({ dir, nowMs: Date.now, onWarning: (message) => { throw new Error(message) }, segmentBytes: 800 })
  const sieve = openSieve(dir, 0, ({ name }) => name === 'wanted')
  const found: number[] = []
  for (let round = 0; round < 20; round += 1) {
    await journal.append(plainEvent('other'))
    await journal.append(plainEvent('wanted', { round }))
    for (const { index } of await sieve.read(journal.head().index, 10)) found.push(index)
  }
  t.same(found, Array.from({ length: 20 }, (_, round) => round * 2 + 1))
  await journal.close()
})
