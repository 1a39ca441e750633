import type { IncomingMessage, ServerResponse } from 'node:http'
import { withClientQuery } from '../../../adapters/client-query.ts'
import { declaresTool, type ModelFormat, type ModelRequest, type RefusalStyle, type Rule } from '../../../adapters/model-format.ts'
import type { ProviderConfig } from '../../config.ts'
import { asGatewayError, GatewayError } from '../../core/errors.ts'
import type { Permit } from '../../core/permit.ts'
import type { Subject } from '../../core/subject.ts'
import { splicedLength } from '../../decode/splice.ts'
import { createBodyMemory, type BodyMemory } from '../../http/forward/body-memory.ts'
import { readBody } from '../../http/forward/read-body.ts'
import { sendError, sendJson } from '../../http/forward/raw-answer.ts'
import { createUpstreamPools } from '../../http/forward/upstream-pools.ts'
import { formatsOf } from '../../model-formats.ts'
import type { RequestHold } from '../../meter/request-holds.ts'
import { chainOf } from '../../providers/model-chains.ts'
import type { ModelAsked, ModelObservation } from '../../telemetry/model-observer.ts'
import type { ProviderKey } from '../../vault/vault.ts'
import type { ChainTurn } from './answer-chain.ts'
import { answerMembers } from './answer-members.ts'
import { watchCalls } from './answered-calls.ts'
import { createAttempts, type Attempt, type Attempts, type AttemptsOptions } from './attempts.ts'
import { createChainMemory } from './chain-memory.ts'
import { createRedactors, type Redact } from './key-redactor.ts'
import { refusedEnd } from './model-end.ts'
import { createLeftAnswers, type LeftAnswers } from './left-answers.ts'
import { modelsBody } from './model-list.ts'
import { providerOf, type ModelDoor, type ModelPlanePorts } from './model-ports.ts'
import { offeredKeys } from './offered-keys.ts'
import { withoutRedacted } from './outgoing-body.ts'
import { relay, type Relayed, type Target } from './relay.ts'
import { settleRequest } from './settle-request.ts'
import { createRequestTurns, type RequestTurns } from './request-turns.ts'
import { createStreamTurns, type StreamTurns } from './stream-turns.ts'
import { createToolGate } from './tool-gate.ts'
import { createUpstreamChoice, type UpstreamChoice, type UpstreamState } from './upstream-choice.ts'
import { upstreamHeaders } from './upstream-headers.ts'
import { agentSessions } from './usage-record.ts'
import { watchedFormat } from './watched-stream.ts'

/** The model plane: governed requests to model providers. Both methods answer by themselves and never reject. */
export interface ModelPlane {
  /** A request of one of the provider's wire formats. */
  complete (request: IncomingMessage, response: ServerResponse, route: { readonly provider: string, readonly operation: string }, door: ModelDoor): Promise<void>
  /** `GET …/v1/models`: the models this door may use, or the one of this name. */
  models (response: ServerResponse, route: { readonly provider: string, readonly model: string | null }, door: ModelDoor): void
  /** Which addresses of providers requests are kept away from now, as far as any were used. */
  upstreams (): readonly UpstreamState[]
  close (): Promise<void>
}

interface Asked {
  readonly provider: string
  readonly config: ProviderConfig
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly door: ModelDoor
  readonly body: Buffer
  readonly format: ModelFormat
  readonly asked: ModelRequest
  /** What of the client's headers goes on. */
  readonly passed: readonly string[]
  /** Null for a request that is not a chain's. */
  readonly turn: ChainTurn | null
}

const NOT_SCANNED = Object.freeze({ scanned: false, findings: Object.freeze([]) })
const KEEP_ALIVE_MS = 15_000
const REFUSALS_HEADER = 'x-weir-refusals'

export function createModelPlane (ports: ModelPlanePorts): ModelPlane {
  const { upstreamConnectMs: connectMs, upstreamHeadersMs: headersMs, upstreamIdleMs: idleMs } = ports.limits
  const pools = createUpstreamPools({ connectMs, headersMs, idleMs })
  const choice = createUpstreamChoice(pools, ports.nowMs ?? Date.now)
  const memory = createChainMemory(choice.nowMs)
  const bodies = createBodyMemory()
  const running: Running = { choice, bodies, left: createLeftAnswers(choice.nowMs), redactorOf: createRedactors(), turns: createStreamTurns(), requests: createRequestTurns() }
  return {
    async complete (request, response, { provider, operation }, door) {
      response.on('error', () => response.destroy()) // the client left while it was written to: there is nobody to tell
      let format: ModelFormat | null = null
      let body: Buffer | null = null
      try {
        const config = providerOf(ports.providers, provider)
        format = formatsOf(config.format).find(({ serves }) => serves(operation)) ?? null
        if (format === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'This provider is not spoken to in that way here.')
        body = await readBody(request, ports.limits.bodyBytes, bodies.lend)
        await running.requests.next()
        const read = format.read(operation, body)
        const path = withClientQuery(read.path, request.url ?? '', format.query)
        const asked: Asked = { provider, config, request, response, door, body, format, asked: { ...read, path }, passed: format.headers(request.headers), turn: null }
        const members = chainOf(config, asked.asked.model)
        if (members === null) await answer(asked, ports, running)
        else await answerMembers({ ...asked, affinity: affinityOf(asked) }, members, { ports, choice, memory, ask: (member) => answer({ ...asked, ...member }, ports, running) })
      } catch (thrown) {
        refuse(response, thrown, { ports, format, door })
      } finally {
        if (body !== null) bodies.giveBack(body)
      }
    },
    models (response, { provider, model }, door) {
      let format: ModelFormat | null = null
      try {
        const config = providerOf(ports.providers, provider)
        format = formatsOf(config.format)[0]
        sendJson(response, 200, modelsBody({ provider, config, format, model }, ports.governor, door))
      } catch (thrown) {
        refuse(response, thrown, { ports, format, door })
      }
    },
    upstreams: () => choice.states(),
    close: () => pools.close(),
  }
}

/** What the plane remembers over all requests. */
interface Running { readonly choice: UpstreamChoice, readonly bodies: BodyMemory, readonly left: LeftAnswers, readonly redactorOf: (key: ProviderKey | null) => Redact, readonly turns: StreamTurns, readonly requests: RequestTurns }

async function answer (asked: Asked, ports: ModelPlanePorts, { choice, bodies, left, redactorOf, turns, requests }: Running): Promise<Relayed> {
  const { provider, asked: { model, stream, generates }, body, door } = asked
  const offered = offeredKeys({ provider, config: asked.config, model, context: door.context, affinity: affinityOf(asked) }, ports, choice.rests)
  const hold = ports.holds?.begin({ provider, model, generates, bytes: body.length }, door.context, offered.ids) ?? null
  const seen = ports.observer?.begin(askedOf(asked)) ?? null
  let permit: Permit | null = null
  let attempts: Attempts | null = null
  try {
    if (hold !== null && hold.asking !== null) await hold.asking
    const { scanned, findings } = ports.outgoing?.scan(asked.asked.body) ?? NOT_SCANNED
    const redacts = ports.outgoing !== undefined
    const key = hold === null ? offered.ids[0] ?? null : hold.key
    const subject: Subject = hold === null
      ? { kind: 'model-request', provider, model, stream, bytes: body.length, scanned, findings, redacts, key }
      : { kind: 'model-request', provider, model, stream, bytes: body.length, scanned, findings, redacts, key, usage: hold.usage }
    const governed = await ports.governor.govern(subject, door.context, hold?.onDecided)
    permit = governed.permit
    seen?.decided(governed.decision, governed.entry)
    await requests.next()
    if (permit === null) throw new GatewayError('WEIR_ERR_DENIED', governed.decision.feedback, { rule: governed.decision.rule, decision: governed.entry })
    hold?.allowed(permit.entry)
    const outgoing = withoutRedacted(asked, governed.decision.obligations, ports.outgoing)
    if (asked.turn?.isPassedOver() === true) throw new GatewayError('WEIR_ERR_UPSTREAM', 'This model\'s provider is out, and another one answers for it.')
    if (offered.problem !== null) throw offered.problem
    attempts = attemptsOf(asked, choice, { keys: offered.keys, firstKey: offered.keys.find(({ id }) => id === key) ?? null, hold })
    const foreign = door.session === null ? left.watch(door.context, body) : null
    const calls = watchCalls(createToolGate(ports, { door, protocol: asked.format.name, response: asked.response, foreign, headers: asked.request.headers }, seen?.called), door.session)
    const relaying = forward(outgoing, { attempts, hold, seen, rule: calls.rule, bodies, redactorOf, turns }, ports)
    const relayed = await (stream ? requests.streaming(relaying) : relaying)
    if (relayed.notes.includes('client-left')) await requests.next()
    calls.ended(relayed)
    foreign?.ended(relayed)
    settleRequest({ permit, attempts, hold, seen, exchange: asked }, relayed, ports)
    return relayed
  } catch (thrown) {
    hold?.free()
    seen?.ended(refusedEnd(thrown))
    if (permit !== null) ports.ledger.settle(permit, 'failed', { code: asGatewayError(thrown).code, keyId: attempts?.current().key?.id ?? null })
    throw thrown
  }
}

function attemptsOf (asked: Asked, choice: UpstreamChoice, going: Pick<AttemptsOptions, 'keys' | 'firstKey' | 'hold'>): Attempts {
  const { provider, config, turn } = asked
  const attempts = createAttempts({ choice, provider, config, ...going, affinity: affinityOf(asked), startedMs: turn?.startedMs })
  if (attempts === null) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'This provider has no address.')
  return attempts
}

// A client without a session of Weir's may name one of its own: it chooses no more than which of its provider's doors it meets again.
function affinityOf ({ door, request }: Asked): string | null {
  if (door.session !== null) return door.session.id
  const { agentSession } = agentSessions(request.headers)
  return agentSession === null ? null : `${door.context.actor.id}\n${agentSession}`
}

function askedOf ({ provider, request: { headers }, door: { context }, asked: { model, stream, generates, countsTokens } }: Asked): ModelAsked {
  const traceparent = headers['traceparent']
  return {
    provider,
    model,
    operation: generates ? 'chat' : countsTokens ? 'count_tokens' : 'embeddings',
    stream,
    conversation: agentSessions(headers).agentSession,
    context,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
  }
}

interface Going { readonly attempts: Attempts, readonly hold: RequestHold | null, readonly seen: ModelObservation | null, readonly rule: Rule, readonly bodies: BodyMemory, readonly redactorOf: (key: ProviderKey | null) => Redact, readonly turns: StreamTurns }

function forward (exchange: Asked, { attempts, hold, seen, rule, bodies, redactorOf, turns }: Going, ports: ModelPlanePorts): Promise<Relayed> {
  const { format, asked, response } = exchange
  return relay({
    attempts,
    givesWay: exchange.turn?.givesWay ?? null,
    target: () => targetOf(exchange, attempts.current(), { seen, bodies, redactorOf }),
    format: hold === null ? format : watchedFormat(format, hold.streamed),
    asked,
    response,
    rule,
    refusalStyle: refusalStyleOf(exchange),
    keepAliveMs: ports.keepAliveMs ?? KEEP_ALIVE_MS,
    turns,
  })
}

function targetOf ({ asked, format, config, passed }: Asked, { endpoint, key }: Attempt, { seen, bodies, redactorOf }: Pick<Going, 'seen' | 'bodies' | 'redactorOf'>): Target {
  const value = key?.value ?? null
  const body = bodies.toSend(asked.body, asked.splice)
  const headers = traced(upstreamHeaders({ asked, format, config, key: value, passed }), seen)
  return {
    upstream: endpoint.upstream,
    headers: Buffer.isBuffer(body) ? headers : [...headers, 'content-length', String(splicedLength(asked.body, asked.splice))],
    body,
    redact: redactorOf(key),
  }
}

function traced (headers: readonly string[], seen: ModelObservation | null): readonly string[] {
  return seen === null || seen.traceHeaders.length === 0 ? headers : [...headers, ...seen.traceHeaders]
}

// How an agent is told changes nothing of what is refused, so it may say itself. One that answers calls of tools that it does not have goes on.
function refusalStyleOf ({ request, body, asked, door }: Asked): RefusalStyle {
  const wanted = door.session === null ? request.headers[REFUSALS_HEADER] : undefined
  if (wanted !== undefined && wanted !== 'call' && wanted !== 'text') throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `${REFUSALS_HEADER} is call or text.`)
  if (wanted !== undefined) return wanted === 'call' ? 'invalid-tool' : 'text'
  const isOpencode = door.session !== null || (request.headers['user-agent'] ?? '').startsWith('opencode/')
  return isOpencode || declaresTool(body, asked.tools, 'invalid') ? 'invalid-tool' : 'text'
}

function refuse (response: ServerResponse, thrown: unknown, { ports, format, door }: { readonly ports: ModelPlanePorts, readonly format: ModelFormat | null, readonly door: ModelDoor }): void {
  const error = asGatewayError(thrown)
  if (error.statusCode >= 500) ports.onWarning('model-request-failed', { request: door.context.request ?? null, code: error.code, cause: error.cause ?? null })
  else if (error.decision === null) door.onUndecided?.(error)
  sendError(response, error, format?.errorBody(error))
}
