import { randomBytes } from 'node:crypto'
import { GatewayError } from '../core/errors.ts'
import type { EventBody } from '../core/ledger-entry.ts'
import type { KeyName } from './key-name.ts'

export const KEY_CHANGES = ['key-set', 'key-retired', 'key-removed', 'master-key-rotated'] as const
export type KeyChangeName = typeof KEY_CHANGES[number]

/** Something that was done to the vault and waits to be in the ledger. It holds ids and names: no value, no part of one. */
export interface KeyChange {
  /** Recorded with it: a change that is recorded twice, after a crash, is known by it. */
  readonly id: string
  readonly name: KeyChangeName
  readonly atMs: number
  /** Who did it: an actor, or `local:` and the user of the machine. */
  readonly by: string
  readonly app: string | null
  readonly environment: string | null
  readonly detail: Readonly<Record<string, string | number>>
}

/** Who did it and when. */
export interface Doing { readonly by: string, readonly atMs: number }

export function keyChange (name: KeyChangeName, key: KeyName, { by, atMs }: Doing, more: KeyChange['detail'] = {}): KeyChange {
  const { id: keyId, provider, environment, app, weight, retires } = key
  return {
    id: changeId(),
    name,
    atMs,
    by,
    app: app ?? null,
    environment,
    detail: { keyId, provider, ...(weight === undefined ? {} : { weight }), ...(retires === undefined ? {} : { retires }), ...more },
  }
}

export function masterKeyChange ({ by, atMs }: Doing, detail: KeyChange['detail']): KeyChange {
  return { id: changeId(), name: 'master-key-rotated', atMs, by, app: null, environment: null, detail }
}

export function eventOf ({ id, name, atMs, by, app, environment, detail }: KeyChange): EventBody {
  return { kind: 'event', name, actor: by, app, environment, session: null, detail: { change: id, atMs, ...detail } }
}

/** @throws GatewayError WEIR_ERR_VAULT */
export function readKeyChange (value: unknown): KeyChange {
  if (typeof value !== 'object' || value === null) throw corrupt()
  const { id, name, atMs, by, app, environment, detail } = { ...value } as Readonly<Record<string, unknown>>
  const known = KEY_CHANGES.find((one) => one === name)
  if (known === undefined || typeof id !== 'string' || typeof atMs !== 'number' || typeof by !== 'string') throw corrupt()
  return { id, name: known, atMs, by, app: textOrNull(app), environment: textOrNull(environment), detail: detailOf(detail) }
}

function detailOf (value: unknown): KeyChange['detail'] {
  if (typeof value !== 'object' || value === null) throw corrupt()
  return Object.fromEntries(Object.entries(value).map(([name, part]: [string, unknown]) => {
    if (typeof part !== 'string' && typeof part !== 'number') throw corrupt()
    return [name, part]
  }))
}

function textOrNull (value: unknown): string | null {
  if (value !== null && typeof value !== 'string') throw corrupt()
  return value
}

function changeId (): string {
  return `chg_${randomBytes(9).toString('base64url')}`
}

function corrupt (): GatewayError {
  return new GatewayError('WEIR_ERR_VAULT', 'The vault file holds a change that is not one.')
}
