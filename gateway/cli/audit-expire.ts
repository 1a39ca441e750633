import { Command } from 'commander'
import { journalDirOf, openJournal } from '../ledger/journal.ts'
import { openLedgerLog } from '../open/ledger-log.ts'
import { expireOnce } from '../open/retention.ts'
import { expireEntries, type ExpiryReport } from '../retention/expire-entries.ts'
import { startMirror } from '../store/mirror.ts'
import { openStore } from '../store/store.ts'
import type { Config } from '../config.ts'
import { journalOf, type PlaceOptions } from './audit-filter.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'
import { localActor } from './key-options.ts'

interface ExpireOptions extends PlaceOptions { readonly dryRun?: boolean, readonly json?: boolean }

/** `weir audit expire`: what a gateway does by itself as often as `ledger.retention` says, for one that does not run. */
export function expireCommand (io: Io): Command {
  return new Command('expire')
    .description('take decisions and outcomes that ledger.retention lets go out of the ledger; their hashes stay, and every proof holds. A gateway that runs does it by itself')
    .option('--dry-run', 'only count them, also while a gateway runs')
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action((options: ExpireOptions) => run(io, options))
}

async function run (io: Io, options: ExpireOptions): Promise<void> {
  const config = io.config(options)
  const journalDir = journalOf(io, options)
  const { retention } = config
  if (retention === undefined) throw new CommandFailed('Nothing expires: the configuration has no ledger.retention.')
  const pass = { by: localActor(), pace: async () => {}, settled: new Map<number, string>() }
  const report = options.dryRun === true
    ? await expireEntries({ ...pass, journalDir, rules: retention.rules, nowMs: Date.now, effects: null })
    : await expire(io, config, pass)
  io.stdout(options.json === true ? `${JSON.stringify(report)}\n` : said(report, options.dryRun === true))
}

async function expire (io: Io, config: Config, pass: Parameters<typeof expireOnce>[1]): Promise<ExpiryReport> {
  const journalDir = journalDirOf(config.dataDir)
  const warn = (_: unknown, message?: string): void => { io.stderr(`${message ?? ''}\n`) }
  const journal = await openJournal({ dir: journalDir, nowMs: Date.now, onWarning: (message) => warn(null, message) })
  const closing = [() => journal.close()]
  try {
    const ledgerLog = await openLedgerLog({ config, journal, journalDir, log: { info: warn, warn, error: warn } })
    closing.unshift(() => ledgerLog.close()) // behind the journal, as at a gateway's stop
    const store = await openStore({ dataDir: config.dataDir, databaseUrl: config.databaseUrl })
    closing.push(() => store.close())
    const mirror = startMirror({ journal, journalDir, store, onWarning: (message) => warn(null, message) })
    closing.push(() => mirror.close())
    return await expireOnce({ config, journal, journalDir, ledgerLog, store, mirror }, pass)
  } finally {
    for (const close of closing.reverse()) await close()
  }
}

function said ({ entries, segments, waiting }: ExpiryReport, isDry: boolean): string {
  const rest = waiting === 0 ? '' : `${waiting} segment${waiting === 1 ? '' : 's'} more wait: the store or a receiver does not have them yet.\n`
  return `${entries} entr${entries === 1 ? 'y' : 'ies'} of ${segments} segment${segments === 1 ? '' : 's'} ${isDry ? 'would expire' : 'expired'}.\n${rest}`
}
