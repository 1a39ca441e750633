import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { decodeOpencodeCall } from '../../adapters/opencode/decode.ts'
import { createClassify } from '../../gateway/classify/classify.ts'
import { loadShellParser } from '../../gateway/classify/shell/parser.ts'
import { environmentOf } from '../../gateway/core/actor.ts'
import { createGovernor } from '../../gateway/core/govern.ts'
import type { PolicyInput } from '../../gateway/core/policy-input.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { buildBundle } from '../../gateway/policy/build.ts'
import { createEvaluator } from '../../gateway/policy/evaluator.ts'
import { findOpa } from '../../gateway/policy/opa-binary.ts'
import { openEngine, POLICIES } from '../gateway/policy/opened-policy.ts'
import { brokenInput, likelyInput, wholeInput } from '../gateway/policy/random-inputs.ts'

const TOTAL = 10_000
const SEED = 20_261_121
const PART = 1_250
const PARTS = ['kind', 'actor', 'app', 'environment', 'permission', 'tool', 'targets', 'command', 'url', 'approval', 'now_ms'] as const
const QUERY = '{n: d | some n, i in data.agreement_inputs; d := data.weir.decision with input as i}'

interface Call { readonly native: string, readonly args: unknown, readonly role: string, readonly environment: string }

const opa = await findOpa(process.env)
const engine = await openEngine(POLICIES)

await t.test('native OPA and the compiled policy agree on 10,000 inputs, real and fuzzed', async (t) => {
  const inputs = await allInputs()
  t.equal(inputs.length, TOTAL)
  const native = await nativeAnswers(inputs)
  // The engine adds the rule's texts to what the policy says; here only the policy counts.
  const policy = createEvaluator(await buildBundle({ dir: POLICIES, opa, cacheDir: await mkdtemp(join(tmpdir(), 'weir-test-cache-')) }), () => {})
  const verdicts = new Map<string, number>()
  const different = inputs.filter((input, at) => {
    const { revision: _, ...ours } = policy.evaluate(input as PolicyInput)
    verdicts.set(ours.verdict, (verdicts.get(ours.verdict) ?? 0) + 1)
    return sorted(ours) !== sorted(native[at])
  })
  t.strictSame(different.slice(0, 3), [])
  for (const verdict of ['allow', 'pending', 'deny']) t.ok((verdicts.get(verdict) ?? 0) >= 200, `${String(verdicts.get(verdict))} are ${verdict}`)
})

// A quarter is what the host really builds for the corpus, mostly with a part of it fuzzed; the rest is drawn at random.
async function allInputs (): Promise<readonly unknown[]> {
  const real = await corpusInputs()
  const fuzzed = fc.sample(fc.tuple(fc.constantFrom(...real), fc.constantFrom(...PARTS), fc.jsonValue({ maxDepth: 3 })), { numRuns: 2_000, seed: SEED })
    .map(([input, part, value]) => ({ ...input, [part]: value }))
  const drawn = [likelyInput, wholeInput, brokenInput].flatMap((kind) => fc.sample<unknown>(kind, { numRuns: 3_500, seed: SEED }))
  // Half a surrogate pair never reaches policy (see the evaluator's own test), and JSON has no -0.
  return [...real, ...fuzzed, ...drawn].filter((input) => !JSON.stringify(input).includes('\\ud')).map((input) => JSON.parse(JSON.stringify(input)) as unknown).slice(0, TOTAL)
}

async function corpusInputs (): Promise<readonly PolicyInput[]> {
  const folder = join(packageRoot(), 'test/corpus')
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  const calls = (await Promise.all(files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as Call[]))).flat()
  const seen: PolicyInput[] = []
  const governor = createGovernor({
    classify: createClassify({ data: engine.data, shell: await loadShellParser(), testCommand: () => 'npm test', readlink: () => null }),
    policy: engine.current,
    ledger: { append: async (entry) => entry.kind === 'decision' ? seen.push(entry.input) : 0, settle () {} },
    approvals: { find: () => null, consume: () => false, hold: () => 'apr_agreement' },
    clock: { nowMs: () => 1_795_184_784_574 },
  })
  for (const { native, args, role, environment } of calls.filter((_, at) => at % 2 === 0)) {
    const call = decodeOpencodeCall(native, args, '/workspace')
    await governor.govern({ kind: 'tool-call', call }, { plane: 'api', actor: { id: 'alice', role, groups: [], org: 'acme' }, app: 'shop', environment: environmentOf(environment), session: null })
  }
  return seen
}

/** In several parts: OPA is given a minute for each, and all at once would take that on a busy machine. */
async function nativeAnswers (inputs: readonly unknown[]): Promise<readonly unknown[]> {
  const answers: unknown[] = []
  for (let from = 0; from < inputs.length; from += PART) {
    const part = inputs.slice(from, from + PART)
    const byNumber = await nativePart(part)
    answers.push(...part.map((_, at) => byNumber[String(at)]))
  }
  return answers
}

async function nativePart (inputs: readonly unknown[]): Promise<Readonly<Record<string, unknown>>> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-test-agreement-'))
  await writeFile(join(dir, 'inputs.json'), JSON.stringify({ agreement_inputs: inputs }))
  const ran = await opa.run(['eval', '--format', 'json', '--import', 'rego.v1', '--data', '.', '--data', join(dir, 'inputs.json'), QUERY], POLICIES)
  await rm(dir, { recursive: true })
  if (ran.code !== 0) throw new Error(ran.stderr)
  return (JSON.parse(ran.stdout) as { result: [{ expressions: [{ value: Record<string, unknown> }] }] }).result[0].expressions[0].value
}

// Objects come with their keys in any order; arrays are part of the answer and stay as they are.
function sorted (value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => typeof member === 'object' && member !== null && !Array.isArray(member)
    ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => a < b ? -1 : 1))
    : member)
}
