// Question: what does durability cost? Unit: durable appends per second. Baseline: one fdatasync per entry.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atLeast, atMost, plain, ratio, type Suite } from './figures.ts'
import { benchProofs } from './ledger-proof.ts'
import { benchLedger } from './ledger.ts'

export const ledger: Suite = async ({ quick }) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const figures = await benchLedger({ dir, appends: quick ? 20_000 : 100_000 })
    const proofs = await benchProofs(join(dir, 'log'))
    return {
      figures: {
        'durable appends': plain(figures.appendsPerSecond, 'appends/s'),
        'wait p50': plain(figures.p50Ms, 'ms'),
        'wait p99': plain(figures.p99Ms, 'ms'),
        verification: atLeast(figures.verifiedPerSecond, 'entries/s', 200_000),
        'proof among 10 million p50': atMost(proofs.p50Ms, 'ms', 10),
        'proof among 10 million, slowest of 200': plain(proofs.maxMs, 'ms'),
        'proof among 10 million, size': atMost(proofs.maxBytes, 'bytes', 2_048),
        'one fdatasync per entry': plain(figures.unbatchedPerSecond, 'appends/s'),
      },
      ratios: { 'group commit / one by one': ratio(figures.appendsPerSecond / figures.unbatchedPerSecond) },
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
