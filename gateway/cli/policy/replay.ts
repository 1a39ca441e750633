import { resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { replay, type ReplayReport } from '../../policy/replay/replay.ts'
import { journalOf, parseTime } from '../audit-filter.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from '../io.ts'
import { progressOf } from '../progress.ts'
import { withEngine } from './open-policy.ts'
import { journalEntries, recordedEntries } from './recorded-entries.ts'
import { replayText } from './replay-report.ts'

const MAX_EXAMPLES = 100

interface ReplayCommandOptions {
  readonly policy: string
  readonly since?: number
  readonly until?: number
  readonly export?: string
  readonly examples?: number
  readonly failOnChange?: boolean
  readonly json?: boolean
  readonly config?: string
  readonly dataDir?: string
}

export function replayCommand (io: Io): Command {
  return new Command('replay')
    .description('decide recorded questions again with another policy and print what would change; nothing is recorded')
    .requiredOption('--policy <dir>', 'the policy to try')
    .option('--since <time>', 'not before: an ISO date, Unix milliseconds, or an age such as 7d (default: all)', parseTime)
    .option('--until <time>', 'before', parseTime)
    .option('--export <path>', 'read entries from a file (of weir audit export, of weir audit query --format json, or a segment) or a folder of segments instead of the ledger')
    .option('--examples <count>', 'examples of each kind of change (default: 3)', parseExamples)
    .option('--fail-on-change', 'exit code 1 when a decision would change, or when there was nothing to replay')
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action(async (options: ReplayCommandOptions) => await run(io, options))
}

async function run (io: Io, options: ReplayCommandOptions): Promise<void> {
  const entries = options.export === undefined ? journalEntries(journalOf(io, options)) : recordedEntries(resolve(io.cwd, options.export))
  await withEngine(io, options.policy, async (engine) => {
    const progress = progressOf(io, 'entries read')
    const report = await replay(entries, engine.current(), {
      sinceMs: options.since, untilMs: options.until, examples: options.examples, onProgress: progress.show,
    }).finally(progress.clear)
    io.stdout(options.json === true ? `${JSON.stringify(report)}\n` : replayText(report))
    if (options.failOnChange === true) demandNoChange(report)
  })
}

function demandNoChange ({ changed, replayed, unreplayable }: ReplayReport): void {
  if (changed > 0) throw new CommandFailed(`${changed} of ${replayed} decisions would change.`)
  // A gate that looked at nothing must not let anything through.
  if (replayed === 0) throw new CommandFailed(`No decision was replayed${unreplayable.length === 0 ? '' : ': none of those found could be'}.`)
}

function parseExamples (text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 0 || count > MAX_EXAMPLES) throw new InvalidArgumentError(`Give a whole number from 0 to ${MAX_EXAMPLES}.`)
  return count
}
