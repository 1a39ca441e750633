import t from 'tap'
import { routeDrift } from '../../../adapters/opencode/route-drift.ts'
import { ROUTES } from '../../../adapters/opencode/routes.ts'
import { startOpencode } from './fixtures/opencode.ts'
import { documentOf, type Operation } from './fixtures/route-document.ts'

const key = (method: string, path: string): string => `${method} ${path}`

t.setTimeout(900_000) // the real agent takes long to start when all tests run at once

await t.test('the table names each route once, with a reason', async (t) => {
  t.equal(new Set(ROUTES.map(({ method, template }) => key(method, template))).size, ROUTES.length)
  for (const route of ROUTES) t.ok(route.reason.length > 3, key(route.method, route.template))
})

await t.test('every write of the second engine, and everything that stores or runs something unasked, is refused', async (t) => {
  for (const { method, template, access } of ROUTES) {
    if (template.startsWith('/api/') && method !== 'GET') t.ok(access === 'deny' || access === 'weir', key(method, template))
  }
  const refused = [
    'POST /mcp', 'PATCH /config', 'PATCH /global/config', 'PUT /auth/{providerID}', 'POST /global/upgrade', 'POST /sync/replay', 'POST /vcs/apply',
    'POST /experimental/worktree', 'POST /session/{sessionID}/share', 'PATCH /project/{projectID}', 'POST /pty/{ptyID}/connect-token',
    'PATCH /session/{sessionID}/message/{messageID}/part/{partID}',
  ]
  for (const name of refused) t.equal(ROUTES.find(({ method, template }) => key(method, template) === name)?.access, 'deny', name)
})

await t.test('a route that is new, gone or has another method or path is named', async (t) => {
  const paths = documentOf()
  const same = { known: 188, fresh: [], gone: [], changed: [] }
  t.strictSame(routeDrift({ paths }), same)
  t.strictSame(routeDrift({ paths: { ...paths, '/config': { get: {}, put: {}, parameters: [], summary: 'x' } } }), { ...same, fresh: ['PUT /config'], gone: ['PATCH /config'] })
  const { '/vcs': moved, ...rest } = paths
  t.strictSame(routeDrift({ paths: { ...rest, '/vc': moved } }), { ...same, fresh: ['GET /vc'], gone: ['GET /vcs'] })
  for (const none of [null, [], {}, { paths: {} }, { paths: [] }, 'x']) t.throws(() => routeDrift(none), { code: 'WEIR_ERR_UPSTREAM' })
})

await t.test('a route that takes more or less than the table says is named, with what', async (t) => {
  const changes: ReadonlyArray<readonly [string, Operation, string]> = [
    ['GET /find', { parameters: [{ in: 'query', name: 'pattern' }, { in: 'query', name: 'root' }, { in: 'query', name: 'workspace' }] }, '+root'],
    ['GET /find', { parameters: [] }, '-pattern'],
    ['GET /config', { parameters: [{ in: 'header', name: 'x-root' }, { in: 'path', name: 'x' }, { $ref: '#/components/parameters/Root' }, null] }, '+header x-root, +#/components/parameters/Root, +?'],
    ['POST /session/{sessionID}/abort', { requestBody: {} }, '+a body'],
    ['POST /session', { requestBody: undefined }, '-a body'],
  ]
  for (const [operation, change, found] of changes) t.strictSame(routeDrift({ paths: documentOf({ [operation]: change }) }), { known: 188, fresh: [], gone: [], changed: [`${operation}: ${found}`] }, found)
  const { '/vcs': vcs, ...rest } = documentOf()
  t.match(routeDrift({ paths: { ...rest, '/vcs': { ...vcs, parameters: [{ in: 'query', name: 'deep' }] } } }), { changed: ['GET /vcs: +deep'] }, 'of a path as a whole')
  t.match(routeDrift({ paths: documentOf({ 'POST /mcp': { parameters: [{ in: 'query', name: 'x' }] } }) }), { changed: [] }, 'of a route that is refused')
})

await t.test('the table is exactly the OpenAPI document of the real agent', async (t) => {
  const agent = await startOpencode(t)
  const response = await fetch(`${agent.url}/doc`, { headers: { authorization: agent.authorization } })
  t.strictSame(routeDrift(await response.json()), { known: 188, fresh: [], gone: [], changed: [] })
})
