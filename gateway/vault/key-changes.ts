import { randomBytes } from 'node:crypto'
import { GatewayError } from '../core/errors.ts'
import { keyChange, type Doing, type KeyChange } from './key-change.ts'
import { checkedSlot, checkedValue, checkedWeight, isOfSlot, type KeyName, type Slot } from './key-name.ts'
import type { MasterKey } from './master-key.ts'
import { nameOf, seal, type SealedRecord } from './sealed-record.ts'

/** How a key is stored: `add` keeps the keys that are there (default: it replaces them), `weight` is its share beside them, 1 to 1,000, default 1. */
export interface StoreOptions { readonly add?: boolean | undefined, readonly weight?: number | undefined }

/** How a key takes the place of others: how long those may still be used, and which one of them (default: all). `weight`: default that of the one it replaces. */
export interface RotateOptions { readonly graceMs: number, readonly id?: string | undefined, readonly weight?: number | undefined }

/** Longest time for which a replaced key may still be used, ms: 30 days. */
export const MAX_GRACE_MS = 2_592_000_000

/** What a write makes of a vault, and what is to be recorded of it. */
export interface Change<T> { readonly records: readonly SealedRecord[], readonly changes: readonly KeyChange[], readonly result: T }

interface Given { readonly slot: Slot, readonly value: string, readonly master: MasterKey, readonly doing: Doing }

const MAX_KEYS = 32 // per slot: each request weighs all of them

export function afterSet (records: readonly SealedRecord[], { slot, value, master, doing }: Given, { add = false, weight = 1 }: StoreOptions = {}): Change<KeyName> {
  const replaced = add ? [] : records.filter((record) => isOfSlot(record, slot))
  const kept = records.filter((record) => !replaced.includes(record))
  const name = nameFor(slot, doing, weight)
  return {
    records: withRecord(kept, seal(name, checkedValue(value), master), slot),
    changes: [...replaced.map((record) => keyChange('key-removed', record, doing, { reason: 'replaced' })), keyChange('key-set', name, doing)],
    result: name,
  }
}

/** @throws GatewayError WEIR_ERR_KEY_MISSING when there is nothing to replace */
export function afterRotate (
  records: readonly SealedRecord[],
  { slot, value, master, doing, values }: Given & { readonly values: ReadonlyMap<string, string> },
  { graceMs, id, weight }: RotateOptions
): Change<{ readonly key: KeyName, readonly retired: readonly KeyName[] }> {
  const old = records.filter((record) => isOfSlot(record, slot) && (id === undefined || record.id === id) && record.retires === undefined)
  if (old.length === 0) throw new GatewayError('WEIR_ERR_KEY_MISSING', 'There is no such key to be replaced.')
  const retires = doing.atMs + checkedGrace(graceMs)
  const [only, ...more] = old
  const name = nameFor(slot, doing, weight ?? (more.length === 0 ? only?.weight : undefined) ?? 1)
  // Sealed anew, each under a data key of its own: when it ends is authenticated like its other names.
  const retired = old.map((record) => seal({ ...nameOf(record), retires }, demand(values.get(record.id)), master))
  const others = records.map((record) => retired.find((one) => one.id === record.id) ?? record)
  return {
    records: withRecord(others, seal(name, checkedValue(value), master), slot),
    changes: [keyChange('key-set', name, doing), ...retired.map((record) => keyChange('key-retired', record, doing, { replacedBy: name.id }))],
    result: { key: name, retired: retired.map(nameOf) },
  }
}

export function afterRemove (records: readonly SealedRecord[], { slot, id, doing }: { readonly slot: Slot, readonly id: string | undefined, readonly doing: Doing }): Change<readonly KeyName[]> {
  return without(records, (record) => isOfSlot(record, slot) && (id === undefined || record.id === id), doing, 'removed')
}

export function afterRetirement (records: readonly SealedRecord[], doing: Doing): Change<readonly KeyName[]> {
  return without(records, ({ retires = Infinity }) => retires <= doing.atMs, doing, 'retired')
}

function without (records: readonly SealedRecord[], isGone: (record: SealedRecord) => boolean, doing: Doing, reason: string): Change<readonly KeyName[]> {
  const gone = records.filter(isGone)
  return {
    records: records.filter((record) => !gone.includes(record)),
    changes: gone.map((record) => keyChange('key-removed', record, doing, { reason })),
    result: gone.map(nameOf),
  }
}

function withRecord (records: readonly SealedRecord[], added: SealedRecord, slot: Slot): readonly SealedRecord[] {
  if (records.filter((record) => isOfSlot(record, slot)).length >= MAX_KEYS) {
    throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `A provider has at most ${MAX_KEYS} keys per environment and app: remove one first.`)
  }
  return [...records, added]
}

function nameFor (slot: Slot, { atMs }: Doing, weight: number): KeyName {
  const { provider, environment, app } = checkedSlot(slot)
  return { id: `key_${randomBytes(9).toString('base64url')}`, provider, environment, ...(app === null ? {} : { app }), created: atMs, ...checkedWeight(weight) }
}

function checkedGrace (graceMs: number): number {
  if (Number.isInteger(graceMs) && graceMs >= 0 && graceMs <= MAX_GRACE_MS) return graceMs
  throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'A replaced key can be used for at most 30 days more.')
}

function demand (value: string | undefined): string {
  if (value === undefined) throw new GatewayError('WEIR_ERR_VAULT', 'The key to be replaced is under a master key that is not at hand.')
  return value
}
