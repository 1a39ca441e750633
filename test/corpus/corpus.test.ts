import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { decodeAgentCall } from '../../adapters/agents/decode.ts'
import { decodeOpencodeCall } from '../../adapters/opencode/decode.ts'
import { VERDICTS, type Verdict } from '../../gateway/core/decision.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { openShippedRules, type AskRules, type Asking } from '../support/shipped-rules.ts'

interface Case extends Asking {
  readonly name: string
  readonly family: string
  /** Whose calls: `agent` for those of agents other than OpenCode. */
  readonly protocol: 'opencode' | 'agent'
  readonly native: string
  readonly args: Readonly<Record<string, unknown>>
  readonly verdict: Verdict
  readonly rule?: string
  /** The folder the call is made in; the workspace's root by default. */
  readonly cwd?: string
}

const folder = join(packageRoot(), 'test/corpus')
const files = readdirSync(folder).filter((name) => name.endsWith('.json')).sort()
const cases = files.flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Case[])

await t.test('every case of the corpus gets its verdict', async (t) => {
  const ask = await openShippedRules(t)
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
async function mistakes (entry: Case, ask: AskRules): Promise<unknown[]> {
  const decode = entry.protocol === 'agent' ? decodeAgentCall : decodeOpencodeCall
  const call = decode(entry.native, entry.args, entry.cwd ?? '/workspace')
  const { decision, facts } = await ask(call, entry)
  const rules = [decision.rule, ...decision.also]
  if (decision.verdict === entry.verdict && (entry.rule === undefined || rules.includes(entry.rule))) return []
  return [{ name: entry.name, wanted: entry.verdict, rule: entry.rule, got: decision.verdict, rules, problems: facts?.command?.problems, targets: facts?.targets }]
}
