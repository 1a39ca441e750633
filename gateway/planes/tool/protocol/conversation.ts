import { environmentOf } from '../../../core/actor.ts'
import { asGatewayError, errorBody, GatewayError } from '../../../core/errors.ts'
import type { LedgerEntry } from '../../../core/ledger-entry.ts'
import type { Caller } from '../../../identity/caller.ts'
import type { Wanted } from '../../../identity/scope.ts'
import type { Scope } from '../../../sessions/session.ts'
import { NATIVE_TOOLS } from '../../../../adapters/weir/native-tools.ts'
import { createStop, type Stop } from '../stop.ts'
import { createTerminalWindow, type TerminalWindow } from '../terminal-window.ts'
import type { Asker, ToolPlane } from '../tool-plane.ts'
import { createTurns } from '../turns.ts'
import { applyNodes, nodesOf, type Waiting } from './apply.ts'
import type { Exchange, SessionExchange } from './exchange.ts'
import type { Line } from './line-reader.ts'
import { MESSAGE_LIMITS, PROTOCOL_VERSION, RENDERS, VERBS, type Asked, type Ending, type Hello, type Id, type LogRequest, type Observe, type Render } from './messages.ts'
import { observeLog } from './observe.ts'
import { planCalls, type Propose } from './plan.ts'
import { BadMessage, readMessage, type ReadMessage } from './read-message.ts'
import { turnOf } from './turn-of.ts'

const MAX_OPEN = 64 // requests of one conversation that are worked on; those behind them wait, and are read meanwhile: a `cancel` may be among them
const MAX_WAITING = 1_024
const MAX_WAITING_BYTES = 16_777_216 // of their lines; beyond either nothing is read until one of them begins
const USUAL_LOG_ENTRIES = 100

export interface ConversationPorts {
  readonly tools: ToolPlane
  readonly caller: Caller
  /** Id of the request that the conversation is. */
  readonly request: string
  /** @throws GatewayError WEIR_ERR_AUTH_SCOPE */
  scopeOf (wanted: Wanted): Scope
  /** Whether the token that the caller came with still counts. */
  isValid (): boolean
  readonly propose: Propose
  revert (commit: string, exchange: SessionExchange): Promise<Ending>
  /** The session's ledger entries, as far as the caller may see them, oldest first. @throws GatewayError WEIR_ERR_DENIED, WEIR_ERR_STORE */
  entries (exchange: SessionExchange, page: { readonly after: number, readonly limit: number }): Promise<EntryPage>
  /** Sends one line, given without its end. Resolves when more may be sent. */
  send (text: string): Promise<void>
  readonly onError: (error: GatewayError) => void
}

/** `isBehind`: there are entries after `lastIndex` that were not looked at. */
export interface EntryPage { readonly entries: readonly LedgerEntry[], readonly isBehind: boolean, readonly lastIndex: number }

/** One client's conversation, whatever carries its lines. */
export interface Conversation {
  /** Takes a line (null: one that was too long). Resolves when the next may be read. Never rejects. */
  receive (line: Line): Promise<void>
  /** There are no more lines. Resolves when everything that is open has ended. */
  finish (): Promise<void>
  /** Nobody listens any more: ends everything that is open. */
  abort (): void
}

interface Greeting { readonly renders: ReadonlySet<Render>, readonly scope: Scope }
interface Waits { readonly id: Id | null, readonly message: Asked, readonly bytes: number }
interface Open { readonly stop: Stop, readonly window: TerminalWindow, readonly work: Promise<void> }

export function createConversation (ports: ConversationPorts): Conversation {
  const open = new Map<Id | symbol, Open>()
  const waiting = new Map<Id | symbol, Waits>() // oldest first
  let waitingBytes = 0
  const turns = createTurns()
  let isOver = false
  let greeting: Greeting | null = null

  const say = (message: object): Promise<void> => ports.send(JSON.stringify(message))
  const sayError = (id: Id | null, error: GatewayError): Promise<void> => say({ type: 'error', ...(id === null ? {} : { id }), ...errorBody(error) })

  async function understood ({ id, message, unknown }: ReadMessage, bytes: number): Promise<void> {
    for (const { code, text } of unknown) await say({ type: 'notice', ...(id === null ? {} : { id }), code, text })
    if (message === null) return
    if (message.verb === 'hello') return await greet(message)
    if (greeting === null) await greet({ verb: 'hello' })
    if (message.verb === 'cancel') return await cancel(id, message.of)
    if (message.verb === 'resize') return await withOpen(id, message.of, ({ window }) => { window.resize({ columns: message.columns, rows: message.rows }) })
    const key = id ?? Symbol('request')
    if (open.has(key) || waiting.has(key)) throw new BadMessage(id, new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'A request with this id is still open.'))
    if (open.size < MAX_OPEN) return begin(key, id, message)
    waiting.set(key, { id, message, bytes })
    waitingBytes += bytes
    while (isFull()) await Promise.race([...open.values()].map(({ work }) => work))
  }

  const isFull = (): boolean => waiting.size > MAX_WAITING || waitingBytes > MAX_WAITING_BYTES

  function leave (key: Id | symbol, { bytes }: Waits): void {
    waiting.delete(key)
    waitingBytes -= bytes
  }

  async function cancel (id: Id | null, of: Id): Promise<void> {
    const waits = waiting.get(of)
    if (waits === undefined) return await withOpen(id, of, ({ stop }) => { stop.abort() })
    leave(of, waits)
    await say({ type: 'end', id: waits.id, verb: waits.message.verb, status: 'cancelled' satisfies Ending })
  }

  async function greet ({ id, renders = [], app, environment }: Hello): Promise<void> {
    if (greeting !== null) throw new BadMessage(id ?? null, new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'The handshake is over.'))
    const scope = ports.scopeOf({ app, environment: environment === undefined ? undefined : environmentOf(environment) })
    const shown = RENDERS.filter((name) => renders.includes(name))
    greeting = { renders: new Set(shown), scope }
    await say({ type: 'hello', ...(id === undefined ? {} : { id }), protocol: PROTOCOL_VERSION, agent: 'weir', ...scope, runs: [...NATIVE_TOOLS.keys()], verbs: VERBS, renders: shown, limits: { ...MESSAGE_LIMITS, open: MAX_OPEN } })
    const others = renders.filter((name) => !RENDERS.some((known) => known === name)).slice(0, 8).map((name) => name.replace(/[^\x20-\x7e]/g, '?'))
    if (others.length > 0) await say({ type: 'notice', code: 'unknown-rendering', text: `Not known here and left alone: ${others.join(', ')}.` })
  }

  async function withOpen (id: Id | null, of: Id, act: (open: Open) => void): Promise<void> {
    const found = open.get(of)
    if (found === undefined) return await say({ type: 'notice', ...(id === null ? {} : { id }), code: 'not-open', text: 'No request with this id is open.' })
    act(found)
  }

  function begin (key: Id | symbol, id: Id | null, message: Asked): void {
    const stop = createStop()
    if (isOver) stop.abort() // it was being read when the conversation ended
    const window = createTerminalWindow()
    const exchange: Exchange = { id, get signal () { return stop.signal }, isCancelled: stop.isCancelled, renders: greeting?.renders ?? new Set(), say, sayText: ports.send, onTerminal: window.onTerminal }
    const work = answer(message, exchange).finally(() => {
      open.delete(key)
      beginNext()
    })
    open.set(key, { stop, window, work })
  }

  function beginNext (): void {
    for (const [key, waits] of waiting) {
      if (open.size >= MAX_OPEN) return
      leave(key, waits)
      begin(key, waits.id, waits.message)
    }
  }

  async function answer (message: Asked, exchange: Exchange): Promise<void> {
    const { id } = exchange
    let ending: Ending
    try {
      ending = await turns.run(turnOf(message), () => perform(message, exchange))
    } catch (thrown) {
      const error = asGatewayError(thrown)
      if (error.statusCode >= 500) ports.onError(error)
      ending = exchange.isCancelled() ? 'cancelled' : error.code === 'WEIR_ERR_PENDING' ? 'pending' : error.code === 'WEIR_ERR_DENIED' ? 'deny' : 'failed'
      await sayError(id, error).catch(() => undefined) // the connection broke: nobody is left to be told
    }
    await say({ type: 'end', id, verb: message.verb, status: ending }).catch(() => undefined)
  }

  async function perform (message: Asked, exchange: Exchange): Promise<Ending> {
    const scope = greeting?.scope
    if (scope === undefined) throw new GatewayError('WEIR_ERR_INTERNAL', 'There was no handshake.')
    if (!ports.isValid()) throw new GatewayError('WEIR_ERR_AUTH_INVALID', 'The token does not count any more.')
    const asker: Asker = { caller: ports.caller, scope, request: ports.request }
    if (message.verb === 'observe') return await observe(message, exchange, asker)
    const tools = await ports.tools.open(asker)
    const { id, isCancelled, renders, onTerminal } = exchange
    const inSession: SessionExchange & Waiting = {
      id,
      get signal () { return exchange.signal }, // no copy, which would have it made
      isCancelled,
      renders,
      say,
      sayText: ports.send,
      ...(onTerminal === undefined ? {} : { onTerminal }),
      tools,
      context: ports.tools.contextOf(tools, asker),
      untilSaid: ports.tools.untilSaid,
    }
    switch (message.verb) {
      case 'plan': return await planCalls(message, inSession, ports.propose)
      case 'apply': return await applyNodes(nodesOf(message, inSession), message.waitMs ?? 0, inSession)
      case 'revert': return await ports.revert(message.commit, inSession)
      case 'log': return await log(message, inSession)
    }
  }

  async function log ({ after, limit = USUAL_LOG_ENTRIES }: LogRequest, exchange: SessionExchange): Promise<Ending> {
    const { id } = exchange
    const { entries, isBehind, lastIndex } = await ports.entries(exchange, { after: Math.max(after ?? -1, exchange.tools.before), limit })
    for (const entry of entries) await exchange.say({ type: 'entry', id, entry })
    if (isBehind) await exchange.say({ type: 'notice', id, code: 'entries-behind', text: `Not all entries were looked at: ask again for those after ${lastIndex}.` })
    return 'allow'
  }

  async function observe ({ after = 0, follow = true }: Observe, exchange: Exchange, asker: Asker): Promise<Ending> {
    const { id, signal } = exchange
    const tools = ports.tools.running(asker)
    if (tools === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'No session of yours runs here.')
    await observeLog(tools.log, {
      after,
      follow,
      signal,
      onEvent: (_seq, text) => exchange.sayText(`{"type":"event","id":${JSON.stringify(id)},"event":${text}}`),
      onGone: (from) => exchange.say({ type: 'notice', id, code: 'events-gone', text: `Events before ${from} are not kept any more.` }),
    })
    return signal.aborted ? 'cancelled' : 'allow'
  }

  function abort (): void {
    isOver = true
    for (const [key, waits] of waiting) leave(key, waits)
    for (const { stop } of open.values()) stop.abort()
  }

  return {
    async receive (line) {
      if (isOver) return
      let id: Id | null = null
      try {
        if (line === null) throw new GatewayError('WEIR_ERR_DECODE_TOO_LARGE', `A line is longer than ${MESSAGE_LIMITS.lineBytes} bytes and was left out.`)
        const read = readMessage(line)
        id = read.id
        await understood(read, line.length)
      } catch (thrown) {
        const bad = thrown instanceof BadMessage ? thrown : { id, cause: asGatewayError(thrown) }
        await sayError(bad.id, bad.cause).catch(abort) // the connection broke
      }
    },
    async finish () {
      while (open.size > 0) await Promise.all([...open.values()].map(({ work }) => work))
    },
    abort,
  }
}
