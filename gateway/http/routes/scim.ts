import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Govern } from '../../core/govern.ts'
import type { EntryBody } from '../../core/ledger-entry.ts'
import type { Permit } from '../../core/permit.ts'
import type { Ledger } from '../../core/ports.ts'
import { Type } from '../../core/schema-type.ts'
import { parseStrictJson } from '../../decode/strict-json.ts'
import { isName } from '../../identity/credential.ts'
import { readFilter, readGroupPatch, readUser, readUserPatch, type UserChange } from '../../identity/scim/read-scim.ts'
import type { Wanted } from '../../identity/scope.ts'
import type { TokenRegistry } from '../../identity/token-registry.ts'
import { withdrawalEntry } from '../../identity/withdrawal-entry.ts'
import type { Withdrawal } from '../../identity/withdrawals.ts'
import { callerOf } from '../plugins/caller.ts'
import { settled } from './audit-access.ts'

const BASE = '/weir/scim/v2'
const MAX_BODY_BYTES = 262_144
const MAX_DEPTH = 16
const closed = { additionalProperties: false }
const OfId = Type.Object({ id: Type.String({ minLength: 1, maxLength: 256 }) }, closed)
const Query = Type.Object({ filter: Type.Optional(Type.String({ maxLength: 1_024 })), startIndex: Type.Optional(Type.String()), count: Type.Optional(Type.String()), attributes: Type.Optional(Type.String()), excludedAttributes: Type.Optional(Type.String()) }, closed)
const SCHEMAS = { User: 'urn:ietf:params:scim:schemas:core:2.0:User', Group: 'urn:ietf:params:scim:schemas:core:2.0:Group' } as const

export interface ScimRoutesOptions {
  readonly govern: Govern
  readonly ledger: Ledger & { append (body: EntryBody): Promise<number> }
  readonly registry: Pick<TokenRegistry, 'add' | 'isActive'>
  readonly contextOf: (request: FastifyRequest, wanted: Wanted) => Context
}

/**
 * `/weir/scim/v2/Users` and `/Groups` (RFC 7644): what a directory says of who may no longer come in, for roles with routes of class
 * `weir-provision`. Weir keeps no users: every name is one, active unless the directory said otherwise, and a group is its name.
 */
export const scimRoutes: FastifyPluginAsync<ScimRoutesOptions> = async (app, options) => {
  const { ledger, registry } = options
  app.addContentTypeParser('application/scim+json', { parseAs: 'string', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) => {
    // A DELETE may name the type of a body that it does not have.
    if (body === '') return done(null)
    try {
      done(null, parseStrictJson(String(body), { maxDepth: MAX_DEPTH, maxBytes: MAX_BODY_BYTES }))
    } catch (cause) {
      done(new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'The body is not JSON that every parser reads the same way.', { cause }))
    }
  })
  app.addHook('onSend', async (_request, reply) => { if (reply.statusCode < 300) reply.header('content-type', 'application/scim+json; charset=utf-8') })

  const userOf = (id: string) => ({ schemas: [SCHEMAS.User], id, userName: id, active: registry.isActive(id), meta: { resourceType: 'User' } })
  const groupOf = (id: string) => ({ schemas: [SCHEMAS.Group], id, displayName: id, members: [], meta: { resourceType: 'Group' } })

  async function withdraw (lines: readonly Withdrawal[]): Promise<void> {
    if (lines.length === 0) return
    for (const line of lines) await ledger.append(withdrawalEntry(line))
    registry.add(...lines)
  }
  async function change (actor: string, { active }: UserChange): Promise<void> {
    if (active !== null && active !== registry.isActive(actor)) await withdraw([{ stateOf: actor, active, atMs: Date.now() }])
  }
  async function governed<T> (request: FastifyRequest, work: () => Promise<T>): Promise<T> {
    const permit = await demand(request, options)
    return await settled(ledger, permit, work, () => ({}))
  }
  const idOf = (request: FastifyRequest): string => namedBy((request.params as Static<typeof OfId>).id)

  for (const [kind, resourceOf] of [['Users', userOf], ['Groups', groupOf]] as const) {
    app.get(`${BASE}/${kind}`, { schema: { querystring: Query } }, (request) => governed(request, async () => {
      const name = readFilter((request.query as Static<typeof Query>).filter)
      const found = name === null ? [] : [resourceOf(name)]
      return { schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'], totalResults: found.length, startIndex: 1, itemsPerPage: found.length, Resources: found }
    }))
    app.get(`${BASE}/${kind}/:id`, { schema: { params: OfId } }, (request) => governed(request, async () => resourceOf(idOf(request))))
  }

  app.post(`${BASE}/Users`, (request, reply) => governed(request, async () => {
    const user = readUser(request.body)
    if (user.userName === null) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'A user has a userName.')
    await change(user.userName, { active: user.active ?? true })
    return created(reply, userOf(user.userName))
  }))
  app.put(`${BASE}/Users/:id`, { schema: { params: OfId } }, (request) => governed(request, async () => {
    await change(idOf(request), readUser(request.body))
    return userOf(idOf(request))
  }))
  app.patch(`${BASE}/Users/:id`, { schema: { params: OfId } }, (request) => governed(request, async () => {
    await change(idOf(request), readUserPatch(request.body))
    return userOf(idOf(request))
  }))
  app.delete(`${BASE}/Users/:id`, { schema: { params: OfId } }, (request, reply) => governed(request, async () => {
    await change(idOf(request), { active: false })
    return reply.code(204).send()
  }))

  app.post(`${BASE}/Groups`, (request, reply) => governed(request, async () => {
    const { displayName } = request.body as { readonly displayName?: unknown } ?? {}
    return created(reply, groupOf(namedBy(displayName)))
  }))
  app.patch(`${BASE}/Groups/:id`, { schema: { params: OfId } }, (request, reply) => governed(request, async () => {
    const group = idOf(request)
    const left = readGroupPatch(request.body)
    const atMs = Date.now()
    await withdraw(left === 'all' ? [{ goneGroup: group, atMs }] : left.map((actor) => ({ leftGroup: group, actor, atMs })))
    return reply.code(204).send()
  }))
  app.delete(`${BASE}/Groups/:id`, { schema: { params: OfId } }, (request, reply) => governed(request, async () => {
    await withdraw([{ goneGroup: idOf(request), atMs: Date.now() }])
    return reply.code(204).send()
  }))
}

function created<T> (reply: FastifyReply, resource: T): T {
  reply.code(201)
  return resource
}

function namedBy (value: unknown): string {
  if (!isName(value)) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'That is not a name.')
  return value
}

async function demand (request: FastifyRequest, { govern, ledger, contextOf }: ScimRoutesOptions): Promise<Permit> {
  const { app, environment } = callerOf(request)
  if (app !== null || environment !== null) throw new GatewayError('WEIR_ERR_AUTH_SCOPE', 'People are of no app or environment: this token is limited to one.')
  const { decision, permit, entry } = await govern({ kind: 'route', method: request.method, path: request.routeOptions.url ?? '', class: 'weir-provision' }, contextOf(request, {}))
  if (permit === null) {
    throw new GatewayError(decision.verdict === 'pending' ? 'WEIR_ERR_PENDING' : 'WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
  }
  if ((decision.obligations['own_only'] ?? false) === false) return permit
  ledger.settle(permit, 'failed', {})
  throw new GatewayError('WEIR_ERR_DENIED', 'A role that may look only at its own keeps no directory.', { rule: decision.rule, decision: entry })
}
