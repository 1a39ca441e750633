import { createHash } from 'node:crypto'
import { findEntries } from '../ledger/find-entries.ts'
import { findRecording, readRecording, type FoundRecording } from '../recordings/read-recording.ts'
import { RECORDING_CLOSED } from '../recordings/recording-place.ts'
import { CommandFailed, type Io } from './io.ts'

interface Wanted { readonly id: string, readonly dataDir: string, readonly journalDir: string }

/** Prints a recording. @throws CommandFailed when there is none, or when its file is not the one that the ledger has the digest of */
export async function printRecording (io: Io, { id, dataDir, journalDir }: Wanted): Promise<void> {
  const found = await findRecording(dataDir, id)
  if (found === null) throw new CommandFailed(`There is no recording ${id}.`)
  const recorded = await digestInLedger(journalDir, id)
  if (recorded === null) io.stderr('The ledger has no end of this terminal: it is open, or the gateway was killed. Nothing says that the file is whole.\n')
  else if (recorded !== await digestOf(found)) throw new CommandFailed(`The file of ${id} is not what the ledger recorded: it was changed.`)
  for await (const chunk of readRecording(found)) io.stdout((chunk as Buffer).toString('utf8'))
}

async function digestInLedger (journalDir: string, id: string): Promise<string | null> {
  let digest: string | null = null
  for await (const { entry } of findEntries(journalDir, { kind: 'event' }, { newest: Infinity })) {
    if (entry.kind === 'event' && entry.name === RECORDING_CLOSED && entry.detail['recording'] === id) digest = String(entry.detail['sha256'])
  }
  return digest
}

async function digestOf (found: FoundRecording): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of readRecording(found)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
