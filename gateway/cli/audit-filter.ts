import { existsSync } from 'node:fs'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { ENVIRONMENTS } from '../core/actor.ts'
import { VERDICTS } from '../core/decision.ts'
import { PATH_CLASSES } from '../core/tool-call.ts'
import { KINDS, parseTimeMs, type EntryFilter } from '../ledger/entry-filter.ts'
import { NO_WORDS, wordsOfSearch } from '../ledger/entry-words.ts'
import { journalDirOf } from '../ledger/journal.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'

/** The options that lead to a data directory. */
export interface PlaceOptions { readonly config?: string, readonly dataDir?: string }

/** The options that say which entries. */
export interface FilterOptions extends PlaceOptions {
  readonly env?: string
  readonly actor?: string
  readonly app?: string
  readonly session?: string
  readonly request?: string
  readonly verdict?: string
  readonly rule?: string
  readonly key?: string
  readonly class?: string
  readonly text?: string
  readonly kind?: EntryFilter['kind']
  readonly since?: number
  readonly until?: number
}

/** Gives a command the options of `FilterOptions`. */
export function filtered (command: Command): Command {
  return command
    .addOption(new Option('--env <environment>', 'entries of one environment').choices(ENVIRONMENTS))
    .option('--actor <id>', 'entries of one actor')
    .option('--app <app>', 'entries of one app')
    .option('--session <id>', 'entries of one session')
    .option('--request <id>', 'entries of one request, by the x-weir-request-id of its answer')
    .addOption(new Option('--verdict <verdict>', 'decisions with one verdict').choices(VERDICTS))
    .option('--rule <rule>', 'decisions of one rule')
    .option('--key <id>', 'requests that used or tried one provider key, and what was done to it')
    .addOption(new Option('--class <class>', 'decisions about a path of one class').choices(PATH_CLASSES))
    .option('--text <words>', 'decisions with all these words in their reason or their paths', parseWords)
    .addOption(new Option('--kind <kind>', 'entries of one kind').choices(KINDS))
    .option('--since <time>', 'not before: an ISO date, Unix milliseconds, or an age such as 12h', parseTime)
    .option('--until <time>', 'before', parseTime)
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
}

export function filterOf (options: FilterOptions): EntryFilter {
  const { env, actor, app, session, request, verdict, rule, key, class: pathClass, text, kind, since, until } = options
  return { env, actor, app, session, request, verdict, rule, key, pathClass, text, kind, sinceMs: since, untilMs: until }
}

/** The journal of the data directory the options lead to. @throws CommandFailed when there is none yet */
export function journalOf (io: Io, options: PlaceOptions): string {
  const dir = journalDirOf(io.dataDir(options))
  if (!existsSync(dir)) throw new CommandFailed(`There is no ledger at ${dir}. Start the gateway once, or name another place with --data-dir.`)
  return dir
}

function parseWords (text: string): string {
  if (wordsOfSearch(text) === null) throw new InvalidArgumentError(NO_WORDS)
  return text
}

export function parseTime (text: string): number {
  const time = parseTimeMs(text, Date.now())
  if (time === null) throw new InvalidArgumentError('Give an ISO date, Unix milliseconds, or an age such as 90s, 15m, 12h, 7d.')
  return time
}

export function parseCount (text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('Give a whole number from 1 up.')
  return count
}
