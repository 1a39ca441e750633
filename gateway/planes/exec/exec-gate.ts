import { chmodSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import type { Context } from '../../core/actor.ts'
import { HOST_RULES, type Decision } from '../../core/decision.ts'
import { asGatewayError, type GatewayError } from '../../core/errors.ts'
import type { Governor } from '../../core/govern.ts'
import { eventBody } from '../../core/ledger-entry.ts'
import type { Permit } from '../../core/permit.ts'
import type { Ledger } from '../../core/ports.ts'
import type { ReleasedCall, ReleasedCalls } from '../../sessions/released-calls.ts'
import type { ToolProcess, ToolSpec } from '../../../sandbox/sandbox.ts'
import { encodeFrame, FRAMES } from '../../../sandbox/inside/frames.ts'
import { decodeShellStart, type ShellStart } from './decode-shell-start.ts'
import { readStart } from './read-start.ts'
import { joinStreams } from './join-streams.ts'

const MAX_CONNECTIONS = 128 // twice the tools a sandbox runs at once: the rest would only wait
const MAX_REASON = 4_096
const MAX_UNREAD = 100 // that are recorded, of one session: what fails a thousand times tells no more, and would fill the ledger

export interface ExecGatePorts {
  readonly governor: Governor
  readonly ledger: Ledger
  /** Context of the session; the gate replaces the plane. */
  readonly context: Context
  readonly released: ReleasedCalls
  /** Starts a command in the tool sandbox. */
  readonly runTool: (permit: Permit, spec: ToolSpec) => ToolProcess
  /** Told of every shell start; puts off the idle stop. */
  readonly touch: () => void
  readonly onError: (error: GatewayError) => void
}

export interface ExecGate { close (): Promise<void> }

/**
 * Listens on a Unix socket for the shell wrapper and decides every shell start of one session. Every failure on the way
 * to a decision is a refusal; a wrapper that goes away takes its command with it.
 */
export async function openExecGate (socketPath: string, ports: ExecGatePorts): Promise<ExecGate> {
  const open = new Set<Socket>()
  let unread = 0
  const onUnread = async (): Promise<void> => {
    unread += 1
    if (unread <= MAX_UNREAD) await refuseUnread(ports)
  }
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    open.add(socket)
    socket.on('close', () => { open.delete(socket) })
    socket.on('error', () => { socket.destroy() }) // the wrapper went away
    serve(socket, ports, onUnread).catch((thrown: unknown) => {
      const error = asGatewayError(thrown)
      ports.onError(error)
      refuse(socket, `weir: ${error.message} (${error.code})`)
    })
  })
  server.maxConnections = MAX_CONNECTIONS
  server.on('drop', () => { onUnread().catch((thrown: unknown) => ports.onError(asGatewayError(thrown))) })
  server.listen(socketPath)
  await once(server, 'listening')
  chmodSync(socketPath, 0o600)
  return {
    async close () {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => { server.close(() => { resolve() }) })
    },
  }
}

// What is no start is denied as one that cannot be read is, so that the ledger has it. Who went away asked for nothing.
async function refuseUnread ({ governor, context }: ExecGatePorts): Promise<void> {
  await governor.govern({ kind: 'tool-call', call: decodeShellStart(null).call }, { ...context, plane: 'exec' })
}

async function serve (socket: Socket, ports: ExecGatePorts, onUnread: () => Promise<void>): Promise<void> {
  const { request, input } = await readStart(socket).catch(async (thrown: unknown) => {
    if (!socket.destroyed) await onUnread()
    throw thrown
  })
  ports.touch()
  const start = decodeShellStart(request)
  const granted = await grant(start, ports)
  if ('refusal' in granted) {
    refuse(socket, granted.refusal)
    return
  }
  if (socket.destroyed) {
    ports.ledger.settle(granted.permit, 'failed', { reason: 'caller-gone' })
    return
  }
  const tool = startTool(granted, ports)
  const end = await joinStreams(socket, input, tool)
  if (granted.own) ports.ledger.settle(granted.permit, end.how === 'exited' ? 'done' : 'failed', { how: end.how, code: end.code, ...(end.hit === undefined ? {} : { limit: end.hit.limit }) })
}

/** A permit to start, and whether it was made for this start (and is to be settled by it). */
interface Granted { readonly permit: Permit, readonly own: boolean, readonly command: string, readonly cwd: string }

async function grant (start: ShellStart, ports: ExecGatePorts): Promise<Granted | { readonly refusal: string }> {
  const subject = { kind: 'tool-call', call: start.call } as const
  const { command, cwd } = start
  const request = command === null ? null : ports.released.requestOf(command, cwd)
  const context: Context = { ...ports.context, plane: 'exec', ...(request === null ? {} : { request }) }
  const covering = command === null ? null : coveringRelease({ command, cwd }, ports, ports.governor.preview(subject, context).decision)
  if (command !== null && covering !== null) {
    await ports.ledger.append(eventBody('approved-command-started', context, { of: covering.entry }))
    return { permit: covering, own: false, command, cwd }
  }
  const governed = await ports.governor.govern(subject, context)
  if (governed.permit !== null && command !== null) return { permit: governed.permit, own: true, command, cwd }
  if (governed.permit !== null) {
    ports.ledger.settle(governed.permit, 'failed', { reason: 'interactive-shell' })
    return { refusal: 'weir: interactive shells do not run here; pass a command with -c' }
  }
  const queued = governed.approval === null ? '' : ` It waits for approval ${governed.approval}.`
  return { refusal: `weir: ${governed.decision.feedback}${queued}`.slice(0, MAX_REASON) }
}

/**
 * An approval is used up where the model's call was released. Its start comes here next, and would be queued again: the
 * release covers it once, for exactly that text in that folder, and only where policy leaves the matter to people. So does the release of a
 * call that policy had changed, where it would only be changed again. A deny stays a deny, and another revision of policy is asked anew:
 * nobody approved what it leaves to people, and the change may not be the one that it demands.
 */
function coveringRelease ({ command, cwd }: { readonly command: string, readonly cwd: string }, ports: ExecGatePorts, { verdict, rule, revision }: Decision): Permit | null {
  const isUnchanged = rule === HOST_RULES.unfulfilled
  if (verdict !== 'pending' && !isUnchanged) return null
  const covers = ({ settled }: ReleasedCall): boolean => settled?.revision === revision && (isUnchanged ? settled.changed : settled.approved)
  return ports.released.takeCommand(command, cwd, covers)?.permit ?? null
}

function startTool (granted: Granted, ports: ExecGatePorts): ToolProcess {
  try {
    return ports.runTool(granted.permit, { command: granted.command, cwd: granted.cwd })
  } catch (error) {
    if (granted.own) ports.ledger.settle(granted.permit, 'failed', { reason: 'not-started' })
    throw error
  }
}

function refuse (socket: Socket, reason: string): void {
  if (!socket.destroyed) socket.end(encodeFrame(FRAMES.refused, reason))
}
