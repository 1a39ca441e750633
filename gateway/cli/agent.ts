import { request as requestPlain, type IncomingMessage } from 'node:http'
import { request as requestSecure } from 'node:https'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { LineReader } from '../planes/tool/protocol/line-reader.ts'
import { gatewayOf, type GatewayOptions } from './ask-gateway.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'

/** Exit codes beside those that every command has: something waits for a second person, and nothing was refused or failed. */
const PENDING = 3
const REFUSED = 1

const MAX_END_CHARS = 512 // of a line that says how a request ended; longer ones are others
const MAX_REFUSAL_BYTES = 65_536

type Gateway = ReturnType<typeof gatewayOf>

interface AgentOptions extends GatewayOptions { readonly stdio: boolean }

/** `weir agent --stdio`: the wire protocol on standard input and output, passed on to a gateway. */
export function agentCommand (io: Io): Command {
  return new Command('agent')
    .description('speak the tool protocol: one JSON message a line, in and out (exit code 0 all done, 1 refused or failed, 3 something waits for a second person)')
    .requiredOption('--stdio', 'on standard input and output')
    .option('--url <url>', 'the gateway (default: the configured address; env WEIR_URL)')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action(async (options: AgentOptions) => {
      process.exitCode = await converse(gatewayOf(io, options, 'somebody who may use tools'))
    })
}

async function converse (door: Gateway): Promise<number> {
  const ends = createEnds()
  const { sent, answered } = connect(door)
  sent.catch(() => undefined) // the gateway may end the conversation first; what could not be said any more is then no fault of ours
  const answer = await answered.catch((cause: unknown) => { throw new CommandFailed(`No gateway answers at ${door.url}.`, { cause }) })
  if (answer.statusCode !== 200) throw new CommandFailed(await refusalOf(answer))
  answer.on('data', ends.take)
  await pipeline(answer, process.stdout, { end: false }).catch((cause: unknown) => { throw new CommandFailed('The connection to the gateway broke.', { cause }) })
  process.stdin.destroy()
  return ends.code()
}

function connect ({ url, token }: Gateway): { readonly sent: Promise<void>, readonly answered: Promise<IncomingMessage> } {
  const target = new URL('/weir/api/v1/tools', url)
  const request = (target.protocol === 'https:' ? requestSecure : requestPlain)(target, {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => { request.once('response', resolve).once('error', reject) })
  // The answer begins before the question ends: the head goes out at once.
  request.flushHeaders()
  return { sent: pipeline(process.stdin, request), answered }
}

interface Ends { take (chunk: Buffer): void, code (): number }

// How the requests ended, by the lines as they pass.
function createEnds (): Ends {
  const lines = new LineReader(MAX_END_CHARS)
  let code = 0
  return {
    take (chunk) {
      for (const line of lines.push(chunk)) code = worse(code, codeOf(line?.toString('utf8') ?? ''))
    },
    code: () => code,
  }
}

function codeOf (line: string): number {
  if (line.startsWith('{"type":"error"')) return REFUSED
  if (!line.startsWith('{"type":"end"')) return 0
  const { status } = JSON.parse(line) as { readonly status?: unknown }
  return status === 'allow' ? 0 : status === 'pending' ? PENDING : REFUSED
}

function worse (a: number, b: number): number {
  return [REFUSED, PENDING].find((code) => a === code || b === code) ?? 0
}

async function refusalOf (answer: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of answer) {
    text += String(chunk)
    if (text.length > MAX_REFUSAL_BYTES) break
  }
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly message?: unknown } }
    if (typeof error?.message === 'string') return error.message
  } catch {
    // Not in Weir's form, as from a proxy: the status says what there is to say.
  }
  return `The gateway answered ${answer.statusCode ?? 0}.`
}
