import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { ADAPTERS } from '../../../../gateway/adapters.ts'
import type { Context } from '../../../../gateway/core/actor.ts'
import { GatewayError } from '../../../../gateway/core/errors.ts'
import callerPlugin from '../../../../gateway/http/plugins/caller.ts'
import { answerErrors } from '../../../../gateway/http/plugins/errors.ts'
import { decisionRoutes } from '../../../../gateway/http/routes/decisions.ts'
import type { Caller } from '../../../../gateway/identity/caller.ts'
import { sessionOf } from '../../../adapters/opencode/fixtures/session.ts'
import { openDoor, type Door } from '../../../sandbox/open-door.ts'

interface Answer { readonly status: number, readonly body: { readonly entry?: number, readonly decision?: { readonly verdict: string, readonly obligations: object }, readonly error?: { readonly rule?: string } } }

const BODY = { protocol: 'opencode', tool: 'bash', args: { command: 'ls' } }

/** The route for one caller, beside a session of the same actor in DEV. */
async function routeFor (t: Test, door: Door, limit: Partial<Caller>): Promise<((body: object, query?: string, token?: string) => Promise<Answer>) & { close (): Promise<void> }> {
  const session = sessionOf({ socketPath: '/nowhere', authorization: '', directory: '/workspace' })
  const caller: Caller = { actor: session.context.actor, app: null, environment: null, tokenId: 'jti', issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER, ...limit }
  const app = Fastify()
  answerErrors(app)
  await app.register(callerPlugin, {
    assertKnownHost: () => {},
    authenticator: {
      authenticate (authorization) {
        if (authorization === undefined) throw new GatewayError('WEIR_ERR_AUTH_MISSING')
        return authorization === 'Bearer mallory' ? { ...caller, actor: { ...caller.actor, id: 'mallory@acme.test' } } : caller
      },
      isStillValid: () => true,
    },
  })
  const contextOf = (): Context => ({ plane: 'api', actor: caller.actor, app: 'shop', environment: 'DEV', session: null })
  await app.register(decisionRoutes, {
    governor: door.governor,
    ledger: door.ledger,
    adapters: ADAPTERS,
    contextOf,
    approvals: { get: () => null },
    links: { prepare: async () => {} },
    sessions: { byId: (id) => id === session.id ? session : null, list: () => [session], open: async () => session, endRevoked: () => {}, close: async () => {} },
  })
  t.teardown(() => app.close())
  const ask = async (payload: object, query = '', token = 'x'): Promise<Answer> => {
    const { statusCode, body } = await app.inject({ method: 'POST', url: `/weir/api/v1/decisions${query}`, headers: { authorization: `Bearer ${token}` }, payload })
    return { status: statusCode, body: JSON.parse(body) as Answer['body'] }
  }
  return Object.assign(ask, { close: async () => { await app.close() } })
}

await t.test('a role that may not ask for decisions gets none, and the refusal is recorded', async (t) => {
  const door = openDoor((input) => input.route?.class === 'weir-decide' ? 'deny' : 'allow')
  const ask = await routeFor(t, door, {})
  t.equal((await ask(BODY)).status, 403)
  t.match(door.entries.map((entry) => entry.kind === 'decision' ? entry.input.kind : entry.kind), ['route'])
})

await t.test('a decision that may be asked for is one entry and its outcome', async (t) => {
  const door = openDoor(() => 'allow')
  const ask = await routeFor(t, door, {})
  t.match(await ask(BODY), { status: 200, body: { decision: { verdict: 'allow' } } })
  t.same(door.entries.map(({ kind }) => kind), ['decision', 'outcome'])
})

await t.test('an outcome that was promised is recorded once, as its caller tells it, in codes; what is not told is unknown', async (t) => {
  const door = openDoor(() => 'allow')
  const promised = async (ask: Awaited<ReturnType<typeof routeFor>>): Promise<number> => (await ask({ ...BODY, willReport: true })).body.entry ?? -1
  const ask = await routeFor(t, door, {})
  const entry = await promised(ask)
  t.same(door.entries.map(({ kind }) => kind), ['decision'])
  const tell = (word: object): Promise<Answer> => ask(word, `/${entry}/outcome`)
  for (const word of [{}, { status: 'perfect' }, { status: 'done', how: 'well' }, { status: 'done', bytes: -1 }]) t.equal((await tell(word)).status, 400, JSON.stringify(word))
  t.equal((await ask({ status: 'done' }, `/${entry}/outcome`, 'mallory')).status, 404, 'of somebody else')
  t.same(await tell({ status: 'failed', how: 'exited', code: 2, text: 'do-not-record' }), { status: 200, body: { entry, status: 'failed' } })
  t.equal((await tell({ status: 'done' })).status, 404, 'a second word')
  const left = await promised(ask)
  await ask.close()
  t.same(door.entries.filter(({ kind }) => kind === 'outcome'), [
    { kind: 'outcome', of: entry, status: 'failed', detail: { how: 'exited', code: 2, performedBy: 'caller' } },
    { kind: 'outcome', of: left, status: 'unknown', detail: { performedBy: 'caller' } },
  ])
})

await t.test('a session answers to its own actor and a token that reaches it only', async (t) => {
  const own = sessionOf({ socketPath: '', authorization: '', directory: '' })
  const inSession = { ...BODY, session: own.id }
  const { actor } = own.context
  for (const limit of [{ actor: { ...actor, role: 'operator' } }, { environment: 'PROD' }, { app: 'other' }] as const) {
    t.equal((await (await routeFor(t, openDoor(() => 'allow'), limit))(inSession)).status, 404, JSON.stringify(limit))
  }
  t.equal((await (await routeFor(t, openDoor(() => 'allow'), { environment: 'DEV' }))(inSession)).status, 200)
})

await t.test('a call that is allowed only changed is denied, and the answer says which change it needs, also in a dry run', async (t) => {
  const modify = [{ op: 'add-flag', flag: '--dry-run' }] as const
  const door = openDoor(() => 'allow', (input) => input.command === null ? {} : { modify })
  const ask = await routeFor(t, door, {})
  const denied = { status: 200, body: { decision: { verdict: 'deny', rule: 'weir.obligation_unfulfilled', also: ['test.allow'], obligations: { modify } } } }
  t.match(await ask(BODY), denied)
  t.match(await ask(BODY, '?dryRun=true'), denied)
  t.match(door.entries.map((entry) => entry.kind === 'decision' ? entry.decision : entry.kind), [{ verdict: 'deny', obligations: { modify } }])
  t.strictSame((await ask({ ...BODY, tool: 'read', args: { filePath: 'a.ts' } })).body.decision?.obligations, {})
})
