import { readFileSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { decodeAgentCall } from '../../adapters/agents/decode.ts'
import { decodeOpencodeCall } from '../../adapters/opencode/decode.ts'
import { createClassify } from '../../gateway/classify/classify.ts'
import { loadShellParser } from '../../gateway/classify/shell/parser.ts'
import { environmentOf, type Context } from '../../gateway/core/actor.ts'
import { VERDICTS, type Verdict } from '../../gateway/core/decision.ts'
import { createGovernor, type Governed, type Governor } from '../../gateway/core/govern.ts'
import type { Classify } from '../../gateway/core/ports.ts'
import type { DecodedCall } from '../../gateway/core/tool-call.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { openPolicyEngine, type PolicyEngine } from '../../gateway/policy/engine.ts'
import { findOpa } from '../../gateway/policy/opa-binary.ts'

interface Case {
  readonly name: string
  readonly family: string
  /** Whose calls: `agent` for those of agents other than OpenCode. */
  readonly protocol: 'opencode' | 'agent'
  readonly native: string
  readonly args: Readonly<Record<string, unknown>>
  readonly role: string
  readonly environment: string
  readonly verdict: Verdict
  readonly rule?: string
  /** Symbolic links of the workspace: path to target. */
  readonly links?: Readonly<Record<string, string>>
  /** The folder the call is made in; the workspace's root by default. */
  readonly cwd?: string
  /** An approval that somebody has already given for exactly this call. */
  readonly approval?: { readonly by: string, readonly requestedBy: string }
}

type Ask = (call: DecodedCall, entry: Case) => Promise<Governed>

const folder = join(packageRoot(), 'test/corpus')
const files = readdirSync(folder).filter((name) => name.endsWith('.json')).sort()
const cases = files.flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Case[])

await t.test('every case of the corpus gets its verdict', async (t) => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'weir-corpus-'))
  t.teardown(() => rm(cacheDir, { recursive: true }))
  const engine = await openPolicyEngine({ dir: join(packageRoot(), 'policies'), opa: await findOpa(process.env), cacheDir, onEvent: () => {} })
  const links = new Map<Context, Case['links']>()
  const classify = createClassify({
    data: engine.data, shell: await loadShellParser(), testCommand: () => 'npm test', readlink: (context, path) => links.get(context)?.[path] ?? null,
  })
  const ask: Ask = async (call, entry) => {
    const context = contextOf(entry)
    links.set(context, entry.links)
    return await governorOf(entry, engine, classify).govern({ kind: 'tool-call', call }, context)
  }
  for (const file of files) {
    const family = cases.filter((entry) => `${entry.family}.json` === file)
    await t.test(file, async (t) => {
      const wrong: unknown[] = []
      for (const entry of family) wrong.push(...await mistakes(entry, ask))
      t.strictSame(wrong, [], `${String(family.length)} cases`)
    })
  }
  t.equal(cases.filter((entry) => files.includes(`${entry.family}.json`)).length, cases.length, 'every case is of the family of its file')
})

await t.test('the corpus tells a gate from a wall and from a hole', async (t) => {
  for (const verdict of VERDICTS) t.ok(cases.some((entry) => entry.verdict === verdict), `some case is ${verdict}`)
  const families = new Map(cases.map(({ family }) => [family, cases.filter((entry) => entry.family === family)]))
  for (const [family, members] of families) {
    if (!family.startsWith('everyday')) t.ok(members.some(({ verdict }) => verdict !== 'allow'), `allowing everything fails in ${family}`)
    t.ok(members.some(({ verdict }) => verdict === 'allow'), `denying everything fails in ${family}`)
  }
  t.equal(new Set(cases.map(({ family, name, role }) => `${family}/${name}/${role}`)).size, cases.length, 'names are unique')
})

// One answer for all of a family: an assertion for each of a thousand cases takes longer than the cases.
async function mistakes (entry: Case, ask: Ask): Promise<unknown[]> {
  const decode = entry.protocol === 'agent' ? decodeAgentCall : decodeOpencodeCall
  const call = decode(entry.native, entry.args, entry.cwd ?? '/workspace')
  const { decision, facts } = await ask(call, entry)
  const rules = [decision.rule, ...decision.also]
  if (decision.verdict === entry.verdict && (entry.rule === undefined || rules.includes(entry.rule))) return []
  return [{ name: entry.name, wanted: entry.verdict, rule: entry.rule, got: decision.verdict, rules, problems: facts?.command?.problems, targets: facts?.targets }]
}

function governorOf ({ approval }: Case, engine: PolicyEngine, classify: Classify): Governor {
  const nowMs = 1_795_184_784_574
  const given = approval === undefined ? null : { id: 'apr_given', heldAtMs: nowMs - 60_000, ...approval }
  return createGovernor({
    classify,
    policy: engine.current,
    ledger: { append: async () => 0, settle () {} },
    approvals: { find: () => given, consume: () => given !== null, hold: () => 'apr_corpus' },
    clock: { nowMs: () => nowMs },
  })
}

function contextOf ({ role, environment }: Case): Context {
  return { plane: 'api', actor: { id: 'alice', role, groups: [], org: 'acme' }, app: 'shop', environment: environmentOf(environment), session: null }
}
