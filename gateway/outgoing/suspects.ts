import { isInRun } from './runs.ts'
import { createPieceSearch, PIECE_BYTES, type PieceClasses } from './wasm/piece-search.ts'
import { createWindowList, type WindowList, type Windows } from './windows.ts'

const AT = 0x40
const LETTER_S = 0x53
const SLASH = 0x2f
const COLON = 0x3a
const BACKSLASH = 0x5c
const SPACE = 0x20

// How far the rules look around what gave them away, in bytes; an escaped character takes up to six.
const BEFORE = 700
const AFTER = 1_800
const PEM_AFTER = 12_500 // the rule's own limit of 10,000 characters, and their line breaks, written twice over
const MAX_HITS = 100_000 // each costs a closer look
const MAX_CREDENTIALS_BYTES = 640
const SENDGRID_BYTES = 140

/** Four bytes that give a secret away, and what they must turn out to be part of. */
interface Sign {
  readonly piece: string
  /** Looks at the place where the piece begins; adds to the windows what is to be looked at closely. */
  check (body: Buffer, at: number, windows: WindowList): void
}

// Alike within a group: the search compares the bytes of a place with those of all its members.
const TOKEN_GROUPS: ReadonlyArray<readonly string[]> = [
  ['AKIA', 'AGPA', 'AIDA', 'AROA', 'AIPA', 'ANPA', 'ANVA', 'ASIA'],
  [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'].map((char) => `A3T${char}`),
  ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'hub_', 'npm_', 'lin_', 'ops_'],
  ['xoxb', 'xoxp', 'xoxa', 'xoxo', 'xoxr', 'xapp', 'shpp', 'shpc', 'shpa', 'shps', 'T3Bl', 'sk-a'],
  // The middle of `secret_access_key` in every spelling: the key behind it has no beginning of its own.
  ['ss', 'SS'].flatMap((access) => ['_K', '_k', 'KE', 'Ke', 'ke'].map((key) => access + key)),
]
// What follows in every such token: without it, `test_stops_at` and `github_ref` in program text would be looked at closely.
const GOES_ON: Readonly<Record<string, string>> = { hub_: 'pat_', lin_: 'api_', ops_: 'ey' }
const TOKEN_SIGNS: ReadonlyArray<readonly Sign[]> = TOKEN_GROUPS.map((pieces) => pieces.map((piece) => tokenSign(piece, GOES_ON[piece])))
const TEXT_SIGNS: readonly Sign[] = [
  textSign('PRIVATE KEY', 5, PEM_AFTER),
  textSign('_authToken=', 7),
  textSign('services/T', 6),
  textSign('services\\/T', 6),
  { piece: '\\u00', check: checkEscape },
]
const CREDENTIALS: PieceClasses = ['@', null, null, null]
const SENDGRID: PieceClasses = ['S', 'G', '.', null]

/** Where in a JSON body a secret may stand; null when there are more such places than are looked at closely. */
export type FindSuspects = (body: Buffer) => Windows | null

/**
 * Reads the raw bytes once, without decoding them: of 30 KB without look-alikes in some 15 µs.
 *
 * @param keys what to look for besides the known kinds of secrets: keys that this gateway holds itself
 */
export function createSuspects (keys: readonly string[]): FindSuspects {
  const keySigns = keys.flatMap(signsOfKey)
  const signs = signTable([...TOKEN_SIGNS.flat(), ...TEXT_SIGNS, ...keySigns])
  const search = createPieceSearch([...TOKEN_SIGNS.map(classesOf), classesOf(TEXT_SIGNS), [CREDENTIALS], [SENDGRID, ...classesOf(keySigns)]])
  return (body) => {
    const windows = createWindowList(body.length)
    let hits = 0
    search.each(body, (at) => {
      hits += 1
      look(body, at, signs, windows)
      return hits <= MAX_HITS
    })
    return hits > MAX_HITS ? null : windows.merged()
  }
}

function look (body: Buffer, at: number, signs: SignTable, windows: WindowList): void {
  if (body[at] === AT) {
    if (endsCredentials(body, at)) windows.add(at, BEFORE, AFTER)
  } else if (at + PIECE_BYTES <= body.length) {
    const here = signs.at(body, at)
    if (here !== undefined) for (const { check } of here) check(body, at, windows)
    else if (body[at] === LETTER_S && isSendgrid(body, at)) windows.add(at, BEFORE, AFTER)
  }
}

function classesOf (signs: readonly Sign[]): readonly PieceClasses[] {
  return signs.map(({ piece }) => [...piece] as unknown as PieceClasses)
}

/** The signs of the piece at a place of the body, which has four bytes there. */
interface SignTable { at (body: Buffer, at: number): readonly Sign[] | undefined }

// Two tables say no to most places that the search names, before the map is asked: its keys are numbers too large to be quick.
function signTable (signs: readonly Sign[]): SignTable {
  const byPiece = new Map<number, readonly Sign[]>()
  const begins = new Uint8Array(65_536)
  const ends = new Uint8Array(65_536)
  for (const sign of signs) {
    const bytes = Buffer.from(sign.piece, 'latin1')
    const piece = bytes.readInt32BE(0)
    byPiece.set(piece, [...byPiece.get(piece) ?? [], sign])
    begins[bytes.readUInt16BE(0)] = 1
    ends[bytes.readUInt16BE(2)] = 1
  }
  return {
    at (body, at) {
      if (begins[(body[at] as number) << 8 | (body[at + 1] as number)] === 0) return undefined
      if (ends[(body[at + 2] as number) << 8 | (body[at + 3] as number)] === 0) return undefined
      return byPiece.get(body.readInt32BE(at))
    },
  }
}

function tokenSign (piece: string, goesOn = ''): Sign {
  return {
    piece,
    check (body, at, windows) {
      if (standsAt(body, goesOn, at + PIECE_BYTES) && isInRun(body, at, at + PIECE_BYTES)) windows.add(at, BEFORE, AFTER)
    },
  }
}

function standsAt (body: Buffer, text: string, at: number): boolean {
  for (let i = 0; i < text.length; i += 1) if (body[at + i] !== text.charCodeAt(i)) return false
  return true
}

/** @param offset of the four bytes of it that are searched for */
function textSign (text: string, offset: number, after = AFTER): Sign {
  const whole = Buffer.from(text)
  return {
    piece: whole.toString('latin1', offset, offset + PIECE_BYTES),
    check (body, at, windows) {
      const start = at - offset
      const end = start + whole.length
      if (start >= 0 && end <= body.length && body.compare(whole, 0, whole.length, start, end) === 0) windows.add(start, BEFORE, after)
    },
  }
}

// A key with a run of its own is found however it is escaped around that run; another one as it is and as JSON has it.
function signsOfKey (key: string): readonly Sign[] {
  const run = /[A-Za-z0-9_-]{15}/.exec(key)?.[0]
  if (run !== undefined) return [tokenSign(run.slice(-PIECE_BYTES))]
  return [...new Set([key, JSON.stringify(key).slice(1, -1)])].map((text) => textSign(text, Buffer.byteLength(text) - PIECE_BYTES))
}

// Of printable ASCII only: JSON writers escape control characters, and careful ones `<`, `>`, `&` and quotes, which no token has.
function checkEscape (body: Buffer, at: number, windows: WindowList): void {
  const hex = body.toString('latin1', at + 4, at + 6).toLowerCase()
  if (/^[2-7][0-9a-f]$/.test(hex) && !/^(?:22|26|27|3c|3e)$/.test(hex)) windows.add(at, BEFORE, AFTER)
}

/** Whether `//user:password` stands before this `@`, also with escaped slashes. */
function endsCredentials (body: Buffer, at: number): boolean {
  const floor = Math.max(0, at - MAX_CREDENTIALS_BYTES)
  let hasColon = false
  for (let next = at - 1; next >= floor; next -= 1) {
    const byte = body[next] as number
    if (byte === SLASH) return hasColon && followsSlash(body, next)
    if (byte <= SPACE || byte === AT) return false
    if (byte === COLON) hasColon = true
  }
  return false
}

function followsSlash (body: Buffer, slash: number): boolean {
  let before = slash - 1
  while (before >= 0 && body[before] === BACKSLASH) before -= 1
  return body[before] === SLASH
}

/** `SG.` and, behind another point, a run. */
function isSendgrid (body: Buffer, at: number): boolean {
  const text = body.toString('latin1', at, at + SENDGRID_BYTES)
  return text.startsWith('SG.') && /\.[\w-]{15}/.test(text)
}
