/**
 * Question: how many durable appends per second does the journal make, and how long does one wait (p50, p99 in ms)?
 * Baseline: one write and one fdatasync per entry of the same size, one after the other, on the same disk.
 */
import { mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DecisionBody } from '../gateway/core/ledger-entry.ts'
import { openJournal } from '../gateway/ledger/journal.ts'
import { verifyJournal } from '../gateway/ledger/verify-journal.ts'
import { WRITE } from '../test/support/policy-inputs.ts'
import { fromCallers } from './callers.ts'
import { percentile } from './figures.ts'

export interface LedgerBenchOptions {
  /** A folder on the disk to be measured. */
  readonly dir: string
  /** Appends in the measured run. Default 50,000. */
  readonly appends?: number
  /** Callers that each wait for their append before the next. */
  readonly callers: number
}

export interface LedgerFigures {
  readonly appendsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Processor time of all threads over the time that it took: below 1, one core is enough. */
  readonly cores: number
  readonly unbatchedPerSecond: number
  readonly unbatchedP99Ms: number
  /** Entries that a check of the whole journal gets through. */
  readonly verifiedPerSecond: number
}

const WARM_UP = 2_000
const BASELINE_WRITES = 300

export async function benchLedger (options: LedgerBenchOptions): Promise<LedgerFigures> {
  const dir = await mkdtemp(join(options.dir, 'ledger-bench-'))
  try {
    const journal = await openJournal({ dir: join(dir, 'journal'), nowMs: Date.now, onWarning: (message, cause) => { throw new Error(message, { cause }) } })
    const append = (): Promise<number> => journal.append(LEDGER_BENCH_BODY)
    await fromCallers(append, { callers: options.callers, total: WARM_UP })
    const before = process.cpuUsage()
    const { seconds, waitsMs } = await fromCallers(append, { callers: options.callers, total: options.appends ?? 50_000 })
    const { user, system } = process.cpuUsage(before)
    await journal.close()
    return {
      appendsPerSecond: waitsMs.length / seconds,
      p50Ms: percentile(waitsMs, 0.5),
      p99Ms: percentile(waitsMs, 0.99),
      cores: (user + system) / 1e6 / seconds,
      ...await unbatched(join(dir, 'baseline')),
      verifiedPerSecond: await verified(join(dir, 'journal')),
    }
  } finally {
    await rm(dir, { recursive: true })
  }
}

async function unbatched (path: string): Promise<Pick<LedgerFigures, 'unbatchedPerSecond' | 'unbatchedP99Ms'>> {
  const file = await open(path, 'w')
  const line = Buffer.from(`${JSON.stringify(LEDGER_BENCH_BODY)}\n`)
  const { seconds, waitsMs } = await fromCallers(async () => {
    await file.write(line)
    await file.datasync()
  }, { callers: 1, total: BASELINE_WRITES })
  await file.close()
  return { unbatchedPerSecond: BASELINE_WRITES / seconds, unbatchedP99Ms: percentile(waitsMs, 0.99) }
}

async function verified (dir: string): Promise<number> {
  const from = performance.now()
  const { ok, entries } = await verifyJournal(dir)
  if (!ok) throw new Error('the journal does not verify')
  return entries / (performance.now() - from) * 1_000
}

/** A decision as the model plane records it: about 1.2 KB. */
export const LEDGER_BENCH_BODY: DecisionBody = {
  kind: 'decision',
  plane: 'model',
  digest: '5'.repeat(64),
  approval: null,
  decision: { verdict: 'deny', rule: 'secrets.secret_path_written', reason: 'src/.env holds secrets.', feedback: 'src/.env holds secrets; ask for a grant that names it.', also: [], obligations: {}, revision: '7'.repeat(64) },
  input: {
    ...WRITE,
    actor: { ...WRITE.actor, groups: ['payments'] },
    session: { id: 'wses_01JD0000000000000000000000', client: 'opencode/1.18.33', agent: 'build' },
    tool: { name: 'run-shell', native: 'bash', protocol: 'opencode', args: { command: 'npm test && cp .env.example src/.env', description: 'Run the tests' } },
    targets: [{ path: 'src/.env', class: 'secret', access: 'write' }, { path: '.env.example', class: 'config', access: 'read' }],
    command: { text: 'npm test && cp .env.example src/.env', programs: [{ name: 'npm', argv: ['npm', 'test'] }, { name: 'cp', argv: ['cp', '.env.example', 'src/.env'] }], opaque: false, problems: [], network: false, writes: ['src/.env'], reads: ['.env.example'] },
    now_ms: 1_795_184_784_574,
  },
}
