import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { replaceFile } from '../files/replace-file.ts'

const MAX_DEAD = 100_000 // some 20 MB; beyond it they are counted only

/** How far a forwarder is: the first entry that the receiver may not have, of the ledger of this name. */
export interface ForwardPlace { readonly origin: string, readonly next: number }

/** Entries of the ledger `origin` that the receiver refused for good, or some of them, when it did not say which. What they say is in the ledger. */
export interface PutAside { readonly origin: string, readonly from: number, readonly to: number, readonly count: number, readonly problem: string, readonly atMs: number }

export interface ForwardFiles {
  readonly place: ForwardPlace | null
  /** Entries put aside so far. */
  dead (): number
  save (place: ForwardPlace): Promise<void>
  putAside (letter: PutAside): Promise<void>
  /** What was put aside, oldest first. */
  letters (): Promise<readonly PutAside[]>
  /** Takes the oldest away, so many; those of them that are `again` come behind all others. */
  settle (count: number, again: readonly PutAside[]): Promise<void>
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
  const readLetters = async (): Promise<readonly PutAside[]> => (await readText(deadFile) ?? '').split('\n').filter((line) => line !== '').map((line) => letterOf(line, deadFile))
  const counted = (letters: readonly PutAside[]): number => letters.reduce((sum, { count }) => sum + count, 0)
  const found = await readLetters()
  let lines = found.length
  let dead = counted(found)
  let last: Promise<unknown> = Promise.resolve()
  /** One change of the dead letters after the other: none is lost between the reading of another and its writing. */
  function inTurn<T> (change: () => Promise<T>): Promise<T> {
    const done = last.then(change)
    last = done.catch(() => undefined) // told to whoever waits for it
    return done
  }

  return {
    place: placeOf(await readText(placeFile), placeFile),
    dead: () => dead,
    save: ({ origin, next }) => replaceFile(placeFile, JSON.stringify({ origin, next })),
    putAside: (letter) => inTurn(async () => {
      if (lines < MAX_DEAD) await appendFile(deadFile, textOf(letter), { mode: 0o600, flush: true })
      lines += 1
      dead += letter.count
    }),
    letters: () => inTurn(readLetters),
    settle: (count, again) => inTurn(async () => {
      if (count === 0) return
      const there = await readLetters()
      await replaceFile(deadFile, [...there.slice(count), ...again].map(textOf).join(''))
      lines += again.length - count
      dead += counted(again) - counted(there.slice(0, count))
    }),
  }
}

function textOf (letter: PutAside): string {
  return `${JSON.stringify(letter)}\n`
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

function letterOf (line: string, file: string): PutAside {
  const letter = parsed(line, file) as Partial<PutAside> | null
  const isWhole = [letter?.from, letter?.to, letter?.count].every((value) => Number.isSafeInteger(value) && Number(value) >= 0)
  if (!isWhole) throw unreadable(file)
  return letter as PutAside
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
