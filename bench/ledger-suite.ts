// Question: what does durability cost? Unit: durable appends per second. Baseline: one fdatasync per entry.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plain, ratio, type Suite } from './figures.ts'
import { benchLedger } from './ledger.ts'

export const ledger: Suite = async ({ quick }) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const figures = await benchLedger({ dir, appends: quick ? 20_000 : 100_000 })
    return {
      figures: {
        'durable appends': plain(figures.appendsPerSecond, 'appends/s'),
        'wait p50': plain(figures.p50Ms, 'ms'),
        'wait p99': plain(figures.p99Ms, 'ms'),
        'one fdatasync per entry': plain(figures.unbatchedPerSecond, 'appends/s'),
      },
      ratios: { 'group commit / one by one': ratio(figures.appendsPerSecond / figures.unbatchedPerSecond) },
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
