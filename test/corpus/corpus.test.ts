import { readFileSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { decodeOpencodeCall } from '../../adapters/opencode/decode.ts'
import { createClassify } from '../../gateway/classify/classify.ts'
import { loadShellParser } from '../../gateway/classify/shell-parser.ts'
import { environmentOf, type Context } from '../../gateway/core/actor.ts'
import { VERDICTS, type Verdict } from '../../gateway/core/decision.ts'
import { createGovernor, type Governor } from '../../gateway/core/govern.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { openPolicyEngine } from '../../gateway/policy/engine.ts'
import { findOpa } from '../../gateway/policy/opa-binary.ts'

interface Case {
  readonly name: string
  readonly family: string
  readonly native: string
  readonly args: Readonly<Record<string, unknown>>
  readonly role: string
  readonly environment: string
  readonly verdict: Verdict
  readonly rule?: string
}

const folder = join(packageRoot(), 'test/corpus')
const files = readdirSync(folder).filter((name) => name.endsWith('.json')).sort()
const cases = files.flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Case[])

await t.test('every case of the corpus gets its verdict', async (t) => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'weir-corpus-'))
  t.teardown(() => rm(cacheDir, { recursive: true }))
  const engine = await openPolicyEngine({ dir: join(packageRoot(), 'policies'), opa: await findOpa(process.env), cacheDir, onEvent: () => {} })
  const classify = createClassify({
    data: engine.data, shell: await loadShellParser(), testCommand: () => 'npm test', readlink: () => null,
  })
  const governor = createGovernor({
    classify,
    policy: engine.current,
    ledger: { append: async () => 0, settle () {} },
    approvals: { find: () => null, consume: () => false, hold: () => 'apr_corpus' },
    clock: { nowMs: () => 1_795_184_784_574 },
  })
  for (const file of files) {
    const family = cases.filter((entry) => `${entry.family}.json` === file)
    await t.test(file, async (t) => { for (const entry of family) await check(t, governor, entry) })
  }
})

await t.test('the corpus tells a gate from a wall and from a hole', async (t) => {
  for (const verdict of VERDICTS) t.ok(cases.some((entry) => entry.verdict === verdict), `some case is ${verdict}`)
  const families = new Map(cases.map(({ family }) => [family, cases.filter((entry) => entry.family === family)]))
  for (const [family, members] of families) {
    if (family !== 'everyday') t.ok(members.some(({ verdict }) => verdict !== 'allow'), `allowing everything fails in ${family}`)
    t.ok(members.some(({ verdict }) => verdict === 'allow'), `denying everything fails in ${family}`)
  }
  t.equal(new Set(cases.map(({ family, name, role }) => `${family}/${name}/${role}`)).size, cases.length, 'names are unique')
})

async function check (t: Test, governor: Governor, entry: Case): Promise<void> {
  const call = decodeOpencodeCall(entry.native, entry.args, '/workspace')
  const { decision, facts } = await governor.govern({ kind: 'tool-call', call }, contextOf(entry))
  const got = entry.rule === undefined ? { verdict: decision.verdict } : { verdict: decision.verdict, rules: [decision.rule, ...decision.also].includes(entry.rule) }
  const wanted = entry.rule === undefined ? { verdict: entry.verdict } : { verdict: entry.verdict, rules: true }
  t.strictSame(got, wanted, entry.name, { args: entry.args, rule: decision.rule, also: decision.also, problems: facts?.command?.problems, targets: facts?.targets })
}

function contextOf ({ role, environment }: Case): Context {
  return { plane: 'api', actor: { id: 'alice', role, groups: [], org: 'acme' }, app: 'shop', environment: environmentOf(environment), session: null }
}
