import type { IncomingMessage, ServerResponse } from 'node:http'
import { declaresTool, type ModelFormat, type ModelRequest, type RefusalStyle } from '../../../adapters/model-format.ts'
import type { ProviderConfig } from '../../config.ts'
import { asGatewayError, GatewayError } from '../../core/errors.ts'
import type { Permit } from '../../core/permit.ts'
import { readBody } from '../../http/forward/read-body.ts'
import { sendError, sendJson } from '../../http/forward/raw-answer.ts'
import { createUpstreamPools, type UpstreamPools } from '../../http/forward/upstream-pools.ts'
import { formatsOf } from '../../model-formats.ts'
import type { ProviderKey } from '../../vault/vault.ts'
import { createRedactor } from './key-redactor.ts'
import type { ModelDoor, ModelPlanePorts } from './model-ports.ts'
import { relay, type Relayed } from './relay.ts'
import { createToolGate } from './tool-gate.ts'
import { agentSessions, usageRecord } from './usage-record.ts'

/** The model plane: governed requests to model providers. Both methods answer by themselves and never reject. */
export interface ModelPlane {
  /** A request of one of the provider's wire formats. */
  complete (request: IncomingMessage, response: ServerResponse, route: { readonly provider: string, readonly operation: string }, door: ModelDoor): Promise<void>
  /** `GET …/v1/models`: the models this door may use. */
  models (response: ServerResponse, provider: string, door: ModelDoor): void
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
}

const KEEP_ALIVE_MS = 15_000

export function createModelPlane (ports: ModelPlanePorts): ModelPlane {
  const pools = createUpstreamPools({ headersMs: ports.limits.upstreamHeadersMs, idleMs: ports.limits.upstreamIdleMs })
  return {
    async complete (request, response, { provider, operation }, door) {
      response.on('error', () => response.destroy()) // the client left while it was written to: there is nobody to tell
      let format: ModelFormat | null = null
      try {
        const config = providerOf(ports, provider)
        format = formatsOf(config.format).find(({ serves }) => serves(operation)) ?? null
        if (format === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'This provider is not spoken to in that way here.')
        const body = await readBody(request, ports.limits.bodyBytes)
        await answer({ provider, config, request, response, door, body, format, asked: format.read(operation, body) }, ports, pools)
      } catch (thrown) {
        refuse(response, thrown, { ports, format })
      }
    },
    models (response, provider, door) {
      try {
        sendJson(response, 200, { object: 'list', data: allowedModels(ports, provider, door).map((id) => ({ id, object: 'model', created: 0, owned_by: provider })) })
      } catch (thrown) {
        refuse(response, thrown, { ports, format: null })
      }
    },
    close: () => pools.close(),
  }
}

async function answer (asked: Asked, ports: ModelPlanePorts, pools: UpstreamPools): Promise<void> {
  const { provider, asked: { model, stream }, body, door } = asked
  const { decision, permit, entry } = await ports.governor.govern(
    { kind: 'model-request', provider, model, stream, bytes: body.length }, door.context
  )
  if (permit === null) throw new GatewayError('WEIR_ERR_DENIED', decision.feedback, { rule: decision.rule, decision: entry })
  let key: ProviderKey | null
  let relayed: Relayed
  try {
    key = keyFor(asked, ports)
    relayed = await forward(asked, { permit, key }, { ports, pools })
  } catch (thrown) {
    ports.ledger.settle(permit, 'failed', { code: asGatewayError(thrown).code })
    throw thrown
  }
  settle(asked, { permit, key }, relayed, ports)
}

function keyFor ({ provider, config, asked, door }: Asked, ports: ModelPlanePorts): ProviderKey | null {
  if (!Object.hasOwn(config.models, asked.model)) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'This provider has no such model here.')
  if (config.keyless === true) return null
  const key = ports.vault.get(provider, door.context.environment)
  if (key === null) throw new GatewayError('WEIR_ERR_KEY_MISSING')
  return key
}

interface Granted { readonly permit: Permit, readonly key: ProviderKey | null }
interface Means { readonly ports: ModelPlanePorts, readonly pools: UpstreamPools }

function forward (exchange: Asked, { key }: Granted, { ports, pools }: Means): Promise<Relayed> {
  const { config, format, asked, request, response, door } = exchange
  return relay({
    upstream: pools.upstreamOf(config.baseUrl),
    headers: upstreamHeaders(asked, format.headers(key?.value ?? null, request.headers)),
    format,
    asked,
    response,
    rule: createToolGate(ports, door, format.name),
    refusalStyle: refusalStyleOf(exchange),
    redact: createRedactor(key?.value ?? null),
    keepAliveMs: ports.keepAliveMs ?? KEEP_ALIVE_MS,
  })
}

// Written new: nothing of the client's own headers goes to the provider but what the format names.
function upstreamHeaders ({ stream }: ModelRequest, ofFormat: readonly string[]): readonly string[] {
  return [
    'content-type', 'application/json',
    'accept', stream ? 'text/event-stream' : 'application/json',
    'accept-encoding', 'identity',
    'user-agent', 'weir',
    ...ofFormat,
  ]
}

function refusalStyleOf ({ request, body, asked, door }: Asked): RefusalStyle {
  const isOpencode = door.session !== null || (request.headers['user-agent'] ?? '').startsWith('opencode/')
  return isOpencode || declaresTool(body, asked.tools, 'invalid') ? 'invalid-tool' : 'text'
}

function settle (asked: Asked, { permit, key }: Granted, relayed: Relayed, ports: ModelPlanePorts): void {
  const { provider, asked: { model }, format, body, request, door } = asked
  const { status, released, refused, notes } = relayed
  // A provider that refused or was never reached has billed nothing; one that answered in part has.
  const usage = status === 200 ? format.usage(relayed.usage, { requestBytes: body.length, answerChars: relayed.chars }) : null
  const record = usage === null
    ? null
    : usageRecord({ provider, model, sessions: agentSessions(request.headers) }, usage, ports.priceOf(provider, model, usage))
  if (relayed.cause !== null || notes.includes('empty')) {
    ports.onWarning('model-answer', { provider, model, session: door.session?.id ?? null, notes, cause: relayed.cause })
  }
  ports.ledger.settle(permit, status === 200 ? 'done' : 'failed', {
    status, keyId: key?.id ?? null, released, refused, notes, ...(record === null ? {} : { usage: record }),
  })
}

function allowedModels (ports: ModelPlanePorts, provider: string, door: ModelDoor): readonly string[] {
  return Object.keys(providerOf(ports, provider).models).filter((model) =>
    ports.governor.preview({ kind: 'model-request', provider, model, stream: true, bytes: 0 }, door.context).decision.verdict === 'allow')
}

function providerOf (ports: ModelPlanePorts, provider: string): ProviderConfig {
  const config = Object.hasOwn(ports.providers, provider) ? ports.providers[provider] : undefined
  if (config === undefined) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such model provider here.')
  return config
}

function refuse (response: ServerResponse, thrown: unknown, { ports, format }: { readonly ports: ModelPlanePorts, readonly format: ModelFormat | null }): void {
  const error = asGatewayError(thrown)
  if (error.statusCode >= 500) ports.onWarning('model-request-failed', { code: error.code, cause: error.cause ?? null })
  sendError(response, error, format?.errorBody(error))
}
