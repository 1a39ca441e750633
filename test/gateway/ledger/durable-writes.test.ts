import { constants, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { Session } from 'node:inspector'
import { join } from 'node:path'
import t from 'tap'
import { openJournal, type Journal } from '../../../gateway/ledger/journal.ts'
import { testFolder } from '../../support/test-folder.ts'
import { plainEvent } from './bodies.ts'

// A process that is killed loses nothing that the kernel has, so no test that kills one sees whether anything was synced: this one asks the kernel.

function opened (dir: string): Promise<Journal> {
  return openJournal({ dir, nowMs: Date.now, onWarning: (message) => { throw new Error(message) } })
}

/** For each file of the folder that this process has open: whether a write to it is durable when it returns. */
function durableIn (dir: string): Readonly<Record<string, boolean>> {
  return Object.fromEntries(readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      const flags = parseInt(/^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '', 8)
      return path.startsWith(`${dir}/`) ? [[path.slice(dir.length + 1), (flags & constants.O_DSYNC) !== 0]] : []
    } catch {
      return [] // the descriptor that read the list
    }
  }))
}

/** What the process asks of the file system, off its main thread, while this is done. */
async function fileSystemCalls (work: () => Promise<unknown>): Promise<readonly string[]> {
  const session = new Session()
  session.connect()
  const calls: string[] = []
  session.on('NodeTracing.dataCollected' as 'inspectorNotification', (message: unknown) => {
    const { value } = (message as { readonly params: { readonly value: ReadonlyArray<{ readonly ph: string, readonly name: string, readonly args: { readonly path?: string } }> } }).params
    for (const { ph, name, args } of value) if (ph === 'b') calls.push(args.path === undefined ? name : `${name} ${args.path}`)
  })
  const collected = new Promise<void>((resolve) => { session.once('NodeTracing.tracingComplete' as 'inspectorNotification', () => { resolve() }) })
  session.post('NodeTracing.start', { traceConfig: { includedCategories: ['node.fs.async'] } })
  await work()
  session.post('NodeTracing.stop')
  await collected
  session.disconnect()
  return calls
}

await t.test('every segment is written through to the disk: the first, one after it, and one that a start goes on with', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await opened(dir)
  await journal.append(plainEvent('one'))
  t.same(durableIn(dir), { '00000000000000000000.jsonl': true })
  journal.closeSegment()
  await journal.append(plainEvent('two'))
  t.same(durableIn(dir), { '00000000000000000001.jsonl': true })
  await journal.close()
  const again = await opened(dir)
  await again.append(plainEvent('three'))
  t.same(durableIn(dir), { '00000000000000000001.jsonl': true })
  await again.close()
})

await t.test('a start syncs what a killed process may have left in memory, and a new segment its header and its name', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const first = await opened(dir)
  const rotation = await fileSystemCalls(async () => {
    await first.append(plainEvent('one'))
    first.closeSegment()
    await first.append(plainEvent('two'))
  })
  const draft = `${join(dir, '00000000000000000001.jsonl')}.new`
  const made = rotation.slice(rotation.indexOf(`open ${draft}`))
  t.ok(made.length > 1 && made[0] === `open ${draft}`, made.join(', '))
  const renamed = made.findIndex((call) => call.startsWith('rename'))
  t.ok(made.slice(0, renamed).includes('fsync'), 'the header is durable before the segment has its name')
  t.same(made.slice(renamed + 1, renamed + 3), [`open ${dir}`, 'fsync'], 'the name is durable before an entry is in the segment')
  await first.close()

  let journal: Journal | undefined
  const start = await fileSystemCalls(async () => { journal = await opened(dir) })
  t.same(start.slice(-2), [`open ${join(dir, '00000000000000000001.jsonl')}`, 'fsync'])
  await journal?.close()
})
