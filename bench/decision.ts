// Question: what does one decision cost in process, with the full rule set? Unit: µs per call of `evaluate`, from typed input to
// typed Decision, over the questions of a working day. Baselines of the same run: an OPA server with the same rules and data over
// a kept-alive loopback connection, and this process's own JSON round trip of one input.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Policy } from '../gateway/core/ports.ts'
import { packageRoot } from '../gateway/package-root.ts'
import { openPolicyEngine } from '../gateway/policy/engine.ts'
import { findOpa } from '../gateway/policy/opa-binary.ts'
import { atMost, median, percentile, plain, ratioAtLeast, type SuiteOptions, type SuiteResult } from './figures.ts'
import { startOpaServer, type OpaServer } from './opa-server.ts'
import { QUESTIONS } from './questions.ts'

const GOAL_US = 25
const GOAL_P99_US = 100
const GOAL_REMEMBERED_US = 3
const GOAL_OPA = 20
const WARM_UP = 5_000
const BLOCK_ROUNDS = 500
const SERVER_ROUNDS = 50 // of each block: a server's answer takes fifty times as long

interface Times { readonly asked: Map<string, number[]>, readonly remembered: number[], readonly rested: number[], readonly server: number[], readonly json: number[] }

/**
 * Measures a decision of each usual kind, interleaved, and all of them together. Work in process and asking the server take turns by
 * blocks, not by questions: waiting for another process lets the processor rest, and what runs next takes twice as long, a JSON
 * round trip as well. What a decision costs then is measured too, on its own.
 */
export async function decisionSuite ({ quick, say }: SuiteOptions): Promise<SuiteResult> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'weir-bench-policy-'))
  const opa = await findOpa(process.env)
  const opening = { dir: join(packageRoot(), 'policies'), opa, cacheDir, onEvent: () => {} }
  const server = await startOpaServer(opa, opening.dir)
  try {
    const asking = await openPolicyEngine({ ...opening, cache: false })
    const remembering = await openPolicyEngine(opening)
    await demandSameAnswers(asking.current(), server)
    const result = summarise(await measure(asking.current(), remembering.current(), server, quick ? 2_000 : 20_000))
    say(`  decision: ${Object.entries(result.figures).map(([name, { value }]) => `${name} ${value} µs`).join(', ')}`)
    return result
  } finally {
    await server.stop()
    await rm(cacheDir, { recursive: true, force: true })
  }
}

// A server that answers something else, or nothing, would be compared with for nothing.
async function demandSameAnswers (policy: Policy, server: OpaServer): Promise<void> {
  for (const [name, input] of Object.entries(QUESTIONS)) {
    const there = await server.ask(input)
    const here = policy.evaluate(input)
    if (there.verdict !== here.verdict || there.rule !== here.rule) throw new Error(`the OPA server answers ${name} with ${there.verdict} by ${there.rule}, Weir with ${here.verdict} by ${here.rule}`)
  }
}

async function measure (policy: Policy, remembering: Policy, server: OpaServer, rounds: number): Promise<Times> {
  const questions = Object.entries(QUESTIONS)
  const times: Times = { asked: new Map(questions.map(([name]) => [name, []])), remembered: [], rested: [], server: [], json: [] }
  for (let i = 0; i < WARM_UP; i += 1) for (const [, input] of questions) [policy, remembering].forEach((one) => one.evaluate(input))
  for (let i = 0; i < rounds; i += 1) {
    for (const [name, input] of questions) {
      const asked = { ...input, now_ms: input.now_ms + i }
      times.asked.get(name)?.push(timed(() => policy.evaluate(asked)))
      times.remembered.push(timed(() => remembering.evaluate(asked)))
    }
    times.json.push(timed(() => JSON.parse(JSON.stringify(QUESTIONS['edit']))))
    if (i % BLOCK_ROUNDS === BLOCK_ROUNDS - 1) await askServer(policy, server, { times, from: i })
  }
  return times
}

async function askServer (policy: Policy, server: OpaServer, { times, from }: { readonly times: Times, readonly from: number }): Promise<void> {
  for (let i = from; i < from + SERVER_ROUNDS; i += 1) {
    for (const input of Object.values(QUESTIONS)) {
      const asked = { ...input, now_ms: input.now_ms + i }
      const startedAt = performance.now()
      await server.ask(asked)
      times.server.push((performance.now() - startedAt) * 1_000)
      times.rested.push(timed(() => policy.evaluate(asked)))
    }
  }
}

function timed (work: () => unknown): number {
  const startedAt = performance.now()
  work()
  return (performance.now() - startedAt) * 1_000
}

function summarise ({ asked, remembered, rested, server, json }: Times): SuiteResult {
  const all = [...asked.values()].flat()
  return {
    figures: {
      'median of all': atMost(median(all), 'µs', GOAL_US),
      'p99 of all': atMost(percentile(all, 0.99), 'µs', GOAL_P99_US),
      'median of all, remembered': atMost(median(remembered), 'µs', GOAL_REMEMBERED_US),
      ...Object.fromEntries([...asked].map(([name, values]) => [`median ${name}`, plain(median(values), 'µs')])),
      'median right after waiting for another process': plain(median(rested), 'µs'),
      'median of an OPA server on loopback': plain(median(server), 'µs'),
      'median JSON round trip of one input': plain(median(json), 'µs'),
    },
    ratios: { 'OPA server / in process': ratioAtLeast(median(server) / median(all), GOAL_OPA) },
  }
}
