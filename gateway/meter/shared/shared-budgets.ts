import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { RedisLink } from '../../redis/redis-link.ts'
import { allSpent, contributionText, type Contribution } from './contribution.ts'
import { createLastKnown, readOthers, withoutRunning, type Others } from './others.ts'
import { EXCHANGE, JOIN } from './scripts.ts'

/** `superseded`: another process has this gateway's name, so what either says replaces what the other one says. */
export type SharedState = 'up' | 'away' | 'superseded'

export interface SharedStatus {
  readonly state: SharedState
  /** Times that Redis went away or was not to be reached, since the start. */
  readonly errors: number
  /** Accounts of which the others do not know yet where they stand. */
  readonly unsent: number
  /** When Redis answered last, Unix ms; null for not yet. */
  readonly contactMs: number | null
}

/** What the others use of an account; null while it is not known. */
export type OthersOf = (account: string) => Others | null

/** Budgets that several gateways have in common. Each says what it uses itself; what an account stands at is the sum. */
export interface SharedBudgets {
  /**
   * Says where this gateway stands with these accounts, and hears what the others use at that moment. Never rejects. Null when they cannot
   * be asked now: go by `others`.
   */
  ask (accounts: readonly string[]): Promise<OthersOf> | null
  /** As last heard. Within the grace that stays valid while Redis is away; after it, or before the first contact, nothing is known. */
  readonly others: OthersOf
  /** The account of this gateway stands elsewhere now: the others are told with the next message. */
  changed (account: string): void
  /** All accounts of this gateway may stand elsewhere. */
  changedAll (): void
  status (): SharedStatus
  /** Tells the others what is left to tell; what still ran counts as spent. */
  close (): Promise<void>
}

export interface SharedBudgetsPorts {
  readonly link: RedisLink
  /** Of this gateway's ledger: the same after a restart, another one for each gateway. */
  readonly name: string
  readonly graceMs: number
  /** Longest time that the first request waits for the first contact, ms. */
  readonly firstContactMs: number
  readonly nowMs: () => number
  /** Where this gateway stands with an account, and how long that matters; null when it does not know, or the account is of no budget in force. */
  readonly own: (account: string) => { readonly contribution: Contribution, readonly keepMs: number } | null
  readonly ownAccounts: () => Iterable<string>
  readonly onWarning: (message: string, cause: unknown) => void
  /** A gateway that is silent for so long is taken to be gone, and what it held is free, ms. Default 10,000: some missed beats are no death. */
  readonly leaseMs?: number
}

const BEAT_MS = 1_000
const LEASE_MS = 10_000
const EPOCH_KEPT_MS = 800 * 86_400_000
const BATCH = 100
const PREFIX = 'weir:1:{budgets}:' // one hash slot: a cluster runs a script on one node only

export function createSharedBudgets (ports: SharedBudgetsPorts): SharedBudgets {
  const { link, name, nowMs } = ports
  const keys = [`${PREFIX}epoch:${name}`, `${PREFIX}alive`]
  const lastKnown = createLastKnown()
  const dirty = new Set<string>()
  let state: SharedState = 'away'
  let epoch = 0
  let serial = 0
  let joins = 0
  let contactMs: number | null = null
  let errors = 0
  let isJoining = false
  let isTelling: Promise<void> | null = null
  let isClosed = false
  let contacted: () => void = () => undefined
  const firstContact = Promise.race([new Promise<void>((resolve) => { contacted = resolve }), delay(ports.firstContactMs, undefined, { ref: false })])

  async function join (): Promise<void> {
    if (isJoining || isClosed || state !== 'away') return
    isJoining = true
    try {
      const valid = Number(await link.run(JOIN, keys, [name, epoch, EPOCH_KEPT_MS]))
      if (epoch !== 0 && valid !== epoch) return superseded()
      epoch = valid
      joins += 1
      state = 'up'
      heardFrom()
      changedAll()
    } catch (cause) {
      lost(cause)
    } finally {
      isJoining = false
    }
  }

  function heardFrom (): void {
    contactMs = nowMs()
    contacted()
  }

  function superseded (): void {
    state = 'superseded'
    dirty.clear()
    ports.onWarning('another gateway runs with a copy of this data directory; requests with a budget are refused here until this one is restarted alone', null)
  }

  function lost (cause: unknown): void {
    if (isClosed) return
    errors += 1
    if (state === 'up') ports.onWarning('Redis is away; budgets go by this gateway\'s own sums and the last ones of the others', cause)
    if (state !== 'superseded') state = 'away'
    dirty.clear() // all is said again with the next contact
    link.renew()
  }

  /** Hears of those accounts of which it is known here where they stand. Empty when Redis did not answer. */
  async function exchange (accounts: readonly string[], isLast = false): Promise<ReadonlyMap<string, Others | null>> {
    const joined = joins
    const asked: string[] = []
    const accountKeys: string[] = []
    serial += 1
    const args: Array<string | number> = [name, epoch, serial, ports.leaseMs ?? LEASE_MS, EPOCH_KEPT_MS]
    for (const account of accounts) {
      const own = ports.own(account)
      dirty.delete(account)
      if (own === null) continue
      asked.push(account)
      accountKeys.push(keyOf(account))
      args.push(own.keepMs, contributionText(isLast ? allSpent(own.contribution) : own.contribution))
    }
    try {
      const answer = await link.run(EXCHANGE, [...keys, ...accountKeys], args) as readonly unknown[]
      if (joined !== joins) return NOTHING_HEARD
      if (Number(answer[0]) !== epoch) return forgotten(Number(answer[0]))
      heardFrom()
      return new Map(asked.map((account, i) => [account, lastKnown.heard(account, readOthers(answer[i + 1]))]))
    } catch (cause) {
      if (joined === joins && state === 'up') lost(cause)
      return NOTHING_HEARD
    }
  }

  /** Redis lost its data, or somebody else has the name. */
  function forgotten (valid: number): typeof NOTHING_HEARD {
    if (valid > epoch) superseded()
    else if (state === 'up') {
      state = 'away'
      void join()
    }
    return NOTHING_HEARD
  }

  async function askNow (accounts: readonly string[]): Promise<OthersOf> {
    const heard = await exchange(accounts)
    return (account) => {
      const others = heard.get(account)
      return others === undefined ? othersOf(account) : others
    }
  }

  function othersOf (account: string): Others | null {
    if (state === 'up') return lastKnown.of(account)
    if (state === 'superseded' || contactMs === null || nowMs() - contactMs > ports.graceMs) return null
    const others = lastKnown.of(account)
    return others === null ? null : withoutRunning(others)
  }

  const isUp = (): boolean => state === 'up'

  function changed (account: string): void {
    if (state !== 'up') return
    dirty.add(account)
    isTelling ??= new Promise<void>((resolve) => { setImmediate(resolve) }).then(() => tell(false))
  }

  async function tell (isLast: boolean): Promise<void> {
    while (isUp() && dirty.size > 0) await exchange(firstOf(dirty), isLast)
    isTelling = null
  }

  function changedAll (): void {
    for (const account of ports.ownAccounts()) changed(account)
  }

  const beat = setInterval(() => {
    if (state === 'up') void exchange([])
    else if (link.isReady()) void join()
  }, BEAT_MS).unref()
  link.onReady(() => { void join() })

  return {
    ask (accounts) {
      if (state === 'up') return askNow(accounts)
      return contactMs === null && state === 'away' ? firstContact.then(() => state === 'up' ? askNow(accounts) : othersOf) : null
    },
    others: othersOf,
    changed,
    changedAll,
    status: () => ({ state, errors, unsent: dirty.size, contactMs }),
    async close () {
      clearInterval(beat)
      await isTelling
      for (const account of ports.ownAccounts()) dirty.add(account)
      await tell(true)
      isClosed = true
      link.close()
    },
  }
}

const NOTHING_HEARD: ReadonlyMap<string, Others | null> = new Map()

function keyOf (account: string): string {
  return `${PREFIX}account:${createHash('sha256').update(account).digest('base64url').slice(0, 32)}`
}

function firstOf (accounts: ReadonlySet<string>): readonly string[] {
  const first: string[] = []
  for (const account of accounts) {
    if (first.length === BATCH) break
    first.push(account)
  }
  return first
}
