import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { ENVIRONMENTS, type Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Govern } from '../../core/govern.ts'
import type { Permit } from '../../core/permit.ts'
import type { Ledger } from '../../core/ports.ts'
import { Type } from '../../core/schema-type.ts'
import { durationMs } from '../../duration.ts'
import type { Wanted } from '../../identity/scope.ts'
import { MAX_KEY_WEIGHT, type KeyName, type Slot } from '../../vault/key-name.ts'
import type { Vault } from '../../vault/vault.ts'
import { callerOf } from '../plugins/caller.ts'
import { settled } from './audit-access.ts'

const PATH = '/weir/api/v1/keys'
const MAX_BODY_BYTES = 16_384 // the longest key has 8,192 characters
const closed = { additionalProperties: false }

const OfProvider = Type.Object({ provider: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' }) }, closed)
const OfKey = Type.Object({ id: Type.String({ pattern: '^key_[A-Za-z0-9_-]{1,64}$' }) }, closed)
const Key = Type.Object({
  environment: Type.Union(ENVIRONMENTS.map((name) => Type.Literal(name))),
  app: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' })),
  value: Type.String(),
  weight: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_KEY_WEIGHT })),
  /** Keeps the keys that are there, for good. */
  add: Type.Optional(Type.Boolean()),
  /** Keeps them for so long, e.g. `10m`, for when the new one is refused. */
  grace: Type.Optional(Type.String({ pattern: '^[0-9]{1,6}(ms|s|m|h|d)$' })),
}, closed)

export interface KeyRoutesOptions {
  readonly govern: Govern
  readonly ledger: Ledger
  readonly vault: Vault
  /** Brings what was just done to the vault to the ledger. */
  readonly recordChanges: () => Promise<void>
  readonly contextOf: (request: FastifyRequest, wanted: Wanted) => Context
}

/**
 * `PUT /weir/api/v1/keys/:provider`, `GET /keys` and `DELETE /keys/:id`, for roles with routes of class `weir-keys`. Values go in and
 * never come out; a change is judged in the app and environment of the key.
 */
export const keyRoutes: FastifyPluginAsync<KeyRoutesOptions> = async (app, options) => {
  const { ledger, vault, recordChanges } = options

  app.get(PATH, async (request) => {
    const permit = await demandRoute(request, 'GET', PATH, {}, options)
    return await settled(ledger, permit, async () => ({ keys: vault.list().filter((key) => isVisible(key, request)) }), ({ keys }) => ({ keys: keys.length }))
  })

  app.put(`${PATH}/:provider`, { bodyLimit: MAX_BODY_BYTES, schema: { params: OfProvider, body: Key } }, async (request) => {
    const { provider } = request.params as Static<typeof OfProvider>
    const key = request.body as Static<typeof Key>
    if (key.add === true && key.grace !== undefined) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'A key is used beside the others or takes their place: "add" or "grace".')
    const slot = { provider, environment: key.environment, app: key.app ?? null }
    const permit = await demandRoute(request, 'PUT', `${PATH}/:provider`, wantedOf(slot, request), options)
    return await settled(ledger, permit, async () => await stored(vault, slot, key, callerOf(request).actor.id), ({ key: { id }, retired }) => ({ provider, keyId: id, retired: retired.length }))
      .finally(recordChanges)
  })

  app.delete(`${PATH}/:id`, { schema: { params: OfKey } }, async (request) => {
    const { id } = request.params as Static<typeof OfKey>
    const key = vault.list().find((one) => one.id === id)
    if (key === undefined || !isVisible(key, request)) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such key.')
    const slot = { provider: key.provider, environment: key.environment, app: key.app ?? null }
    const permit = await demandRoute(request, 'DELETE', `${PATH}/:id`, wantedOf(slot, request), options)
    const removed = await settled(ledger, permit, () => vault.remove(slot, callerOf(request).actor.id, id), () => ({ provider: key.provider, keyId: id })).finally(recordChanges)
    return { removed: removed.length > 0 }
  })
}

async function stored (vault: Vault, slot: Slot, { value, add, weight, grace }: Static<typeof Key>, by: string): Promise<{ readonly key: KeyName, readonly retired: readonly KeyName[] }> {
  if (grace !== undefined) return await vault.rotate(slot, value, by, { graceMs: durationMs(grace), weight })
  return { key: await vault.set(slot, value, by, { add, weight }), retired: [] }
}

// A token for one app must not change what every app uses.
function wantedOf ({ app, environment }: Slot, request: FastifyRequest): Wanted {
  if (app !== null) return { app, environment }
  if (callerOf(request).app !== null) throw new GatewayError('WEIR_ERR_AUTH_SCOPE', 'This token is for one app: name it as "app".')
  return { environment }
}

function isVisible (key: KeyName, request: FastifyRequest): boolean {
  const { app, environment } = callerOf(request)
  return (environment === null || environment === key.environment) && (app === null || app === key.app)
}

async function demandRoute (request: FastifyRequest, method: string, path: string, wanted: Wanted, { govern, contextOf, ledger }: KeyRoutesOptions): Promise<Permit> {
  const { decision, permit, entry } = await govern({ kind: 'route', method, path, class: 'weir-keys' }, contextOf(request, wanted))
  if (permit === null) {
    throw new GatewayError(decision.verdict === 'pending' ? 'WEIR_ERR_PENDING' : 'WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
  }
  if ((decision.obligations['own_only'] ?? false) === false) return permit
  ledger.settle(permit, 'failed', {})
  throw new GatewayError('WEIR_ERR_DENIED', 'Keys are nobody\'s own: a role that may look only at its own has nothing to look at here.', { rule: decision.rule, decision: entry })
}
