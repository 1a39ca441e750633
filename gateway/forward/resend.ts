import type { LedgerSource, OutwardEntry } from '../ledger/formats/outward-entry.ts'
import type { ForwarderOptions } from './forwarder.ts'
import type { PutAside } from './forward-files.ts'
import { openOutwardReader } from './outward-reader.ts'
import type { Sent } from './sink.ts'

const MAX_LETTERS = 200
const LONGEST_MS = 30_000 // somebody waits for the answer; what is left is for the next call

/** What became of the oldest of what was put aside. `letters`: how many there were in all, `tried` of them now; the others count entries. */
export interface Resent { readonly letters: number, readonly tried: number, readonly delivered: number, readonly failed: number, /** Why no more were tried. */ readonly problem: string | null }

type Ports = Pick<ForwarderOptions, 'config' | 'journalDir' | 'head' | 'origin' | 'version' | 'files' | 'sink' | 'nowMs'>

/**
 * Sends the oldest of what was put aside once more, each by itself. What the receiver took is then off the file, and what it refused again is
 * behind the others; whatever ends the process before, they are sent another time.
 *
 * @param most letters to try; no more than 200 are
 */
export async function resendLetters (ports: Ports, most: number): Promise<Resent> {
  const { files, nowMs } = ports
  const letters = await files.letters()
  const source = { origin: await ports.origin() ?? '', version: ports.version }
  const again: PutAside[] = []
  const endBy = performance.now() + LONGEST_MS
  let tried = 0
  let problem: string | null = null
  for (const letter of letters.slice(0, Math.min(most, MAX_LETTERS))) {
    const sent = await sendLetter(letter, source, ports)
    if (sent.kind === 'away') problem = sent.problem
    if (sent.kind === 'away') break
    tried += 1
    const left = sent.kind === 'refused' ? letter.count : Math.min(sent.rejected, letter.count)
    if (left > 0) again.push({ ...letter, count: left, problem: sent.problem ?? '', atMs: nowMs() })
    if (performance.now() > endBy) break
  }
  await files.settle(tried, again)
  const counted = (some: readonly PutAside[]): number => some.reduce((sum, { count }) => sum + count, 0)
  const failed = counted(again)
  return { letters: letters.length, tried, delivered: counted(letters.slice(0, tried)) - failed, failed, problem }
}

async function sendLetter (letter: PutAside, source: LedgerSource, { config, journalDir, head, sink }: Ports): Promise<Sent> {
  // Of another ledger, the same indexes are other entries.
  if (letter.origin !== source.origin) return { kind: 'refused', problem: 'it is of another ledger' }
  const reader = openOutwardReader(journalDir, letter.from, config)
  const entries: OutwardEntry[] = []
  const upTo = Math.min(letter.to, head())
  for (let batch = await reader.read(upTo); batch !== null; batch = await reader.read(upTo)) entries.push(...batch.entries)
  return entries.length === 0 ? { kind: 'refused', problem: 'its entries are not there any more, or not to be sent any more' } : await sink.send(entries, source)
}
