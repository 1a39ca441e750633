import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { JSONRPCMessageSchema, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { INSIDE, type SandboxDriver, type ToolProcess } from '../../sandbox/sandbox.ts'
import { GatewayError } from '../core/errors.ts'
import type { Permit } from '../core/permit.ts'
import type { CommandPlace } from './mcp-config.ts'
import type { McpWay } from './mcp-way.ts'

const MAX_ANSWERS = 64 // whose bytes a server may send at once: as many calls as one client has open
const LAST_WORDS_CHARS = 2_000
const NEWLINE = 10

export interface CommandWayPorts {
  readonly sandboxes: Pick<SandboxDriver, 'open'>
  /** Longest life of one server, ms. */
  readonly lifeMs: number
}

export interface CommandWaySpec {
  readonly place: CommandPlace
  readonly permit: Permit
  /** Of one answer. */
  readonly maxBytes: number
  /** Hears once that the server ended without being asked to, or said too much; with what it wrote on standard error if that was before its first answer. */
  readonly onEnded: (lastWords: string) => void
}

/**
 * Starts a server that is a command, in a sandbox of its own: its folder, the system's programs, no network, nothing of a session. It is ended
 * with the way. Only answers are heard of it, and no more bytes than were asked for.
 *
 * @throws GatewayError WEIR_ERR_SANDBOX
 */
export async function openCommandWay ({ place, permit, maxBytes, onEnded }: CommandWaySpec, { sandboxes, lifeMs }: CommandWayPorts, signal: AbortSignal): Promise<McpWay> {
  let stopped: Promise<void> | null = null
  let tool: ToolProcess | null = null
  const sandbox = await sandboxes.open(permit, { lowerDir: place.folder, isForOne: true, onLimit: () => { tool?.kill() } })
  const stop = (): Promise<void> => { stopped ??= sandbox.stop(); return stopped }
  try {
    if (signal.aborted) throw new GatewayError('WEIR_ERR_SANDBOX', 'The call was cancelled before its MCP server was started.')
    tool = sandbox.runTool(permit, { command: place.command, cwd: INSIDE.workspace, wallMs: lifeMs })
  } catch (thrown) {
    await stop()
    throw thrown
  }
  return { ...transportOf(tool, maxBytes, onEnded), close: stop }
}

function transportOf (tool: ToolProcess, maxBytes: number, onEnded: (lastWords: string) => void): Pick<McpWay, 'transport' | 'wasTooLarge'> {
  const { stdin, stdout, stderr } = tool
  let allowedBytes = 0
  let isTooLarge = false
  let isOver = false
  let hasAnswered = false
  let lastWords = ''
  let begun: Buffer[] = [] // of a line that has not ended yet
  let begunBytes = 0

  function end (): void {
    if (isOver) return
    isOver = true
    begun = []
    tool.kill()
    transport.onclose?.()
  }
  function endUnasked (): void {
    if (!isOver) onEnded(lastWords)
    end()
  }
  function take (chunk: Buffer): void {
    if (isOver) return
    allowedBytes -= chunk.length
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      hear(Buffer.concat([...begun, chunk.subarray(from, at)]))
      begun = []
      begunBytes = 0
      from = at + 1
    }
    begun.push(chunk.subarray(from))
    begunBytes += chunk.length - from
    if (allowedBytes >= 0 && begunBytes <= maxBytes) return
    isTooLarge = true
    endUnasked()
  }
  function hear (line: Buffer): void {
    const answer = isOver ? null : answerIn(line)
    if (answer === null) return
    hasAnswered = true
    lastWords = '' // from here on they can hold what clients said
    transport.onmessage?.(answer)
  }
  // A gateway's log is no place for what a client wrote: what is said there is kept until the server was told of any, and read and left then.
  stderr.setEncoding('utf8').on('data', (text: string) => { if (!hasAnswered) lastWords = (lastWords + text).slice(-LAST_WORDS_CHARS) })

  const transport: Transport = {
    async start () {
      stdout.on('data', take)
      tool.ended.then(endUnasked, endUnasked)
    },
    send: (message) => new Promise((resolve, reject) => {
      allowedBytes = Math.min(allowedBytes + maxBytes, MAX_ANSWERS * maxBytes)
      stdin.write(`${JSON.stringify(message)}\n`, (error) => { if (error === null || error === undefined) resolve(); else reject(error) })
    }),
    async close () { end() },
  }
  return { transport, wasTooLarge: () => isTooLarge }
}

// Neither what a server asks nor what it tells unasked, nor what it prints beside the protocol.
function answerIn (line: Buffer): JSONRPCMessage | null {
  let value: unknown
  try {
    value = JSON.parse(line.toString())
  } catch {
    return null
  }
  const read = JSONRPCMessageSchema.safeParse(value)
  return read.success && !('method' in read.data) ? read.data : null
}
