import type { EventBody, LedgerEntry } from '../core/ledger-entry.ts'
import { eventBody } from '../core/ledger-entry.ts'

export const SEAT_TAKEN = 'seat-taken'
export const SEAT_RELEASED = 'seat-released'

/** `idle`: no session for as long as data say, and another member asked. `revoked`: all tokens were. `deactivated`: put out by the directory. */
export const RELEASE_REASONS = ['idle', 'revoked', 'deactivated'] as const
export type ReleaseReason = typeof RELEASE_REASONS[number]

/** Whose seat, and of which UTC month (`2026-11`). */
export interface SeatOwner { readonly org: string, readonly actor: string, readonly month: string }

export function seatTaken ({ org, actor, month }: SeatOwner): EventBody {
  return { ...eventBody(SEAT_TAKEN, null, { org, month }), actor }
}

/** `idleDays` is null unless the seat was released for them. */
export function seatReleased ({ org, actor, month }: SeatOwner, why: ReleaseReason, idleDays: number | null): EventBody {
  return { ...eventBody(SEAT_RELEASED, null, { org, month, why, idleDays }), actor }
}

/** What an entry says of a seat's release; null when it says nothing of one. */
export function releaseIn (entry: LedgerEntry): SeatOwner & { readonly why: ReleaseReason } | null {
  if (entry.kind !== 'event' || entry.name !== SEAT_RELEASED || entry.actor === null) return null
  const { org, month, why } = entry.detail
  const known = RELEASE_REASONS.find((reason) => reason === why)
  return typeof org === 'string' && typeof month === 'string' && known !== undefined ? { org, actor: entry.actor, month, why: known } : null
}
