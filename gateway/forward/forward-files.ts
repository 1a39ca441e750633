import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { replaceFile } from '../files/replace-file.ts'

const MAX_DEAD = 100_000 // some 20 MB; beyond it they are counted only

/** How far a forwarder is: the first entry that the receiver may not have, of the ledger of this name. */
export interface ForwardPlace { readonly origin: string, readonly next: number }

/** Entries that the receiver refused for good, or some of them, when it did not say which. What they say is in the ledger. */
export interface PutAside { readonly from: number, readonly to: number, readonly count: number, readonly problem: string, readonly atMs: number }

export interface ForwardFiles {
  readonly place: ForwardPlace | null
  /** Entries put aside so far. */
  dead (): number
  save (place: ForwardPlace): Promise<void>
  putAside (letter: PutAside): Promise<void>
}

/** Where the files of forwarders are: `NAME.next.json`, and `NAME.dead.jsonl` with a line for each `PutAside`. */
export function forwardDirOf (dataDir: string): string {
  return join(dataDir, 'forward')
}

/** Opens the two files of a forwarder. @throws GatewayError WEIR_ERR_STORE when one is there and cannot be read: what was delivered is not guessed */
export async function openForwardFiles (folder: string, name: string): Promise<ForwardFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const placeFile = join(folder, `${name}.next.json`)
  const deadFile = join(folder, `${name}.dead.jsonl`)
  const letters = (await readText(deadFile) ?? '').split('\n').filter((line) => line !== '')
  let lines = letters.length
  let dead = letters.reduce((sum, line) => sum + countOf(line, deadFile), 0)
  return {
    place: placeOf(await readText(placeFile), placeFile),
    dead: () => dead,
    save: ({ origin, next }) => replaceFile(placeFile, JSON.stringify({ origin, next })),
    async putAside (letter) {
      if (lines < MAX_DEAD) await appendFile(deadFile, `${JSON.stringify(letter)}\n`, { mode: 0o600, flush: true })
      lines += 1
      dead += letter.count
    },
  }
}

async function readText (file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw unreadable(file, cause)
  }
}

function placeOf (text: string | null, file: string): ForwardPlace | null {
  if (text === null) return null
  const value = parsed(text, file) as Partial<ForwardPlace> | null
  if (typeof value?.origin !== 'string' || !Number.isSafeInteger(value.next) || Number(value.next) < 0) throw unreadable(file)
  return { origin: value.origin, next: Number(value.next) }
}

function countOf (line: string, file: string): number {
  const letter = parsed(line, file) as Partial<PutAside> | null
  if (!Number.isSafeInteger(letter?.count)) throw unreadable(file)
  return Number(letter?.count)
}

function parsed (text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

function unreadable (file: string, cause?: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_STORE', `${file} cannot be read. Restore it, or remove it: without NAME.next.json a forwarder begins as a new one.`, { cause })
}
