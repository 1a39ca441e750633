import { createRequire } from 'node:module'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { PolicyInput } from '../../../gateway/core/policy-input.ts'
import { buildBundle } from '../../../gateway/policy/build.ts'
import { MEMBERS, memberOf, unpackBundle } from '../../../gateway/policy/bundle/archive.ts'
import { createEvaluator } from '../../../gateway/policy/evaluator.ts'
import { findOpa } from '../../../gateway/policy/opa-binary.ts'
import { POLICIES } from './opened-policy.ts'
import { brokenInput, likelyInput, wholeInput } from './random-inputs.ts'

const QUERY = '{n: d | some n, i in data.random_inputs; d := data.weir.decision with input as i}'
const SEED = 20_261_120

interface Sdk { loadPolicy (module: WebAssembly.Module, memory: { initial: number }): Promise<{ setData (data: unknown): void, evaluate (input: unknown): unknown }> }

const opa = await findOpa(process.env)
const bundle = await buildBundle({ dir: POLICIES, opa, cacheDir: await mkdtemp(join(tmpdir(), 'weir-test-cache-')) })
const policy = createEvaluator(bundle, () => {})
// Well-formed text only: the rest never reaches policy (see the evaluator's own test).
const inputs = [wholeInput, brokenInput, likelyInput].flatMap((kind) => fc.sample<unknown>(kind, { numRuns: 800, seed: SEED }))
  .filter((input) => !JSON.stringify(input).includes('\\ud'))
const ours = inputs.map((input) => {
  const { revision: _, ...answer } = policy.evaluate(input as unknown as PolicyInput)
  return answer
})

await t.test('native OPA gives the same answers as the compiled policy', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'weir-test-parity-'))
  await writeFile(join(dir, 'inputs.json'), JSON.stringify({ random_inputs: inputs }))
  const ran = await opa.run(['eval', '--format', 'json', '--import', 'rego.v1', '--data', '.', '--data', join(dir, 'inputs.json'), QUERY], POLICIES)
  t.equal(ran.code, 0, ran.stderr)
  const native = (JSON.parse(ran.stdout) as { result: [{ expressions: [{ value: Record<string, unknown> }] }] }).result[0].expressions[0].value
  t.ok(inputs.length > 2_000)
  t.equal(Object.keys(native).length, inputs.length, 'native OPA always answers')
  const different = inputs.filter((_, i) => JSON.stringify(sorted(native[String(i)])) !== JSON.stringify(sorted(ours[i])))
  t.strictSame(different.slice(0, 3), [])
  const verdicts = new Set(ours.map(({ verdict }) => verdict))
  t.strictSame([...verdicts].sort(), ['allow', 'deny', 'pending'], 'the inputs reach every verdict')
})

await t.test('the reference SDK gives the same answers to the policy as it was compiled as our driver does to the metered one', async (t) => {
  const sdk = createRequire(import.meta.url)('@open-policy-agent/opa-wasm') as Sdk
  const loaded = await sdk.loadPolicy(await WebAssembly.compile(new Uint8Array(memberOf(unpackBundle(bundle.archive), MEMBERS.wasm))), { initial: 64 })
  loaded.setData(JSON.parse(bundle.dataText))
  const different = inputs.filter((input, i) => JSON.stringify(sorted((loaded.evaluate(input) as [{ result: unknown }])[0]?.result)) !== JSON.stringify(sorted(ours[i])))
  t.strictSame(different.slice(0, 3), [])
})

await t.test('a broken input is never allowed unless it is whole after all', async (t) => {
  const allowed = ours.filter(({ verdict }, i) => verdict === 'allow' && typeof (inputs[i] as { actor?: unknown }).actor !== 'object')
  t.strictSame(allowed, [])
})

// Objects come with their keys in any order; arrays are part of the answer and stay as they are.
function sorted (value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
}
