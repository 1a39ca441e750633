import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { GatewayError } from '../../../../gateway/core/errors.ts'
import { packageRoot } from '../../../../gateway/package-root.ts'
import { policyData } from '../../../../gateway/policy/data/data.ts'
import { dataJsonSchema } from '../../../../gateway/policy/data/data-schema.ts'
import { DATA } from '../opened-policy.ts'

const POLICIES = join(packageRoot(), 'policies')
const WITH_ROLE = { ...DATA, roles: { author: { description: 'x' } } }

function problemOf (data: unknown): string {
  try {
    policyData({ weir: { data } })
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code === 'WEIR_ERR_POLICY_BUILD') return thrown.message
    throw thrown
  }
  return 'no problem'
}

await t.test('the shipped data and the least data are valid', async (t) => {
  const shipped = Object.fromEntries(readdirSync(join(POLICIES, 'weir/data')).map((section) =>
    [section, JSON.parse(readFileSync(join(POLICIES, 'weir/data', section, 'data.json'), 'utf8')) as unknown]))
  t.equal(problemOf(shipped), 'no problem')
  t.equal(problemOf(DATA), 'no problem')
})

await t.test('the published schema is the one that data are checked with, and says what every section is', async (t) => {
  t.equal(readFileSync(join(POLICIES, 'data.schema.json'), 'utf8'), dataJsonSchema(), 'policies/data.schema.json is stale: npm run docs')
  const { properties, required } = JSON.parse(dataJsonSchema()) as { properties: Record<string, { description?: string }>, required: readonly string[] }
  t.strictSame([...required].sort(), Object.keys(DATA).sort())
  for (const [name, { description }] of Object.entries(properties)) {
    if (!required.includes(name)) t.match(description, /Default: /, `${name} has a documented default`)
  }
})

await t.test('errors name the place', async (t) => {
  t.match(problemOf(null), 'weir/data')
  t.match(problemOf({ ...DATA, budget: {} }), 'weir/data/budget is no key')
  t.match(problemOf({ ...WITH_ROLE, grants: { author: { DEV: { edit: 'yes' } } } }), 'weir/data/grants/author/DEV/edit')
  t.match(problemOf({ ...WITH_ROLE, grants: { author: { STAGE: {} } } }), 'weir/data/grants/author/STAGE is no key')
  t.match(problemOf({ ...WITH_ROLE, budgets: { b: { limits: { usd_per_week: 1 } } } }), 'weir/data/budgets/b/limits/usd_per_week')
  t.match(problemOf({ ...DATA, limits: { model_request_bytes: -1 } }), 'weir/data/limits/model_request_bytes')
  const { grants: _, ...without } = DATA
  t.match(problemOf(without), 'grants')
})

await t.test('a path class without a permission of its own is refused', async (t) => {
  for (const name of Object.keys(DATA.paths.needs)) {
    const needs = Object.fromEntries(Object.entries(DATA.paths.needs).filter(([other]) => other !== name))
    t.match(problemOf({ ...DATA, paths: { ...DATA.paths, needs } }), 'weir/data/paths/needs', name)
  }
})

await t.test('a role that is not there is refused wherever it is named: a limit for it would limit nobody', async (t) => {
  const wrong = {
    grants: { auhtor: {} },
    approvers: { auhtor: {} },
    routes: { auhtor: { all: [], own: [] } },
    models: { DEV: { auhtor: [] } },
    budgets: { b: { match: { roles: ['auhtor'] }, limits: { concurrent: 1 } } },
    hours: { windows: { auhtor: {} } },
    mcp: { tools: {}, servers: { issues: { auhtor: [] } } },
    releases: { order: [], four_eyes: [], promoters: { auhtor: {} } },
  }
  for (const [section, value] of Object.entries(wrong)) t.match(problemOf({ ...WITH_ROLE, [section]: value }), /names the role auhtor/, section)
  t.match(problemOf({ ...WITH_ROLE, grants: { '*': {} } }), 'names the role *')
  t.equal(problemOf({ ...WITH_ROLE, budgets: { all: { limits: { concurrent: 1 } }, authors: { per: ['actor'], match: { roles: ['author'] }, limits: { usd_per_day: 1 }, mode: 'warn' } }, hours: { windows: { '*': {} } } }), 'no problem')
})

await t.test('a pattern of private data that is none is refused, and says why', (t) => {
  const own = (patterns: Readonly<Record<string, string>>): string => problemOf({ ...DATA, outgoing: { actions: {}, private: { email: true, own: Object.fromEntries(Object.entries(patterns).map(([name, pattern]) => [name, { pattern }])) } } })
  t.equal(own({ 'customer-number': 'CN-[0-9]{8}', plate: '(HH|B)-[A-Z]{1,2} [0-9]{1,4}' }), 'no problem')
  t.match(own({ wide: 'CN-[0-9]+' }), 'weir/data/outgoing/private/own/wide has a repeat that is not ?, {n} or {m,n} after [0-9]')
  t.match(own({ email: 'CN-[0-9]{8}' }), 'weir/data/outgoing/private/own/email has the name of a rule that Weir brings')
  t.match(own({ 'Not A Name': 'CN-[0-9]{8}' }), 'weir/data/outgoing/private/own')
  t.match(own(Object.fromEntries([1, 2, 3, 4].map((seed) => [`w${seed}`, '[a-z]{4,45}-[a-z]']))), /own takes \d+ steps at one place of a text, and may take 500/)
  t.match(problemOf({ ...DATA, outgoing: { actions: {}, private: { iban: 'yes' } } }), 'weir/data/outgoing/private/iban')
  t.match(problemOf({ ...DATA, outgoing: { actions: {}, private: { phone: true } } }), 'weir/data/outgoing/private/phone is no key')
  t.end()
})

await t.test('hours that never are and zones that are nowhere are refused', async (t) => {
  const hours = (from: string, to: string, zone = 'UTC'): unknown => ({ ...DATA, hours: { zone, windows: { '*': { DEV: [{ days: ['mon'], from, to }] } } } })
  t.equal(problemOf(hours('00:00', '24:00', 'Europe/Berlin')), 'no problem')
  t.match(problemOf(hours('18:00', '08:00')), 'weir/data/hours/windows/*/DEV/0 ends before it begins')
  t.match(problemOf(hours('8:00', '18:00')), 'weir/data/hours/windows/*/DEV/0/from')
  t.match(problemOf(hours('08:00', '24:01')), 'weir/data/hours/windows/*/DEV/0/to')
  t.match(problemOf(hours('08:00', '18:00', 'Mars/Olympus')), 'weir/data/hours/zone')
})

await t.test('an MCP tool names a server that is there', async (t) => {
  const tools = { issues_get: { server: 'issue', permission: 'review' } }
  t.match(problemOf({ ...DATA, mcp: { tools, servers: { issues: {} } } }), 'weir/data/mcp/tools/issues_get names the server issue')
})

await t.test('anything else is refused in the same way, never with another error', async () => {
  fc.assert(fc.property(fc.constantFrom(...Object.keys(DATA)), fc.jsonValue({ maxDepth: 4 }), (section, value) => {
    problemOf({ ...DATA, [section]: value })
    return problemOf(value) !== 'no problem'
  }), { numRuns: 300 })
})
