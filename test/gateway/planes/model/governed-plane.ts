import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changedArguments } from '../../../../adapters/opencode/change-arguments.ts'
import { decodeOpencodeText } from '../../../../adapters/opencode/decode.ts'
import type { Approvals } from '../../../../gateway/approvals/approvals.ts'
import type { ProviderConfig } from '../../../../gateway/config.ts'
import type { Context } from '../../../../gateway/core/actor.ts'
import type { Decision, Verdict } from '../../../../gateway/core/decision.ts'
import { GatewayError } from '../../../../gateway/core/errors.ts'
import { createGovernor } from '../../../../gateway/core/govern.ts'
import type { EntryBody, OutcomeStatus } from '../../../../gateway/core/ledger-entry.ts'
import type { Permit } from '../../../../gateway/core/permit.ts'
import type { PolicyInput } from '../../../../gateway/core/policy-input.ts'
import { createPrices } from '../../../../gateway/meter/prices.ts'
import { createModelPlane, type ModelPlane } from '../../../../gateway/planes/model/model-plane.ts'
import type { ModelPlanePorts } from '../../../../gateway/planes/model/model-ports.ts'
import { serveSessionModel } from '../../../../gateway/planes/model/session-door.ts'
import { createAgentActivity } from '../../../../gateway/sessions/agent-activity.ts'
import { PlanTurns } from '../../../../gateway/sessions/plan-turns.ts'
import { ReleasedCalls } from '../../../../gateway/sessions/released-calls.ts'
import type { AgentSession } from '../../../../gateway/sessions/session.ts'
import type { ProviderKey } from '../../../../gateway/vault/vault.ts'

export const KEY_CANARY = 'sk-canary-0123456789abcdef'
const ONE_KEY: readonly ProviderKey[] = [{ id: 'key_1', value: KEY_CANARY, weight: 1 }]
export const TOKEN = 'model-token-of-this-session'

export interface Settled { readonly entry: number, readonly status: OutcomeStatus, readonly detail: Readonly<Record<string, unknown>> }

export interface GovernedPlane {
  readonly plane: ModelPlane
  readonly entries: EntryBody[]
  readonly settled: Settled[]
  readonly warnings: string[]
  readonly session: AgentSession
  readonly socketPath: string
  failLedger: boolean
  /** Resolves with the outcome of the next model request that ends. */
  nextOutcome (): Promise<Settled>
  close (): Promise<void>
}

const context: Context = Object.freeze({
  plane: 'model' as const,
  actor: { id: 'alice', role: 'author', groups: [], org: 'acme' },
  app: 'shop',
  environment: 'DEV' as const,
  session: { id: 'wses_1', client: 'opencode', agent: 'build' },
})

export interface PlaneOptions {
  readonly bodyBytes?: number
  readonly connectMs?: number
  readonly headersMs?: number
  readonly idleMs?: number
  readonly keepAliveMs?: number
  /** Settings of the provider `p` beside its address. */
  readonly provider?: Partial<ProviderConfig>
  /** Further providers; each has the one key. */
  readonly providers?: Readonly<Record<string, ProviderConfig>>
  /** Keys of the provider `p`. Default: one. */
  readonly keys?: readonly ProviderKey[]
  /** Providers whose keys cannot be opened. Default: none. */
  readonly closedVault?: ReadonlySet<string>
  readonly nowMs?: () => number
  readonly isPriced?: ModelPlanePorts['isPriced']
  readonly holds?: NonNullable<ModelPlanePorts['holds']>
  readonly onNotes?: NonNullable<ModelPlanePorts['onNotes']>
  /** The queue of pending calls, which are then held. Default: each is answered at once with `apr_1`. */
  readonly approvals?: Approvals
  readonly holdMs?: number
  /** What policy says instead of deciding by words; null leaves it to them. */
  readonly decide?: (input: PolicyInput) => Decision | null
}

/** A model plane with the real govern, a ledger in memory and a policy by words: `FORBID` is denied, `HOLD` is pending. */
export async function openGovernedPlane (baseUrl: string, limits: PlaneOptions = {}): Promise<GovernedPlane> {
  const entries: EntryBody[] = []
  const settled: Settled[] = []
  const warnings: string[] = []
  const waiting: Array<(outcome: Settled) => void> = []
  const state = { failLedger: false }
  const ledger = {
    async append (body: EntryBody) {
      // A later turn of the event loop, as a disk would be: what is written before this resolves has escaped the gate.
      await new Promise((resolve) => setImmediate(resolve))
      if (state.failLedger) throw new Error('disk full')
      return entries.push(body) - 1
    },
    settle (permit: Permit, status: OutcomeStatus, detail: Readonly<Record<string, unknown>>) {
      const outcome = { entry: permit.entry, status, detail }
      settled.push(outcome)
      if ('released' in detail && detail['released'] === true) return
      waiting.shift()?.(outcome)
    },
  }
  const governor = createGovernor({
    classify: (call) => ({ tool: call.tool, permission: 'edit', targets: [], command: call.command === null ? null : { text: call.command, programs: [], opaque: false, problems: [], network: false, writes: [], reads: [] }, url: null }),
    policy: () => ({ revision: 'r1', evaluate: (input) => limits.decide?.(input) ?? decide(JSON.stringify([input.model, input.command, input.tool])) }),
    ledger,
    approvals: limits.approvals ?? { find: () => null, consume: () => false, hold: () => 'apr_1' },
    clock: { nowMs: () => 1 },
  })
  const providers = {
    p: { format: 'openai-chat' as const, baseUrl, models: { m1: {}, FORBIDDEN: {} }, ...limits.provider },
    free: { format: 'openai-chat' as const, baseUrl, models: { m1: {} }, keyless: true },
    nokey: { format: 'openai-chat' as const, baseUrl, models: { m1: {} } },
    ...limits.providers,
  }
  const plane = createModelPlane({
    governor,
    ledger,
    providers,
    vault: { keys: (provider) => limits.closedVault?.has(provider) === true ? closed() : provider === 'p' ? limits.keys ?? ONE_KEY : provider in (limits.providers ?? {}) ? ONE_KEY : [] },
    limits: { bodyBytes: limits.bodyBytes ?? 1 << 20, upstreamConnectMs: limits.connectMs ?? 5_000, upstreamHeadersMs: limits.headersMs ?? 5_000, upstreamIdleMs: limits.idleMs ?? 5_000 },
    decode: decodeOpencodeText,
    changeArguments: (native, text, operations) => changedArguments(native, text, operations, () => null),
    ...(limits.approvals === undefined ? {} : { holding: { ms: limits.holdMs ?? 60_000, approvals: limits.approvals } }),
    priceOf: createPrices(providers),
    isPriced: limits.isPriced ?? (() => true),
    ...(limits.nowMs === undefined ? {} : { nowMs: limits.nowMs }),
    ...(limits.holds === undefined ? {} : { holds: limits.holds }),
    ...(limits.onNotes === undefined ? {} : { onNotes: limits.onNotes }),
    onWarning: (event, detail) => warnings.push(`${event} ${JSON.stringify(detail)}`),
    ...(limits.keepAliveMs === undefined ? {} : { keepAliveMs: limits.keepAliveMs }),
  })
  const session = testSession()
  const dir = mkdtempSync(join(tmpdir(), 'weir-model-')) // a socket's path has to be short
  const socketPath = join(dir, 'model.sock')
  const door = await serveSessionModel(plane, session, socketPath)
  return {
    plane,
    entries,
    settled,
    warnings,
    session,
    socketPath,
    get failLedger () { return state.failLedger },
    set failLedger (fails: boolean) { state.failLedger = fails },
    nextOutcome: () => new Promise((resolve) => waiting.push(resolve)),
    async close () {
      await door.close()
      await plane.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function closed (): never {
  throw new GatewayError('WEIR_ERR_VAULT')
}

function decide (text: string): Decision {
  const verdict: Verdict = text.includes('FORBID') ? 'deny' : text.includes('HOLD') ? 'pending' : 'allow'
  return { verdict, rule: `test.${verdict}`, reason: verdict, feedback: `the rule says ${verdict}`, also: [], obligations: {}, revision: 'r1' }
}

function testSession (): AgentSession {
  return {
    id: 'wses_1',
    context,
    endpoint: { socketPath: '/nowhere', authorization: '', directory: '/workspace' },
    workspace: { readlink: () => null, stateOf: () => null },
    released: new ReleasedCalls(),
    planning: new PlanTurns(),
    activity: createAgentActivity(),
    modelToken: TOKEN,
    startedAtMs: 0,
    touch () {},
    async collectChanges () {},
    reviewCalls: () => null,
    ended: new Promise(() => undefined),
    async stop () {},
  }
}

export interface Answer { readonly status: number, readonly headers: IncomingMessage['headers'], readonly text: string, readonly broke: boolean }

export interface AskOptions { readonly provider?: string, readonly method?: string, readonly path?: string, readonly token?: string, readonly headers?: Readonly<Record<string, string>> }

/** Asks over the session's socket and reads the answer to its end, whichever way it ends. */
export async function ask (governed: GovernedPlane, body: string | Buffer, options: AskOptions = {}): Promise<Answer> {
  const { response } = await open(governed, body, options)
  const chunks: Buffer[] = []
  let broke = false
  response.on('data', (chunk: Buffer) => chunks.push(chunk))
  response.on('error', () => { broke = true })
  await once(response, 'close').catch(() => { broke = true })
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString(), broke: broke || !response.complete }
}

export async function open (governed: GovernedPlane, body: string | Buffer, options: AskOptions = {}) {
  const request = httpRequest({
    socketPath: governed.socketPath,
    method: options.method ?? 'POST',
    path: options.path ?? `/weir/model/${options.provider ?? 'p'}/v1/chat/completions`,
    headers: { authorization: `Bearer ${options.token ?? TOKEN}`, 'content-type': 'application/json', ...options.headers },
  })
  request.end(body)
  const [response] = await once(request, 'response') as [IncomingMessage]
  return { request, response }
}

export function chat (overrides: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ model: 'm1', stream: true, messages: [{ role: 'user', content: 'hi' }], stream_options: { include_usage: true }, ...overrides })
}

/** The payloads of a stream, parsed; `[DONE]` stays text. */
export function payloads (text: string): any[] { // eslint-disable-line @typescript-eslint/no-explicit-any -- test reading of arbitrary JSON
  return text.split('\n\n').filter((part) => part.startsWith('data: ')).map((part) => part === 'data: [DONE]' ? '[DONE]' : JSON.parse(part.slice(6)))
}

export interface SeenCall { readonly index: number, readonly id: string, readonly function: { readonly name: string, readonly arguments: string } }

/** Every tool call of a stream, as it stands in its events. */
export function callsOf (text: string): SeenCall[] {
  return payloads(text).flatMap((payload) => payload === '[DONE]' ? [] : (payload.choices ?? []).flatMap((choice: any) => choice.delta?.tool_calls ?? [])) // eslint-disable-line @typescript-eslint/no-explicit-any
}

export function finishOf (text: string): string[] {
  return payloads(text).flatMap((payload) => payload === '[DONE]' ? [] : (payload.choices ?? []).map((choice: any) => choice.finish_reason)).filter((finish) => typeof finish === 'string') // eslint-disable-line @typescript-eslint/no-explicit-any
}
