import type { Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import type { KeyName } from './key-name.ts'
import { findMasterKey, type MasterKeys } from './master-key.ts'
import { openDataKey, openFirst, openValue, sealId, type FirstRecord, type SealedRecord } from './sealed-record.ts'
import { fileStamp, readVaultFile, type ReadContent } from './vault-file.ts'

/** A provider key in use. `id` may be recorded; `value` goes to the provider and nowhere else. */
export interface ProviderKey { readonly id: string, readonly value: string, readonly weight: number }

/** A vault file as it was read, and every key of it that the master keys at hand open. */
export interface OpenedVault {
  readonly stamp: string | null
  readonly content: ReadContent
  readonly values: ReadonlyMap<string, string>
  /** The same values, as one array. */
  readonly held: readonly string[]
  /** By `sealId`. */
  readonly dataKeys: ReadonlyMap<string, Buffer>
  /** Ids of master keys that records are under and that are not at hand. */
  readonly missing: ReadonlySet<string>
  /** Until when `find` gives the right keys, Unix ms: then one of them retires. */
  readonly validUntilMs: number
  /** The keys of an app, else those of its environment. Allocates nothing. @throws GatewayError WEIR_ERR_VAULT when none of them could be opened */
  find (provider: string, environment: Environment, app: string | null): readonly ProviderKey[]
}

const NONE: readonly ProviderKey[] = Object.freeze([])
const UNOPENED: readonly ProviderKey[] = Object.freeze([])
const LAST_CHOICE = 1e-6 // a key that retires is used when the one that replaced it is refused

/**
 * Reads and opens a vault.
 *
 * @param before what was open until now. A rotation of the master key changes no value, so what was opened once opens again with its
 * data key: a gateway that does not have the new master key yet goes on.
 * @throws GatewayError WEIR_ERR_VAULT when the file or a record in it was changed
 */
export function readOpened (file: string, masterKeys: MasterKeys, { nowMs, before }: { readonly nowMs: number, readonly before: OpenedVault | null }): OpenedVault {
  const stamp = fileStamp(file) // before reading: what is written meanwhile is then read again
  const content = readVaultFile(file)
  const values = new Map<string, string>()
  const dataKeys = new Map<string, Buffer>()
  const missing = new Set<string>()
  for (const record of content.records) {
    if (record.key === null) {
      values.set(record.id, openedFirst(record, masterKeys))
      continue
    }
    const dataKey = dataKeyOf(record, masterKeys) ?? before?.dataKeys.get(sealId(record))
    if (dataKey === undefined) {
      missing.add(record.key.master)
      continue
    }
    dataKeys.set(sealId(record), dataKey)
    values.set(record.id, openValue(record, dataKey))
  }
  return { stamp, content, values, held: [...values.values()], dataKeys, missing, ...inForce(content.records, values, nowMs) }
}

/** The same vault at a later time: without the keys that have retired. */
export function asOf (opened: OpenedVault, nowMs: number): OpenedVault {
  return { ...opened, ...inForce(opened.content.records, opened.values, nowMs) }
}

function dataKeyOf (record: SealedRecord, masterKeys: MasterKeys): Buffer | null {
  const master = findMasterKey(masterKeys, record.key.master)
  return master === null ? null : openDataKey(record, master)
}

function openedFirst (record: FirstRecord, { current, next }: MasterKeys): string {
  try {
    return openFirst(record, current)
  } catch (error) {
    if (next === null) throw error
    return openFirst(record, next)
  }
}

interface OfProvider { readonly all: readonly ProviderKey[], readonly apps: ReadonlyMap<string, readonly ProviderKey[]> }

function inForce (records: readonly KeyName[], values: ReadonlyMap<string, string>, nowMs: number): Pick<OpenedVault, 'find' | 'validUntilMs'> {
  const used = records.filter(({ retires = Infinity }) => retires > nowMs)
  const environments = new Map<Environment, Map<string, OfProvider>>()
  for (const [environment, ofEnvironment] of grouped(used, ({ environment }) => environment)) {
    environments.set(environment, new Map([...grouped(ofEnvironment, ({ provider }) => provider)].map(([provider, names]) => [provider, ofProvider(names, values)])))
  }
  return {
    validUntilMs: Math.min(...used.map(({ retires = Infinity }) => retires)),
    find (provider, environment, app) {
      const keys = environments.get(environment)?.get(provider)
      if (keys === undefined) return NONE
      const found = app === null ? keys.all : keys.apps.get(app) ?? keys.all
      if (found === UNOPENED) throw new GatewayError('WEIR_ERR_VAULT', 'The keys of this provider are under a master key that this gateway does not have.')
      return found
    },
  }
}

function ofProvider (names: readonly KeyName[], values: ReadonlyMap<string, string>): OfProvider {
  const apps = new Map<string, readonly ProviderKey[]>()
  let all = NONE
  for (const [app, ofApp] of grouped(names, ({ app = null }) => app)) {
    if (app === null) all = providerKeys(ofApp, values)
    else apps.set(app, providerKeys(ofApp, values))
  }
  return { all, apps }
}

function providerKeys (names: readonly KeyName[], values: ReadonlyMap<string, string>): readonly ProviderKey[] {
  const opened = names.flatMap(({ id, weight = 1, retires }) => {
    const value = values.get(id)
    return value === undefined ? [] : [{ id, value, weight: retires === undefined ? weight : LAST_CHOICE }]
  })
  return opened.length === 0 ? UNOPENED : opened
}

function grouped<T, K> (items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}
