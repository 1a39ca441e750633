import { appendFileSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const POLL_MS = 250 // a revocation must bite within a second, whoever wrote it

/** What is known of an issued token. Never the token itself. */
export interface TokenRecord {
  readonly id: string
  readonly actor: string
  readonly role: string
  readonly app: string | null
  readonly environment: string | null
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

export type RegistryLine = { readonly issued: TokenRecord } | { readonly revoked: string, readonly atMs: number }

/** Issued and revoked tokens: an append-only file that any process of the same owner may add to. */
export interface TokenRegistry {
  isRevoked (id: string): boolean
  list (): ReadonlyArray<TokenRecord & { readonly revoked: boolean }>
  add (line: RegistryLine): void
  /** Calls back with every line that another process added since the last read. */
  watch (onLine: (line: RegistryLine) => void): void
  close (): void
}

export function openTokenRegistry (file: string): TokenRegistry {
  const records = new Map<string, TokenRecord>()
  const revoked = new Set<string>()
  let offset = 0
  let seenBytes = 0
  let polling: NodeJS.Timeout | undefined

  function readNew (): RegistryLine[] {
    const bytes = readIfThere(file)
    seenBytes = bytes.length
    const fresh = bytes.subarray(offset)
    const end = fresh.lastIndexOf(10) + 1 // a line still being written is read next time
    offset += end
    return fresh.subarray(0, end).toString('utf8').split('\n').filter((text) => text !== '').map(parseLine).filter((line) => line !== null)
  }
  function apply (line: RegistryLine): void {
    if ('revoked' in line) revoked.add(line.revoked)
    else records.set(line.issued.id, line.issued)
  }
  readNew().forEach(apply)

  return {
    isRevoked: (id) => revoked.has(id),
    list: () => [...records.values()].map((record) => ({ ...record, revoked: revoked.has(record.id) })),
    add (line) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      appendDurably(file, `${JSON.stringify(line)}\n`)
      readNew().forEach(apply)
    },
    watch (onLine) {
      // Compared with what was read, not with an earlier look: `fs.watchFile` takes its first look later, and a revocation
      // written before that was missed for good.
      polling ??= setInterval(() => {
        if (statSync(file, { throwIfNoEntry: false })?.size === seenBytes) return
        for (const line of readNew()) {
          apply(line)
          onLine(line)
        }
      }, POLL_MS).unref()
    },
    close () { clearInterval(polling) },
  }
}

function appendDurably (file: string, text: string): void {
  const fd = openSync(file, 'a', 0o600)
  try {
    appendFileSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function readIfThere (file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return Buffer.alloc(0)
    throw cause
  }
}

function parseLine (text: string): RegistryLine | null {
  try {
    const value = JSON.parse(text) as RegistryLine
    if ('revoked' in value) return typeof value.revoked === 'string' ? value : null
    return typeof value.issued.id === 'string' ? value : null
  } catch {
    return null // a damaged line issues nothing; a revocation is re-sent by its author, who got no success
  }
}
