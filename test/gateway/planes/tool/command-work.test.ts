import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { runCommand } from '../../../../gateway/planes/tool/runner/command-work.ts'
import type { ToolEnd, ToolProcess } from '../../../../sandbox/sandbox.ts'
import { openDoor, permitFrom } from '../../../sandbox/open-door.ts'

const CHUNK = Buffer.alloc(8_388_608, 'y')
const LIMIT_CHUNKS = 128 // 1 GiB

const permit = await permitFrom(openDoor(() => 'allow'))

/** A command that prints so many chunks, unless it is killed before. No program prints 1 GiB through walls in a time that a test may take. */
function printing (chunks: number): { readonly tool: ToolProcess, printed (): number } {
  let printed = 0
  let end = (_: ToolEnd): void => {}
  const ended = new Promise<ToolEnd>((resolve) => { end = resolve })
  const stdout = Readable.from((function * () {
    for (; printed < chunks; printed += 1) yield CHUNK
    end({ how: 'exited', code: 0 })
  })(), { objectMode: false, highWaterMark: 1 })
  const kill = (): void => {
    end({ how: 'killed', code: 137 })
    chunks = printed
  }
  return { tool: { stdin: new PassThrough(), stdout, stderr: Readable.from([]), ended, kill, resize: () => {} }, printed: () => printed }
}

async function run (chunks: number): Promise<{ readonly result: object, readonly passedBytes: number, readonly printed: number }> {
  const { tool, printed } = printing(chunks)
  let passedBytes = 0
  const result = await runCommand({ runTool: () => tool }, { permit, command: 'yes', cwd: '/workspace', timeoutMs: null }, {
    signal: new AbortController().signal, onOutput: (_stream, text) => { passedBytes += text.length },
  })
  return { result, passedBytes, printed: printed() }
}

await t.test('a command that prints as much as it may ends by itself', async (t) => {
  t.match(await run(LIMIT_CHUNKS), { result: { ok: true, how: 'exited', code: 0, outputBytes: LIMIT_CHUNKS * CHUNK.length }, passedBytes: LIMIT_CHUNKS * CHUNK.length })
})

await t.test('one that prints more is ended, and no more of it is passed on', async (t) => {
  const { result, passedBytes, printed } = await run(Number.MAX_SAFE_INTEGER)
  t.match(result, { ok: false, how: 'too-much-output' })
  t.equal(passedBytes, LIMIT_CHUNKS * CHUNK.length)
  t.ok(printed < LIMIT_CHUNKS + 8, `it was ended after ${printed} chunks`)
})
