import { Command, Option } from 'commander'
import { findEntries, followEntries } from '../ledger/find-entries.ts'
import type { LedgerSource } from '../ledger/formats/outward-entry.ts'
import { packageVersion } from '../package-root.ts'
import { originOf } from '../transparency/log-place.ts'
import { expireCommand } from './audit-expire.ts'
import { exportCommand } from './audit-export.ts'
import { filtered, filterOf, journalOf, parseCount, type FilterOptions, type PlaceOptions } from './audit-filter.ts'
import { forwarderCommands } from './audit-forwarders.ts'
import { indexCommand } from './audit-index.ts'
import { logCommands } from './audit-log.ts'
import { reportCommand } from './audit-report.ts'
import { verifyCommand } from './audit-verify.ts'
import { ENTRY_FORMATS, entryWriter, type EntryFormat } from './entry-format.ts'
import { DATA_OPTIONS, type Io } from './io.ts'
import { printRecording } from './recording.ts'

const TAIL_ENTRIES = 10

interface QueryOptions extends FilterOptions { readonly limit?: number, readonly format: EntryFormat }

/** `weir audit …`: all but `expire`, `index`, `forwarders` and `resend` read the journal's files, whether a gateway runs or not. */
export function auditCommand (io: Io): Command {
  const audit = new Command('audit').description('search, follow, report, export and verify the ledger')
  printed(filtered(audit.command('query').description('print entries, oldest first')))
    .option('--limit <count>', 'print only the newest COUNT of them', parseCount)
    .action((options: QueryOptions) => query(io, options))
  printed(filtered(audit.command('tail').description('print the newest entries')))
    .option('-n, --lines <count>', 'how many', parseCount, TAIL_ENTRIES)
    .option('-f, --follow', 'go on with new ones until interrupted')
    .action((options: QueryOptions & { lines: number, follow?: boolean }) => tail(io, options))
  for (const command of [reportCommand(io), verifyCommand(io), exportCommand(io), expireCommand(io), ...logCommands(io), indexCommand(io), ...forwarderCommands(io)]) audit.addCommand(command)
  audit.command('recording')
    .description('print a recorded terminal (asciicast v2) whose file is what the ledger says it is')
    .argument('<id>', 'its id, as entries named terminal-closed have it')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action((id: string, options: PlaceOptions) => printRecording(io, { id, dataDir: io.dataDir(options), journalDir: journalOf(io, options) }))
  return audit
}

function printed (command: Command): Command {
  return command.addOption(new Option('--format <format>', 'how to print them').choices(ENTRY_FORMATS).default('table'))
}

async function query (io: Io, options: QueryOptions): Promise<void> {
  const dir = journalOf(io, options)
  const writer = entryWriter(options.format, await sourceOf(dir), io.stdout)
  const found = findEntries(dir, filterOf(options), { newest: options.limit ?? Infinity })
  for await (const { entry, of } of found) writer.write(entry, of)
  writer.end()
}

async function tail (io: Io, options: QueryOptions & { lines: number, follow?: boolean }): Promise<void> {
  const dir = journalOf(io, options)
  const writer = entryWriter(options.format, await sourceOf(dir), io.stdout)
  let next = 0
  for await (const { entry, of } of findEntries(dir, filterOf(options), { newest: options.lines, onEntry: ({ index }) => { next = index + 1 } })) writer.write(entry, of)
  if (options.follow === true) {
    for await (const { entry, of } of followEntries(dir, filterOf(options), next)) writer.write(entry, of)
  }
  writer.end()
}

// An empty ledger has no name yet, and no entry to say it of.
async function sourceOf (dir: string): Promise<LedgerSource> {
  return { origin: await originOf(dir) ?? 'weir-ledger', version: packageVersion() }
}
