import { existsSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { journalDirOf } from '../ledger/journal.ts'
import { ledgerKeyFileOf, logDirOf, noteKeyOf } from '../transparency/log-place.ts'
import { readLog, type LogReader } from '../transparency/read-log.ts'
import { verifierKey, type NoteKey } from '../transparency/signed-note.ts'
import type { PlaceOptions } from './audit-filter.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'

/** `weir audit key|checkpoint|proof|consistency`: reads the log's files, whether a gateway runs or not. */
export function logCommands (io: Io): readonly Command[] {
  return [
    placed(new Command('key').description('print the public key that checkpoints are signed with, as signed-note tools take it'))
      .action(async (options: PlaceOptions) => { io.stdout(`${verifierKey(await keyOf(io, options))}\n`) }),
    placed(new Command('checkpoint').description('print the last signed checkpoint'))
      .action(async (options: PlaceOptions) => { io.stdout((await logOf(io, options)).note) }),
    placed(new Command('proof').description('print a proof that an entry is in the signed ledger (C2SP tlog-proof)').argument('<index>', 'the entry\'s index', parseIndex))
      .action(async (index: number, options: PlaceOptions) => { io.stdout(await (await logOf(io, options)).prove(index)) }),
    placed(new Command('consistency').description('print the hashes that show that a smaller ledger is the beginning of a larger one, one a line in base64')
      .argument('<from>', 'entries of the smaller one', parseIndex).argument('[to]', 'entries of the larger one (default: those of the last checkpoint)', parseIndex))
      .action((from: number, to: number | undefined, options: PlaceOptions) => consistency(io, { from, to }, options)),
  ]
}

async function consistency (io: Io, { from, to }: { readonly from: number, readonly to: number | undefined }, options: PlaceOptions): Promise<void> {
  const log = await logOf(io, options)
  const { hashes } = await log.consistency(from, to ?? log.signed.size)
  io.stdout(hashes.map((hash) => `${hash.toString('base64')}\n`).join(''))
}

async function logOf (io: Io, options: PlaceOptions): Promise<LogReader> {
  return await readLog(logDirOf(io.dataDir(options)), await keyOf(io, options))
}

/** The key of the data directory that the options lead to. @throws CommandFailed when there is none yet: to make one is the gateway's */
export async function keyOf (io: Io, options: PlaceOptions): Promise<NoteKey> {
  const dataDir = io.dataDir(options)
  const journalDir = journalDirOf(dataDir)
  const key = existsSync(journalDir) && existsSync(ledgerKeyFileOf(dataDir)) ? await noteKeyOf(dataDir, journalDir) : null
  if (key === null) throw new CommandFailed(`No ledger was signed yet in ${dataDir}. Start the gateway once, or name another place with --data-dir.`)
  return key
}

function placed (command: Command): Command {
  return command.option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
}

function parseIndex (text: string): number {
  const index = Number(text)
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(index)) throw new InvalidArgumentError('Give a whole number from 0 up.')
  return index
}
