import type { Socket } from 'node:net'
import type { GatewayError } from '../core/errors.ts'
import { eventBody, type EventBody } from '../core/ledger-entry.ts'

const WINDOW_MS = 60_000
// What anybody can cause must not fill a disk: so many entries a minute, some 10 KB, however many addresses ask.
const MAX_ENTRIES = 32
const DOOR_STATUSES: readonly number[] = [401, 413, 421]

/** Of a page of another site that used what a browser remembers. */
export const FOREIGN_ORIGIN = 'weir.foreign_origin'

/** Whoever was refused before it was known who asks, or before there was anything to decide: by address and reason, counted, and recorded once a minute. */
export interface RefusedConnections {
  /** Counts an error that was answered, if it is one of those that need no caller. `source`: the address that the connection came from. */
  note (source: string | undefined, error: Refusal): void
  /** Counts a refusal that no decision came before, whoever asked: of what is no route, or of a page that is not this gateway's. */
  undecided (source: string | undefined, error: Refusal): void
  /** Records what was counted since, and ends. */
  close (): void
}

type Refusal = Pick<GatewayError, 'code' | 'statusCode'> & Partial<Pick<GatewayError, 'rule'>>

interface Counted { readonly source: string | null, readonly code: string, readonly sinceMs: number, refused: number }

export function createRefusedConnections ({ record, nowMs }: { readonly record: (body: EventBody) => void, readonly nowMs: () => number }): RefusedConnections {
  const counted = new Map<string, Counted>()

  function flush (): void {
    for (const { source, code, refused, sinceMs } of counted.values()) record(eventBody('connections-refused', null, { source, code, refused, sinceMs }))
    counted.clear()
  }

  const timer = setInterval(flush, WINDOW_MS)
  timer.unref()

  function count (from: string | undefined, code: string): void {
    const known = counted.get(`${code} ${from}`)
    // Of more addresses than there is room for it is told how often they were refused, not which they were.
    const source = known !== undefined || counted.size < MAX_ENTRIES ? from ?? null : null
    const key = source === null ? code : `${code} ${source}`
    const entry = known ?? counted.get(key) ?? { source, code, sinceMs: nowMs(), refused: 0 }
    entry.refused += 1
    counted.set(key, entry)
  }

  return {
    note (from, { code, statusCode, rule }) {
      if (DOOR_STATUSES.includes(statusCode) || code === UNREADABLE.code || rule === FOREIGN_ORIGIN) count(from, code)
    },
    undecided (from, { code }) {
      count(from, code)
    },
    close () {
      clearInterval(timer)
      flush()
    },
  }
}

/** What could not be read as HTTP at all: answered by the server itself. */
export const UNREADABLE = Object.freeze({ code: 'WEIR_ERR_DECODE_MALFORMED', statusCode: 400 } as const)

// Who went away was not refused.
const LEFT: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE']

/** Whether an error that ended a connection says that its bytes could not be read. */
export function isUnreadable ({ code }: NodeJS.ErrnoException): boolean {
  return !LEFT.includes(code)
}

/** Whether a refusal only says again that the bytes of its connection could not be read: that was counted as they came, before the request that they cut short was refused. */
export function isCounted ({ errored }: Pick<Socket, 'errored'>, { code }: Refusal): boolean {
  return code === UNREADABLE.code && errored instanceof Error && isUnreadable(errored)
}
