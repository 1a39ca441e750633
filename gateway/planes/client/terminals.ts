import { request as httpRequest, type IncomingMessage } from 'node:http'
import { pipeline, type Duplex } from 'node:stream'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Recording, TerminalSize } from '../../recordings/recording.ts'
import type { Recordings } from '../../recordings/recordings.ts'
import type { AgentSession } from '../../sessions/session.ts'
import { REQUEST_ID_HEADER } from '../../telemetry/request-id.ts'
import { secretsOf } from './blank-secrets.ts'
import { NotRecorded, recorded } from './record-terminal.ts'
import { createTerminalSizes } from './terminal-sizes.ts'

const CHECK_MS = 250 // a terminal is open for hours; a revoked token ends it within a second, also when another gateway says so
const FAREWELL_MS = 1_000 // for a client's answer to the gateway's last frame; who reads nothing is cut then

/** A client that asked for a WebSocket, and what it sent behind its request. */
export interface Upgrade { readonly id: string, readonly request: IncomingMessage, readonly socket: Duplex, readonly head: Buffer }

/** The agent's terminal that it shall be joined with. */
export interface Terminal {
  readonly session: AgentSession
  readonly context: Context
  /** Path and query at the agent. */
  readonly path: string
  /** The agent's name of it. */
  readonly name: string
  /** Whether the client may still be joined. */
  readonly isStillValid: () => boolean
}

export interface TerminalsOptions {
  readonly recordings: Recordings
  /** Aborts when the gateway stops. */
  readonly stopping: AbortSignal
}

/** The terminals that are open. */
export interface Terminals {
  /** Joins client and agent, recorded. @returns the recording's id @throws GatewayError WEIR_ERR_UPSTREAM, WEIR_ERR_LEDGER_APPEND */
  open (upgrade: Upgrade, terminal: Terminal): Promise<string>
  /** A client gave a terminal of this session another size: its recordings say so, those of now and those to come. */
  resized (session: AgentSession, name: string, size: TerminalSize): void
  /** Resolves when every terminal has ended and its recording is closed. */
  closed (): Promise<void>
}

export function createTerminals ({ recordings, stopping }: TerminalsOptions): Terminals {
  const open = new Map<Promise<void>, { readonly session: AgentSession, readonly name: string, readonly recording: Recording }>()
  const sizes = createTerminalSizes()

  async function joined (upgrade: Upgrade, terminal: Terminal, agent: Agent): Promise<string> {
    const { session, context, name } = terminal
    const size = sizes.of(session, name)
    const recording = await recordings.open({ context, terminal: name, request: upgrade.id, secrets: secretsOf(session), ...(size === null ? {} : { size }) })
    const ended = join(upgrade, agent, { recording, input: recordings.input, terminal, stopping })
    open.set(ended, { session, name, recording })
    void ended.finally(() => open.delete(ended))
    return recording.id
  }

  return {
    async open (upgrade, terminal) {
      const agent = await connect(upgrade, terminal)
      try {
        return await joined(upgrade, terminal, agent)
      } catch (cause) {
        agent.socket.destroy()
        throw cause
      }
    },
    resized (session, name, size) {
      sizes.set(session, name, size)
      for (const terminal of open.values()) {
        // A recording that takes no more ends its terminal at the next byte.
        if (terminal.session === session && terminal.name === name) void terminal.recording.resize(size).catch(() => undefined)
      }
    },
    async closed () {
      await Promise.all(open.keys())
    },
  }
}

interface Agent { readonly socket: Duplex, readonly head: Buffer, readonly accept: string }

async function connect ({ request, socket }: Upgrade, { session, path }: Terminal): Promise<Agent> {
  const upstream = httpRequest({
    socketPath: session.endpoint.socketPath,
    path,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': request.headers['sec-websocket-key'] ?? '',
      authorization: session.endpoint.authorization,
      'x-opencode-directory': encodeURIComponent(session.endpoint.directory),
    },
  })
  socket.once('close', () => upstream.destroy())
  return await new Promise((resolve, reject) => {
    upstream.once('error', (cause) => reject(new GatewayError('WEIR_ERR_UPSTREAM', undefined, { cause })))
    upstream.once('response', (response) => {
      response.resume()
      reject(new GatewayError('WEIR_ERR_UPSTREAM', `The sandboxed agent answered ${response.statusCode} to the terminal.`))
    })
    upstream.once('upgrade', (response, agent, head) => {
      agent.on('error', () => agent.destroy())
      resolve({ socket: agent, head, accept: response.headers['sec-websocket-accept'] ?? '' })
    })
    upstream.end()
  })
}

interface Joining { readonly recording: Recording, readonly input: boolean, readonly terminal: Terminal, readonly stopping: AbortSignal }

/** Resolves when the terminal has ended and is recorded. */
async function join ({ id, socket, head }: Upgrade, agent: Agent, { recording, input, terminal, stopping }: Joining): Promise<void> {
  let reason: string | null = null
  let farewell: NodeJS.Timeout | undefined
  const end = (why: string): void => {
    reason ??= why // what followed from it is no reason
    socket.destroy()
    agent.socket.destroy()
  }
  const output = recorded(recording, 'o')
  const onStopping = (): void => {
    reason ??= 'gateway-stopping'
    output.leave(agent.socket)
    farewell = setTimeout(end, FAREWELL_MS, 'gateway-stopping')
  }
  const watch = setInterval(() => { if (!terminal.isStillValid()) end('token-void') }, CHECK_MS)
  stopping.addEventListener('abort', onStopping, { once: true })
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ${agent.accept}\r\n${REQUEST_ID_HEADER}: ${id}\r\n\r\n`)
  if (agent.head.length > 0) agent.socket.unshift(agent.head)
  if (head.length > 0) socket.unshift(head)
  socket.on('data', () => terminal.session.touch())
  const shown = flow(agent.socket, socket, output.through, end)
  const typed = flow(socket, agent.socket, input ? recorded(recording, 'i').through : null, end)
  if (stopping.aborted) onStopping()
  await Promise.all([shown, typed])
  clearInterval(watch)
  clearTimeout(farewell)
  stopping.removeEventListener('abort', onStopping)
  await recording.close(reason ?? 'closed')
}

// When one direction ends the other does: a terminal of which one side is gone is of no use to the other.
async function flow (from: Duplex, to: Duplex, through: Duplex | null, end: (reason: string) => void): Promise<void> {
  // Heard before the pipeline does, which takes the other direction down as well.
  through?.once('error', (error) => end(error instanceof NotRecorded ? 'not-recorded' : 'closed'))
  await new Promise<void>((resolve) => {
    const done = (): void => {
      end('closed')
      resolve()
    }
    if (through === null) pipeline(from, to, done)
    else pipeline(from, through, to, done)
  })
}
