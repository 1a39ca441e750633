import type { IncomingMessage, ServerResponse } from 'node:http'
import { declaresTool, scanRequest, withUsage, type RequestScan } from '../../../adapters/openai-chat/request-scan.ts'
import type { RefusalStyle } from '../../../adapters/openai-chat/ruling.ts'
import type { ProviderConfig } from '../../config.ts'
import { asGatewayError, GatewayError } from '../../core/errors.ts'
import type { Permit } from '../../core/permit.ts'
import { readBody } from '../../http/forward/read-body.ts'
import { sendError, sendJson } from '../../http/forward/raw-answer.ts'
import { createUpstreamPools, type UpstreamPools } from '../../http/forward/upstream-pools.ts'
import { usageFromOpenai } from '../../meter/usage-from-openai.ts'
import type { ProviderKey } from '../../vault/vault.ts'
import { createRedactor } from './key-redactor.ts'
import type { ModelDoor, ModelPlanePorts } from './model-ports.ts'
import { relay, type Relayed } from './relay.ts'
import { createToolGate } from './tool-gate.ts'
import { agentSessions, usageRecord } from './usage-record.ts'

/** The model plane: governed requests to model providers. Both methods answer by themselves and never reject. */
export interface ModelPlane {
  /** `POST …/v1/chat/completions` */
  complete (request: IncomingMessage, response: ServerResponse, provider: string, door: ModelDoor): Promise<void>
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
  readonly scan: RequestScan
}

const KEEP_ALIVE_MS = 15_000

export function createModelPlane (ports: ModelPlanePorts): ModelPlane {
  const pools = createUpstreamPools({ headersMs: ports.limits.upstreamHeadersMs, idleMs: ports.limits.upstreamIdleMs })
  return {
    async complete (request, response, provider, door) {
      response.on('error', () => response.destroy()) // the client left while it was written to: there is nobody to tell
      try {
        const config = providerOf(ports, provider)
        const body = await readBody(request, ports.limits.bodyBytes)
        await answer({ provider, config, request, response, door, body, scan: scanRequest(body) }, ports, pools)
      } catch (thrown) {
        refuse(response, thrown, ports)
      }
    },
    models (response, provider, door) {
      try {
        sendJson(response, 200, { object: 'list', data: allowedModels(ports, provider, door).map((id) => ({ id, object: 'model', created: 0, owned_by: provider })) })
      } catch (thrown) {
        refuse(response, thrown, ports)
      }
    },
    close: () => pools.close(),
  }
}

async function answer (asked: Asked, ports: ModelPlanePorts, pools: UpstreamPools): Promise<void> {
  const { provider, scan, body, door } = asked
  const { decision, permit, entry } = await ports.governor.govern(
    { kind: 'model-request', provider, model: scan.model, stream: scan.stream, bytes: body.length }, door.context
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

function keyFor ({ provider, config, scan, door }: Asked, ports: ModelPlanePorts): ProviderKey | null {
  if (!Object.hasOwn(config.models, scan.model)) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'This provider has no such model here.')
  if (config.keyless === true) return null
  const key = ports.vault.get(provider, door.context.environment)
  if (key === null) throw new GatewayError('WEIR_ERR_KEY_MISSING')
  return key
}

interface Granted { readonly permit: Permit, readonly key: ProviderKey | null }
interface Means { readonly ports: ModelPlanePorts, readonly pools: UpstreamPools }

function forward (asked: Asked, { key }: Granted, { ports, pools }: Means): Promise<Relayed> {
  const { config, scan, body, response, door } = asked
  return relay({
    upstream: pools.upstreamOf(config.baseUrl),
    headers: upstreamHeaders(scan.stream, key),
    body: withUsage(body, scan),
    response,
    streams: scan.stream,
    rule: createToolGate(ports, door),
    refusalStyle: refusalStyleOf(asked),
    hidesUsage: !scan.includesUsage,
    redact: createRedactor(key?.value ?? null),
    keepAliveMs: ports.keepAliveMs ?? KEEP_ALIVE_MS,
  })
}

// Written new: nothing of the client's own headers goes to the provider, neither its token nor its session ids.
function upstreamHeaders (streams: boolean, key: ProviderKey | null): readonly string[] {
  const headers = [
    'content-type', 'application/json',
    'accept', streams ? 'text/event-stream' : 'application/json',
    'accept-encoding', 'identity',
    'user-agent', 'weir',
  ]
  return key === null ? headers : [...headers, 'authorization', `Bearer ${key.value}`]
}

function refusalStyleOf ({ request, body, scan, door }: Asked): RefusalStyle {
  const isOpencode = door.session !== null || (request.headers['user-agent'] ?? '').startsWith('opencode/')
  return isOpencode || declaresTool(body, scan, 'invalid') ? 'invalid-tool' : 'text'
}

function settle (asked: Asked, { permit, key }: Granted, relayed: Relayed, ports: ModelPlanePorts): void {
  const { provider, scan, body, request, door } = asked
  const { status, released, refused, notes } = relayed
  // A provider that refused or was never reached has billed nothing; one that answered in part has.
  const usage = status === 200 ? usageFromOpenai(relayed.usage, { requestBytes: body.length, answerChars: relayed.chars }) : null
  const record = usage === null
    ? null
    : usageRecord({ provider, model: scan.model, sessions: agentSessions(request.headers) }, usage, ports.priceOf(provider, scan.model, usage))
  if (relayed.cause !== null || notes.includes('empty')) {
    ports.onWarning('model-answer', { provider, model: scan.model, session: door.session?.id ?? null, notes, cause: relayed.cause })
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

function refuse (response: ServerResponse, thrown: unknown, ports: ModelPlanePorts): void {
  const error = asGatewayError(thrown)
  if (error.statusCode >= 500) ports.onWarning('model-request-failed', { code: error.code, cause: error.cause ?? null })
  sendError(response, error)
}
