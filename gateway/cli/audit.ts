import { existsSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { ENVIRONMENTS } from '../core/actor.ts'
import { VERDICTS } from '../core/decision.ts'
import { KINDS, parseTimeMs, type EntryFilter } from '../ledger/entry-filter.ts'
import { journalDirOf } from '../ledger/journal.ts'
import { findEntries, followEntries } from '../ledger/find-entries.ts'
import { verifyJournal, type VerifyReport } from '../ledger/verify-journal.ts'
import { logCommands, verifySigned } from './audit-log.ts'
import { ENTRY_FORMATS, entryWriter, type EntryFormat } from './entry-format.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'
import { printRecording } from './recording.ts'

const TAIL_ENTRIES = 10

interface PlaceOptions { readonly config?: string, readonly dataDir?: string }

interface QueryOptions extends PlaceOptions {
  readonly env?: string
  readonly actor?: string
  readonly app?: string
  readonly session?: string
  readonly request?: string
  readonly verdict?: string
  readonly rule?: string
  readonly key?: string
  readonly kind?: EntryFilter['kind']
  readonly since?: number
  readonly until?: number
  readonly limit?: number
  readonly format: EntryFormat
}

/** `weir audit query|tail|verify|key|checkpoint|proof|consistency|recording`: reads the journal's files, whether a gateway runs or not. */
export function auditCommand (io: Io): Command {
  const audit = new Command('audit').description('search, follow and verify the ledger')
  filtered(audit.command('query').description('print entries, oldest first'))
    .option('--limit <count>', 'print only the newest COUNT of them', parseCount)
    .action((options: QueryOptions) => query(io, options))
  filtered(audit.command('tail').description('print the newest entries'))
    .option('-n, --lines <count>', 'how many', parseCount, TAIL_ENTRIES)
    .option('-f, --follow', 'go on with new ones until interrupted')
    .action((options: QueryOptions & { lines: number, follow?: boolean }) => tail(io, options))
  audit.command('verify')
    .description('check every hash, index and header of the journal, and that it is what was signed; exit code 1 names the first bad entry')
    .argument('[path]', 'a journal folder or one segment file (default: the data directory\'s journal, and what was signed of it)')
    .option('--json', 'print JSON')
    .option('--key <key>', 'the key that must have signed the ledger, as weir audit key prints it (default: that of the data directory)')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action(async (path: string | undefined, options: PlaceOptions & { json?: boolean, key?: string }) => {
      await verify(io, path ?? journalOf(io, options), options.json === true)
      if (path === undefined) await verifySigned(io, options)
    })
  for (const command of logCommands(io)) audit.addCommand(command)
  audit.command('recording')
    .description('print a recorded terminal (asciicast v2) whose file is what the ledger says it is')
    .argument('<id>', 'its id, as entries named terminal-closed have it')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action((id: string, options: PlaceOptions) => printRecording(io, { id, dataDir: io.dataDir(options), journalDir: journalOf(io, options) }))
  return audit
}

function filtered (command: Command): Command {
  return command
    .addOption(new Option('--env <environment>', 'entries of one environment').choices(ENVIRONMENTS))
    .option('--actor <id>', 'entries of one actor')
    .option('--app <app>', 'entries of one app')
    .option('--session <id>', 'entries of one session')
    .option('--request <id>', 'entries of one request, by the x-weir-request-id of its answer')
    .addOption(new Option('--verdict <verdict>', 'decisions with one verdict').choices(VERDICTS))
    .option('--rule <rule>', 'decisions of one rule')
    .option('--key <id>', 'requests that used or tried one provider key, and what was done to it')
    .addOption(new Option('--kind <kind>', 'entries of one kind').choices(KINDS))
    .option('--since <time>', 'not before: an ISO date, Unix milliseconds, or an age such as 12h', parseTime)
    .option('--until <time>', 'before', parseTime)
    .addOption(new Option('--format <format>', 'how to print them').choices(ENTRY_FORMATS).default('table'))
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
}

/** The journal of the data directory the options lead to. @throws CommandFailed when there is none yet */
export function journalOf (io: Io, options: { readonly config?: string, readonly dataDir?: string }): string {
  const dir = journalDirOf(io.dataDir(options))
  if (!existsSync(dir)) throw new CommandFailed(`There is no ledger at ${dir}. Start the gateway once, or name another place with --data-dir.`)
  return dir
}

function filterOf (options: QueryOptions): EntryFilter {
  const { env, actor, app, session, request, verdict, rule, key, kind, since, until } = options
  return { env, actor, app, session, request, verdict, rule, key, kind, sinceMs: since, untilMs: until }
}

async function query (io: Io, options: QueryOptions): Promise<void> {
  const writer = entryWriter(options.format, io.stdout)
  const found = findEntries(journalOf(io, options), filterOf(options), { newest: options.limit ?? Infinity })
  for await (const { entry, of } of found) writer.write(entry, of)
  writer.end()
}

async function tail (io: Io, options: QueryOptions & { lines: number, follow?: boolean }): Promise<void> {
  const dir = journalOf(io, options)
  const writer = entryWriter(options.format, io.stdout)
  let next = 0
  for await (const { entry, of } of findEntries(dir, filterOf(options), { newest: options.lines, onEntry: ({ index }) => { next = index + 1 } })) writer.write(entry, of)
  if (options.follow === true) {
    for await (const { entry, of } of followEntries(dir, filterOf(options), next)) writer.write(entry, of)
  }
  writer.end()
}

async function verify (io: Io, path: string, isJson: boolean): Promise<void> {
  if (!existsSync(path)) throw new CommandFailed(`There is no journal at ${path}.`)
  const report = await verifyJournal(path)
  io.stdout(isJson ? `${JSON.stringify(report, null, 2)}\n` : reportText(report))
  const bad = report.firstBad
  if (bad !== null) throw new CommandFailed(`the ledger does not hold: entry ${bad.index} (${bad.file}, line ${bad.line}): ${bad.problem}`)
}

function reportText (report: VerifyReport): string {
  const { decisions } = report
  const range = report.entries === 0 ? '' : ` (${report.firstIndex} to ${report.lastIndex})`
  const lines = [
    `entries    ${report.entries}${range}${report.ok ? '' : ' before the first bad one'}`,
    `decisions  ${decisions.allow} allow, ${decisions.pending} pending, ${decisions.deny} deny; ${report.unsettled} without an outcome`,
    `head       ${report.headHash}`,
    ...counted('rule', report.rules),
    ...counted('revision', report.revisions),
    ...(report.tail === 'incomplete' ? ['tail       incomplete: being written, or cut off at the next start'] : []),
    report.ok ? 'the chain holds' : 'THE CHAIN IS BROKEN',
  ]
  return `${lines.join('\n')}\n`
}

function counted (name: string, counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).sort(([, a], [, b]) => b - a).map(([value, count]) => `${name.padEnd(9)}  ${value}  ${count}`)
}

export function parseTime (text: string): number {
  const time = parseTimeMs(text, Date.now())
  if (time === null) throw new InvalidArgumentError('Give an ISO date, Unix milliseconds, or an age such as 90s, 15m, 12h, 7d.')
  return time
}

function parseCount (text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('Give a whole number from 1 up.')
  return count
}
