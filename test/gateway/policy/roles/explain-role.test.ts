import t from 'tap'
import type { PolicyInput } from '../../../../gateway/core/policy-input.ts'
import { PERMISSIONS } from '../../../../gateway/core/tool-call.ts'
import { roleFindings } from '../../../../gateway/policy/check/role-findings.ts'
import { nearestWord } from '../../../../gateway/policy/check/nearest-word.ts'
import { dataPlaces } from '../../../../gateway/policy/data/data-places.ts'
import { policyData, type PolicyData } from '../../../../gateway/policy/data/data.ts'
import { readPolicyFolder } from '../../../../gateway/policy/policy-folder.ts'
import { explainRole, type RoleCell } from '../../../../gateway/policy/roles/explain-role.ts'
import { roleQuestions } from '../../../../gateway/policy/roles/role-questions.ts'
import { openEngine, POLICIES } from '../opened-policy.ts'

const engine = await openEngine(POLICIES)
const { files } = await readPolicyFolder(POLICIES)
const shipped = { policy: engine.current(), data: engine.data(), rules: engine.rules(), find: dataPlaces(files) }
const actor = (role: string) => ({ id: 'alice@acme.test', role, groups: [], org: 'acme' })
const explain = (role: string): readonly RoleCell[] => explainRole({ actor: actor(role), app: 'shop', nowMs: 0 }, shipped)

function cell (cells: readonly RoleCell[], ability: string, environment: string): RoleCell {
  const found = cells.find((one) => one.ability === ability && one.environment === environment)
  if (found === undefined) throw new Error(`nothing said of ${ability} in ${environment}`)
  return found
}

await t.test('what a role gets is what policy answers, with its rule and the line of data', async (t) => {
  const cells = explain('author')
  t.match(cell(cells, 'edit', 'DEV'), { gets: 'allow', rule: 'grants.granted', given: true, data: 'weir/data/grants/author/DEV/edit', dataAt: { file: 'weir/data/grants/data.json' } })
  t.match(cell(cells, 'edit', 'TEST'), { gets: 'queue', rule: 'grants.needs_approval', ruleAt: { file: 'weir/rules/grants/grants.rego' } })
  t.match(cell(cells, 'edit', 'PROD'), { gets: 'nothing', rule: 'grants.not_granted', given: false })
  t.match(cell(cells, 'start', 'PROD'), { gets: 'allow', rule: 'sessions.granted' })
  t.match(cell(cells, 'approve edit', 'DEV'), { gets: 'nothing', rule: 'approvals.not_approver', given: false })
  t.match(cell(explain('approver'), 'approve edit', 'PROD'), { gets: 'allow', given: true, data: 'weir/data/approvers/approver/PROD/2' })
  t.match(cell(explain('operator'), 'promote', 'DEV'), { gets: 'allow', rule: 'releases.permitted' })
  t.match(cell(explain('operator'), 'promote', 'PROD'), { gets: 'queue', given: true })
  const line = files.get('weir/data/grants/data.json')?.split('\n')[(cell(cells, 'edit', 'DEV').dataAt?.row ?? 0) - 1]
  t.match(line, '"DEV": {"review": "allow", "chat": "allow", "edit": "allow", "dependency": "queue"}')
})

await t.test('the answers for the shipped roles are those of their grants, one for one', async (t) => {
  for (const [role, grants] of Object.entries(engine.data().grants)) {
    for (const { ability, environment, gets } of explain(role)) {
      if (!(PERMISSIONS as readonly string[]).includes(ability)) continue
      t.equal(gets, grants[environment]?.[ability as typeof PERMISSIONS[number]] ?? 'nothing', `${role} ${ability} ${environment}`)
    }
  }
})

await t.test('a role that nobody has gets nothing at all', async (t) => {
  t.same([...new Set(explain('intruder').map(({ gets }) => gets))], ['nothing'])
})

await t.test('each question is the example of its own permission, whatever classes data give to it', async (t) => {
  const asked = (needs: object): Readonly<Record<string, PolicyInput>> => {
    const data = { ...engine.data(), paths: { ...engine.data().paths, needs } } as PolicyData
    const asker = { actor: actor('author'), app: 'shop', time: null, nowMs: 0 }
    return Object.fromEntries(roleQuestions(asker, data, ['DEV']).map(({ ability, input }) => [ability, input]))
  }
  t.match(asked({ source: 'edit', dependency: 'dependency', ci: 'publish' }), { edit: { targets: [{ class: 'source' }] }, dependency: { targets: [{ class: 'dependency' }] }, publish: { targets: [{ class: 'ci' }] } })
  t.match(asked({ source: 'publish', docs: 'edit', ci: 'dependency' }), { edit: { targets: [{ class: 'docs' }] }, dependency: { targets: [{ class: 'ci' }] }, publish: { targets: [{ class: 'source' }] } })
})

/** The warnings for the shipped rules with other data, which only the checks read: the rules answer by the data they were built with. */
function warnings (change: Partial<PolicyData>): readonly string[] {
  return roleFindings({ ...shipped, data: policyData({ weir: { data: { ...raw, ...change } } }) }).map(({ code, message }) => `${code}: ${message}`)
}

const raw = Object.fromEntries([...files].filter(([file]) => /^weir\/data\/[a-z]+\/data\.json$/.test(file)).map(([file, text]) => [String(file.split('/')[2]), JSON.parse(text) as unknown]))

await t.test('grants that no rule honours, roles that get nothing and calls that wait for nobody are warned of', async (t) => {
  t.same(warnings({}), [])
  const { grants, roles, approvers, routes } = engine.data()
  t.match(warnings({ grants: { ...grants, reader: { ...grants['reader'], PROD: { review: 'allow', publish: 'allow' } } } }), [/^dead-grant: weir\/data\/grants\/reader\/PROD\/publish is never honoured: grants\.not_granted denies/])
  t.match(warnings({ roles: { ...roles, ghost: { description: '' } } }), [/^idle-role: The role ghost gets nothing/])
  t.same(warnings({ roles: { ...roles, provisioner: { description: '' } }, routes: { ...routes, provisioner: { all: ['weir-provision'], own: [] } } }), [], 'who keeps the directory needs no grant')
  t.match(warnings({ routes: { ...routes, author: { all: [], own: [] } } }), [/^idle-role: The role author may use no route/])
  t.match(warnings({ approvers: { ...approvers, reader: { DEV: ['edit'] } } }), [/^dead-grant: weir\/data\/approvers\/reader\/DEV\/0 is never honoured/])
  const { approver: _, ...without } = roles
  const named = (byRole: Readonly<Record<string, unknown>>): object => Object.fromEntries(Object.entries(byRole).filter(([role]) => role !== 'approver'))
  const unapproved = warnings({ roles: without, grants: named(grants) as typeof grants, routes: named(routes) as typeof routes, approvers: {} })
  t.ok(unapproved.length > 0 && unapproved.every((text) => text.startsWith('no-approver: ')), unapproved.join('\n'))
  t.ok(unapproved.some((text) => text.includes('no role may approve edit in TEST')))
})

await t.test('a mistyped name finds the one that was meant, and another word finds none', async (t) => {
  const known = ['review', 'chat', 'edit', 'dependency', 'publish']
  for (const [word, meant] of [['edti', 'edit'], ['EDIT', 'edit'], ['dependancy', 'dependency'], ['pubish', 'publish'], ['reviews', 'review']]) t.equal(nearestWord(String(word), known), meant)
  for (const word of ['', 'deploy', 'x'.repeat(10_000), 'allow']) t.equal(nearestWord(word, known), null)
})
