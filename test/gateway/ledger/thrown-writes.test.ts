import t, { type Test } from 'tap'
import { AppendQueue } from '../../../gateway/ledger/append-queue.ts'
import { createChain, type Chain } from '../../../gateway/ledger/chain.ts'
import { startDurableWriter, type DurableWriter } from '../../../gateway/ledger/durable-writer.ts'
import { ZERO_HASH } from '../../../gateway/ledger/entry-line.ts'
import { createGroupCommit } from '../../../gateway/ledger/group-commit.ts'
import { createSegment } from '../../../gateway/ledger/segment.ts'
import { createSegmentFile } from '../../../gateway/ledger/segment-file.ts'
import { testFolder } from '../../support/test-folder.ts'

// What a write throws, rather than tells as an error of the file system, at each place from where a group is written.

const FAULT = new RangeError('thrown in the middle of a write')

interface Stage {
  readonly chain: Chain
  /** What the next write does instead. */
  next: DurableWriter['write'] | null
  append (): Promise<number>
  idle (): Promise<void>
}

async function opened (t: Test): Promise<Stage> {
  const dir = testFolder(t)
  const real = startDurableWriter()
  const stage: { next: Stage['next'] } = { next: null }
  const writer: DurableWriter = {
    ...real,
    write (...given) {
      const write = stage.next ?? real.write
      stage.next = null
      write(...given)
    },
  }
  const { file, size } = await createSegment(dir, { first: 0, prev: ZERO_HASH, open: [] })
  const chain = createChain({ dir, end: { next: 0, head: ZERO_HASH, open: new Set(), size }, file: createSegmentFile(file, size, writer), first: 0, segmentBytes: 1_000_000, writer })
  const queue = new AppendQueue()
  const commits = createGroupCommit({
    queue,
    chain,
    writer,
    onGroup (group) { group.forEach((item, place) => item.waiter?.resolve(chain.head().index + 1 - group.length + place)) },
    onFailure (cause) { for (const item of queue.takeWaiting()) item.waiter?.reject(cause) },
  })
  t.teardown(async () => {
    await chain.close()
    await real.close()
  })
  return Object.assign(stage, {
    chain,
    append: () => new Promise<number>((resolve, reject) => {
      queue.push({ body: '{"kind":"event"}', timeMs: 1, mark: { opens: false, closes: null }, waiter: { resolve, reject } })
      commits.push()
    }),
    idle: commits.idle,
  })
}

const thrown: DurableWriter['write'] = () => { throw FAULT }

async function goesOn (t: Test, stage: Stage, index: number): Promise<void> {
  await t.rejects(stage.append(), FAULT)
  await stage.idle()
  t.equal(stage.chain.head().index, index - 1, 'what was refused is not in the chain')
  t.equal(await stage.append(), index)
}

await t.test('what is thrown at once refuses the group, and the next one is written', async (t) => {
  const stage = await opened(t)
  stage.next = thrown
  await goesOn(t, stage, 0)
})

await t.test('the same of the first write into a new segment', async (t) => {
  const stage = await opened(t)
  t.equal(await stage.append(), 0)
  stage.chain.closeSegment()
  stage.next = thrown
  await goesOn(t, stage, 1)
})

await t.test('the same of a write behind one that threw, whose rest is cut off first', async (t) => {
  const stage = await opened(t)
  t.equal(await stage.append(), 0)
  stage.next = thrown
  await t.rejects(stage.append(), FAULT)
  stage.next = thrown
  await goesOn(t, stage, 1)
})

await t.test('those who come while a group is refused are not left behind', async (t) => {
  const stage = await opened(t)
  // On a busy machine they do not all come into one group.
  const alwaysThrown: DurableWriter['write'] = () => {
    stage.next = alwaysThrown
    throw FAULT
  }
  stage.next = alwaysThrown
  const all = await Promise.allSettled([stage.append(), stage.append(), stage.append()])
  t.same(all.map(({ status }) => status), ['rejected', 'rejected', 'rejected'])
  stage.next = null
  t.same(await Promise.all([stage.append(), stage.append()]), [0, 1])
})

t.end()
