// Question: how fast are recorded decisions made again? Unit: decisions per second on one core, from the journal's files to the
// report, hashes checked. The journal holds as many different questions as a day of many people; the policy begins cold.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PolicyInput } from '../gateway/core/policy-input.ts'
import type { Policy } from '../gateway/core/ports.ts'
import { openJournal } from '../gateway/ledger/journal.ts'
import { readEntries } from '../gateway/ledger/read-entries.ts'
import { packageRoot } from '../gateway/package-root.ts'
import { openPolicyEngine } from '../gateway/policy/engine.ts'
import { findOpa } from '../gateway/policy/opa-binary.ts'
import { replay } from '../gateway/policy/replay/replay.ts'
import { atLeast, median, plain, type Suite } from './figures.ts'
import { QUESTIONS } from './questions.ts'

const GOAL = 20_000
const ROUNDS = 5
const PATHS = 500 // different files that a day's calls touch
const PEOPLE = 20
const BATCH = 1_000

export const replaySuite: Suite = async ({ quick, say }) => {
  const dir = await mkdtemp(join(tmpdir(), 'weir-bench-replay-'))
  try {
    const journal = join(dir, 'journal')
    const opening = { dir: join(packageRoot(), 'policies'), opa: await findOpa(process.env), cacheDir: join(dir, 'cache'), onEvent: () => {} }
    await record(journal, (await openPolicyEngine(opening)).current(), quick ? 20_000 : 100_000)
    const speeds: number[] = []
    const cpu: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const policy = (await openPolicyEngine(opening)).current()
      const usedBefore = process.cpuUsage()
      const startedAt = performance.now()
      const { replayed, changed } = await replay(readEntries(journal), policy)
      const seconds = (performance.now() - startedAt) / 1_000
      const used = process.cpuUsage(usedBefore)
      if (changed > 0) throw new Error(`the same policy decided ${changed} of ${replayed} calls otherwise`)
      speeds.push(replayed / seconds)
      cpu.push((used.user + used.system) / replayed)
      say(`  round ${round + 1}  ${Math.round(replayed / seconds)} decisions/s`)
    }
    return {
      figures: {
        // By processor time, of every thread: what a busy neighbour takes away is not the replay's.
        'replayed per core': atLeast(1_000_000 / median(cpu), 'decisions/s', GOAL),
        'replayed by the clock': plain(median(speeds), 'decisions/s'),
      },
      ratios: {},
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function record (dir: string, policy: Policy, decisions: number): Promise<void> {
  const journal = await openJournal({ dir, nowMs: Date.now, onWarning: (message, cause) => { throw new Error(message, { cause }) } })
  const questions = Object.values(QUESTIONS)
  for (let from = 0; from < decisions; from += BATCH) {
    await Promise.all(Array.from({ length: BATCH }, async (_, i) => {
      const input = variant(questions[(from + i) % questions.length] as PolicyInput, from + i)
      return await journal.append({ kind: 'decision', plane: 'model', input, decision: policy.evaluate(input), digest: null, approval: null })
    }))
  }
  await journal.close()
}

// Which question, which path and which person move independently of each other: their numbers share no factor with the serial's step.
function variant (input: PolicyInput, serial: number): PolicyInput {
  const path = `src/part${Math.floor(serial / 7) % PATHS}.ts`
  return {
    ...input,
    actor: { ...input.actor, id: `person${Math.floor(serial / 11) % PEOPLE}@acme.test` },
    targets: input.targets.map((target) => target.class === 'source' ? { ...target, path } : target),
    now_ms: input.now_ms + serial,
  }
}
