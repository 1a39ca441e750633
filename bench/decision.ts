// Question: what does one decision cost in process, with the full rule set? Unit: µs per call of `evaluate`, from typed input to
// typed Decision, over the questions of a working day. Baseline: the time of this process's own JSON round trip of the same input.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PolicyInput } from '../gateway/core/policy-input.ts'
import type { Policy } from '../gateway/core/ports.ts'
import type { ShellProgram } from '../gateway/core/tool-call.ts'
import { packageRoot } from '../gateway/package-root.ts'
import { openPolicyEngine } from '../gateway/policy/engine.ts'
import { findOpa } from '../gateway/policy/opa-binary.ts'
import { atMost, median, plain, type Figure, type SuiteOptions, type SuiteResult } from './figures.ts'

const GOAL_US = 25
const WARM_UP = 5_000

/** Measures a decision of each usual kind, interleaved, and all of them together. */
export async function decisionSuite ({ quick, say }: SuiteOptions): Promise<SuiteResult> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'weir-bench-policy-'))
  try {
    const opening = { dir: join(packageRoot(), 'policies'), opa: await findOpa(process.env), cacheDir, onEvent: () => {} }
    const asking = await openPolicyEngine({ ...opening, cache: false })
    const remembering = await openPolicyEngine(opening)
    const figures = measure(asking.current(), remembering.current(), quick ? 2_000 : 20_000)
    say(`  decision: ${Object.entries(figures).map(([name, { value }]) => `${name} ${value} µs`).join(', ')}`)
    return { figures, ratios: {} }
  } finally {
    await rm(cacheDir, { recursive: true, force: true })
  }
}

function measure (policy: Policy, remembering: Policy, rounds: number): Record<string, Figure> {
  const questions = Object.entries(QUESTIONS)
  const times = new Map<string, number[]>(questions.map(([name]) => [name, []]))
  const remembered: number[] = []
  const baseline: number[] = []
  for (let i = 0; i < WARM_UP; i += 1) for (const [, input] of questions) [policy, remembering].forEach((one) => one.evaluate(input))
  for (let i = 0; i < rounds; i += 1) {
    for (const [name, input] of questions) {
      const startedAt = performance.now()
      policy.evaluate(input)
      times.get(name)?.push((performance.now() - startedAt) * 1_000)
      const askedAgainAt = performance.now()
      remembering.evaluate({ ...input, now_ms: input.now_ms + i })
      remembered.push((performance.now() - askedAgainAt) * 1_000)
    }
    const startedAt = performance.now()
    JSON.parse(JSON.stringify(QUESTIONS['edit']))
    baseline.push((performance.now() - startedAt) * 1_000)
  }
  const all = [...times.values()].flat()
  return {
    'median of all': atMost(median(all), 'µs', GOAL_US),
    'p99 of all': plain(percentile(all, 0.99), 'µs'),
    'median of all, remembered': plain(median(remembered), 'µs'),
    ...Object.fromEntries([...times].map(([name, values]) => [`median ${name}`, plain(median(values), 'µs')])),
    'median JSON round trip of one input': plain(median(baseline), 'µs'),
  }
}

function percentile (values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}

const EDIT: PolicyInput = {
  kind: 'tool-call',
  actor: { id: 'alice@acme.test', role: 'author', groups: ['payments'], org: 'acme' },
  app: 'shop',
  environment: 'DEV',
  session: { id: 'wses_01jd0000000000000000000000', client: 'opencode', agent: 'ses_0123456789' },
  permission: 'edit',
  tool: { name: 'write-file', native: 'edit', protocol: 'opencode', args: { filePath: 'src/cart.ts' } },
  targets: [{ path: 'src/cart.ts', class: 'source', access: 'write' }],
  command: null,
  url: null,
  model: null,
  route: null,
  approval: null,
  release: null,
  time: null,
  usage: null,
  now_ms: 1_795_184_784_574,
}

const QUESTIONS: Readonly<Record<string, PolicyInput>> = {
  edit: EDIT,
  read: { ...EDIT, permission: 'review', tool: { name: 'read-file', native: 'read', protocol: 'opencode', args: { filePath: 'src/cart.ts' } }, targets: [{ path: 'src/cart.ts', class: 'source', access: 'read' }] },
  shell: shell('npm test && git status', [['npm', 'test'], ['git', 'status']]),
  denied: { ...EDIT, targets: [{ path: '.env', class: 'secret', access: 'write' }] },
  route: { ...bare('route'), route: { method: 'GET', path: '/session/:sessionID/message', class: 'read-meta' } },
  model: { ...bare('model-request'), model: { provider: 'local', id: 'qwen3-coder', stream: true, bytes: 32_000 } },
}

function bare (kind: 'route' | 'model-request'): PolicyInput {
  return { ...EDIT, kind, permission: null, tool: null, targets: [] }
}

function shell (text: string, argvs: readonly string[][]): PolicyInput {
  const programs = argvs.map((argv): ShellProgram => ({ name: argv[0] ?? '', argv }))
  return {
    ...EDIT,
    tool: { name: 'run-shell', native: 'bash', protocol: 'opencode', args: { command: text } },
    targets: [],
    command: { text, programs, opaque: false, problems: [], network: false, writes: [], reads: [] },
  }
}
