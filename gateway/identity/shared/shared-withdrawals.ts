import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { RedisLink } from '../../redis/redis-link.ts'
import type { TokenRegistry } from '../token-registry.ts'
import { withdrawalOf, type Withdrawal } from '../withdrawals.ts'
import { EXCHANGE_WITHDRAWALS } from './exchange-script.ts'

// With the quarter of a second in which a gateway hears of its own command line, half of what a revocation may take.
const BEAT_MS = 200
// A Redis that is replaced by its replica forgets the last that it was told, and does not say so.
const RECONCILE_MS = 30_000
const BATCH = 500
const MAX_LINE_CHARS = 2_048 // names have at most 256
const KEYS = ['weir:1:{withdrawals}:epoch', 'weir:1:{withdrawals}:list'] // one hash slot: a cluster runs a script on one node only

/** Withdrawals that several gateways have in common. Each keeps all it ever heard of in its own registry. */
export interface SharedWithdrawals {
  /** Resolves at the first contact, or after the time that a start may wait for it. */
  ready (): Promise<void>
  /** Tells the others now what is new here, not with the next beat. */
  changed (): void
  /** When Redis answered last, Unix ms; null for not yet. */
  contactMs (): number | null
  /** Tells the others what is left to tell. */
  close (): Promise<void>
}

export interface SharedWithdrawalsPorts {
  readonly link: RedisLink
  readonly registry: Pick<TokenRegistry, 'withdrawals' | 'add'>
  /** Longest that `ready` takes, ms. */
  readonly firstContactMs: number
  readonly nowMs: () => number
  /** Told of each withdrawal of another gateway, once it is kept here. */
  readonly onReceived: (line: Withdrawal) => void
  readonly onWarning: (message: string, cause: unknown) => void
  /** After how long all is compared anew, ms. Default 30,000. */
  readonly reconcileMs?: number
}

/**
 * Adds what was taken away here to a list in Redis, and takes in what others added. Asked for in short beats, not announced: a message
 * that is lost would be a revocation that is. Taking something away twice is the same as once, so all of it may be sent again at any time.
 */
export function createSharedWithdrawals (ports: SharedWithdrawalsPorts): SharedWithdrawals {
  const { link, registry, nowMs } = ports
  const known = new Set<string>()
  let knownTo = 0
  let told = 0
  let mark = 0
  let epoch = ''
  let reconciledAtMs = nowMs()
  let contactMs: number | null = null
  let isWarned = false
  let running: Promise<void> | null = null
  let contacted: () => void = () => {}
  const firstContact = new Promise<void>((resolve) => { contacted = resolve })

  function isKnown (text: string): boolean {
    const all = registry.withdrawals()
    for (; knownTo < all.length; knownTo += 1) known.add(JSON.stringify(all[knownTo]))
    return known.has(text)
  }

  function startAnew (of: string): void {
    epoch = of
    told = 0
    mark = 0
  }

  function receive (texts: readonly unknown[]): void {
    const fresh = texts.map(readLine).filter((line) => line !== null).filter((line) => !isKnown(JSON.stringify(line)))
    if (fresh.length === 0) return
    registry.add(...fresh)
    for (const line of fresh) ports.onReceived(line)
  }

  /** @returns whether there is more to tell or to hear */
  async function exchange (): Promise<boolean> {
    const own = registry.withdrawals().slice(told, told + BATCH).map((line) => JSON.stringify(line))
    const answer = await link.run(EXCHANGE_WITHDRAWALS, KEYS, [randomBytes(12).toString('hex'), epoch, mark, BATCH, ...own]) as readonly unknown[]
    if (String(answer[0]) !== epoch) {
      startAnew(String(answer[0]))
      return true
    }
    const lines = Array.isArray(answer[2]) ? answer[2] as unknown[] : []
    told += own.length
    receive(lines)
    mark += lines.length
    // Shorter than what was read of it: Redis went back to an earlier state of the same list.
    if (Number(answer[1]) < mark) startAnew(epoch)
    return Number(answer[1]) > mark || registry.withdrawals().length > told
  }

  async function synchronise (): Promise<void> {
    try {
      if (nowMs() - reconciledAtMs >= (ports.reconcileMs ?? RECONCILE_MS)) {
        reconciledAtMs = nowMs()
        startAnew(epoch)
      }
      while (await exchange());
      contactMs = nowMs()
      isWarned = false
      contacted()
    } catch (cause) {
      if (!isWarned) ports.onWarning('Redis is away; revocations of other gateways are not heard until it is back, those known here hold', cause)
      isWarned = true
      link.renew()
    }
  }

  function changed (): void {
    if (link.isReady()) running ??= synchronise().finally(() => { running = null })
  }

  const beat = setInterval(changed, BEAT_MS).unref()
  link.onReady(changed)

  return {
    async ready () { await Promise.race([firstContact, delay(ports.firstContactMs, undefined, { ref: false })]) },
    changed,
    contactMs: () => contactMs,
    async close () {
      clearInterval(beat)
      await running
      if (registry.withdrawals().length > told && link.isReady()) await synchronise()
      link.close()
    },
  }
}

function readLine (text: unknown): Withdrawal | null {
  if (typeof text !== 'string' || text.length > MAX_LINE_CHARS) return null
  try {
    return withdrawalOf(JSON.parse(text))
  } catch {
    return null // written by none of us: it takes nothing away, and must not keep the rest from being read
  }
}
