// Question: what does durability cost, and what does reading back? Units: durable appends and entries per second, ms. Baselines of the same
// run: one fdatasync per entry, and one synchronous INSERT per entry into PostgreSQL.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atLeast, atMost, percentile, plain, ratio, ratioAtLeast, type Figure, type Suite } from './figures.ts'
import { benchDecisions } from './ledger-decision.ts'
import { benchInserts } from './ledger-insert.ts'
import { benchProofs } from './ledger-proof.ts'
import { benchRows } from './ledger-rows.ts'
import { benchLedger, LEDGER_BENCH_BODY } from './ledger.ts'

const CALLERS = 64

export const ledger: Suite = async ({ quick, say }) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const figures = await benchLedger({ dir, callers: CALLERS, appends: quick ? 20_000 : 100_000 })
    const insertsPerSecond = told(await benchInserts({ entry: LEDGER_BENCH_BODY, callers: CALLERS, inserts: quick ? 3_000 : 15_000 }), say)
    const decisions = await benchDecisions(join(dir, 'gateway'), { rounds: quick ? 5 : 35, requests: 2_000 })
    const proofs = await benchProofs(join(dir, 'log'))
    const rows = quick ? null : told(await benchRows(dir, say), say) // minutes, nearly all of them to load the rows
    return {
      figures: {
        'durable appends': atLeast(figures.appendsPerSecond, 'appends/s', 25_000),
        'cores busy with them': atMost(figures.cores, 'cores', 1),
        'wait p50': plain(figures.p50Ms, 'ms'),
        'wait p99': atMost(figures.p99Ms, 'ms', 10),
        'one fdatasync per entry': plain(figures.unbatchedPerSecond, 'appends/s'),
        'one fdatasync per entry, p99': plain(figures.unbatchedP99Ms, 'ms'),
        ...(insertsPerSecond === null ? {} : { 'one INSERT per entry into PostgreSQL': plain(insertsPerSecond, 'inserts/s') }),
        'added to a decision, p50': atMost(decisions.addedP50Ms, 'ms', 1),
        'decision with a durable entry, p50': plain(decisions.recordedP50Ms, 'ms'),
        'decision without, p50': plain(decisions.dryP50Ms, 'ms'),
        'decision with a durable entry, p99': plain(decisions.recordedP99Ms, 'ms'),
        'decision without, p99': plain(decisions.dryP99Ms, 'ms'),
        verification: atLeast(figures.verifiedPerSecond, 'entries/s', 200_000),
        'proof among 10 million p50': atMost(proofs.p50Ms, 'ms', 10),
        'proof among 10 million, slowest of 200': plain(proofs.maxMs, 'ms'),
        'proof among 10 million, size': atMost(proofs.maxBytes, 'bytes', 2_048),
        ...(rows === null ? {} : ofRows(rows)),
      },
      ratios: {
        'group commit / one by one': ratio(figures.appendsPerSecond / figures.unbatchedPerSecond),
        ...(insertsPerSecond === null ? {} : { 'durable appends / INSERTs into PostgreSQL': ratioAtLeast(figures.appendsPerSecond / insertsPerSecond, 5) }),
      },
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function ofRows ({ waitsMs, loadSeconds }: { readonly waitsMs: readonly number[], readonly loadSeconds: number }): Record<string, Figure> {
  return {
    'a session among 10 million rows, p50': plain(percentile(waitsMs, 0.5), 'ms'),
    'a session among 10 million rows, p99': atMost(percentile(waitsMs, 0.99), 'ms', 50),
    'loading 10 million rows': plain(loadSeconds, 's'),
  }
}

function told<Result> (result: Result | string, say: (text: string) => void): Result | null {
  if (typeof result !== 'string') return result
  say(`  ledger: not measured: ${result}`)
  return null
}
