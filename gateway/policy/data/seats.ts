import type { DataDocument } from './data-schema.ts'

/** Seats by organisation: a number, or the number and what releases them. */
export type SeatsData = NonNullable<DataDocument['seats']>

/** `releases` is whether idle seats may be released at all; after how many days is for rules to compare. */
export interface SeatRule { readonly max: number, readonly releases: boolean }

/** Null for an organisation without a limit, undefined when there are no limits at all. */
export function seatRule (data: SeatsData | undefined, org: string): SeatRule | null | undefined {
  if (data === undefined) return undefined
  const entry = Object.hasOwn(data, org) ? data[org] : data['*']
  if (entry === undefined) return null
  return typeof entry === 'number' ? { max: entry, releases: false } : { max: entry.max, releases: entry.release_after_days !== undefined }
}
