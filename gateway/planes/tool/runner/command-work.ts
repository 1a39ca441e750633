import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import type { Permit } from '../../../core/permit.ts'
import { endText } from '../../../../sandbox/limits.ts'
import type { Sandbox, TerminalSize, ToolProcess } from '../../../../sandbox/sandbox.ts'
import type { CommandResult, OutputStream, ToolIo } from './tool-result.ts'

const MAX_OUTPUT_BYTES = 1_073_741_824 // 1 GiB: it passes through and is kept nowhere, but a command that never stops printing must end

/** A command as it was allowed. `timeoutMs` null: the sandbox's own limit, which also bounds the others. */
export interface AllowedCommand { readonly permit: Permit, readonly command: string, readonly cwd: string, readonly timeoutMs: number | null, readonly terminal?: TerminalSize | null }

/**
 * Runs a command in the sandbox and passes its output on as it comes.
 *
 * @throws GatewayError WEIR_ERR_SANDBOX when it could not be started
 */
export async function runCommand (sandbox: Pick<Sandbox, 'runTool'>, { permit, command, cwd, timeoutMs, terminal = null }: AllowedCommand, { signal, onOutput, onTerminal }: ToolIo): Promise<CommandResult> {
  const tool = sandbox.runTool(permit, { command, cwd, ...(timeoutMs === null ? {} : { wallMs: timeoutMs }), ...(terminal === null ? {} : { terminal }) })
  tool.stdin.end()
  const kill = (): void => { tool.kill() }
  signal.addEventListener('abort', kill, { once: true })
  if (signal.aborted) kill()
  if (terminal !== null) onTerminal?.((size) => { tool.resize(size) })
  const count = { bytes: 0 }
  const limit = (chunk: Buffer): boolean => {
    count.bytes += chunk.length
    if (count.bytes > MAX_OUTPUT_BYTES) kill()
    return count.bytes <= MAX_OUTPUT_BYTES
  }
  try {
    const pass = (stream: OutputStream): Promise<void> => passOn(tool, tool[stream], limit, (text) => onOutput(stream, text))
    const [end] = await Promise.all([tool.ended, pass('stdout'), pass('stderr')])
    const limitHit = end.how === 'exited' ? endText(end.code) : null
    if (limitHit !== null) await onOutput('stderr', `weir: the command was stopped: ${limitHit}\n`)
    const how = count.bytes > MAX_OUTPUT_BYTES ? 'too-much-output' : end.how
    return { ok: how === 'exited' && end.code === 0, kind: 'command', how, code: end.code, outputBytes: count.bytes }
  } finally {
    onTerminal?.(null)
    signal.removeEventListener('abort', kill)
  }
}

// One chunk at a time: a slow reader slows the command down, through its pipe.
async function passOn (tool: ToolProcess, from: Readable, take: (chunk: Buffer) => boolean, onText: (text: string) => Promise<void> | void): Promise<void> {
  const decoder = new StringDecoder('utf8')
  try {
    for await (const chunk of from) {
      if (!Buffer.isBuffer(chunk) || !take(chunk)) continue
      const text = decoder.write(chunk)
      if (text !== '') await onText(text)
    }
    const rest = decoder.end()
    if (rest !== '') await onText(rest)
  } catch (error) {
    tool.kill() // nobody takes the output any more
    throw error
  }
}
