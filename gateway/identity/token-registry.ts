import { appendFileSync, closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { createWithdrawals, withdrawalOf, type Withdrawal, type Withdrawals } from './withdrawals.ts'

const POLL_MS = 250 // a revocation must bite within a second, whoever wrote it

/** What is known of an issued token. Never the token itself. */
export interface TokenRecord {
  readonly id: string
  readonly actor: string
  /** Null: it follows from the groups. */
  readonly role: string | null
  /** Those that the role follows from; absent when the token names a role. */
  readonly groups?: readonly string[]
  readonly app: string | null
  readonly environment: string | null
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

export type RegistryLine = { readonly issued: TokenRecord } | Withdrawal

/** Issued and revoked tokens: an append-only file that any process of the same owner may add to. */
export interface TokenRegistry extends Withdrawals {
  list (): ReadonlyArray<TokenRecord & { readonly revoked: boolean }>
  /** Durably, at once. */
  add (...lines: readonly RegistryLine[]): void
  /** Every withdrawal so far, oldest first. */
  withdrawals (): readonly Withdrawal[]
  /** Calls back with every withdrawal from now on, whoever made it, after it was taken in. */
  onWithdrawal (listener: (line: Withdrawal) => void): void
  /** Calls back with every line that another process added since the last read, after it was taken in. */
  watch (onLine: (line: RegistryLine) => void): void
  close (): void
}

export function openTokenRegistry (file: string): TokenRegistry {
  const records = new Map<string, TokenRecord>()
  const withdrawn = createWithdrawals()
  let offset = 0
  let seenBytes = 0
  let polling: NodeJS.Timeout | undefined
  let onOthersLine: (line: RegistryLine) => void = () => {}
  const onWithdrawals: Array<(line: Withdrawal) => void> = []

  function readNew (): RegistryLine[] {
    const fresh = readFrom(file, offset)
    seenBytes = offset + fresh.length
    const end = fresh.lastIndexOf(10) + 1 // a line still being written is read next time
    offset += end
    return fresh.subarray(0, end).toString('utf8').split('\n').filter((text) => text !== '').map(parseLine).filter((line) => line !== null)
  }
  function apply (line: RegistryLine): void {
    if ('issued' in line) {
      records.set(line.issued.id, line.issued)
      return
    }
    withdrawn.take(line)
    for (const listener of onWithdrawals) listener(line)
  }
  // What another process wrote since the last look comes with the own line.
  function takeNew (own: readonly string[]): void {
    const left = new Set(own)
    for (const line of readNew()) {
      apply(line)
      if (!left.delete(JSON.stringify(line))) onOthersLine(line)
    }
  }
  readNew().forEach(apply)

  return {
    isRevoked: withdrawn.isRevoked,
    isActive: withdrawn.isActive,
    groupsLeft: withdrawn.groupsLeft,
    version: withdrawn.version,
    withdrawals: withdrawn.all,
    onWithdrawal (listener) { onWithdrawals.push(listener) },
    list: () => [...records.values()].map((record) => ({ ...record, revoked: withdrawn.isRevoked({ tokenId: record.id, actor: { id: record.actor }, issuedAtMs: wholeSecond(record.issuedAtMs) }) })),
    add (...lines) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      const texts = lines.map((line) => JSON.stringify(line))
      appendDurably(file, texts.map((text) => `${text}\n`).join(''))
      takeNew(texts)
    },
    watch (onLine) {
      onOthersLine = onLine
      // Compared with what was read, not with an earlier look: `fs.watchFile` takes its first look later, and a revocation
      // written before that was missed for good.
      polling ??= setInterval(() => {
        if (statSync(file, { throwIfNoEntry: false })?.size !== seenBytes) takeNew([])
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

function readFrom (file: string, offset: number): Buffer {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return Buffer.alloc(0)
    throw cause
  }
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(fd).size - offset))
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, offset))
  } finally {
    closeSync(fd)
  }
}

// As the token itself has it.
function wholeSecond (ms: number): number {
  return Math.floor(ms / 1_000) * 1_000
}

function parseLine (text: string): RegistryLine | null {
  try {
    const value = JSON.parse(text) as Partial<{ issued: TokenRecord }>
    return typeof value.issued?.id === 'string' ? { issued: value.issued } : withdrawalOf(value)
  } catch {
    return null // a damaged line issues nothing; a revocation is re-sent by its author, who got no success
  }
}
