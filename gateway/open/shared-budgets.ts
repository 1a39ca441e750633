import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BudgetWindow } from '../core/budget.ts'
import { GatewayError } from '../core/errors.ts'
import type { Holds } from '../meter/holds.ts'
import { ownContribution } from '../meter/shared/own-standing.ts'
import { createSharedBudgets, type SharedBudgets } from '../meter/shared/shared-budgets.ts'
import type { BudgetSpending } from './spending.ts'
import { openRedisLink } from '../redis/redis-link.ts'

/** Where the gateways that share budgets meet. */
export interface RedisConfig {
  readonly url: string
  /** Certificates (PEM) of the authorities that its own must be by. Default: those that Node.js knows. */
  readonly ca?: string
  /** How long budgets may go by what was last heard while Redis is away, ms. */
  readonly graceMs: number
}

export interface SharedBudgetsOptions {
  readonly redis: RedisConfig
  readonly dataDir: string
  readonly spending: Pick<BudgetSpending, 'accounts' | 'spentOf' | 'keys'>
  readonly holds: Pick<Holds, 'held' | 'accounts'>
  readonly onWarning: (message: string, cause: unknown) => void
}

const TIMEOUT_MS = 500
const FIRST_CONTACT_MS = 2_000
const DAY_MS = 86_400_000
// Longer than the period, so that clocks need not agree; a month has two because a gateway may be off for one.
const KEPT_MS: Readonly<Record<BudgetWindow, number>> = { hour: DAY_MS, day: 3 * DAY_MS, month: 63 * DAY_MS, total: 800 * DAY_MS }
const NAME = /^[0-9a-f]{32}$/

/** @throws GatewayError WEIR_ERR_CONFIG_INVALID when the URL cannot be read, WEIR_ERR_STORE when the name of this gateway cannot be kept */
export function openSharedBudgets ({ redis, dataDir, spending, holds, onWarning }: SharedBudgetsOptions): SharedBudgets {
  return createSharedBudgets({
    link: openRedisLink({ url: redis.url, ca: redis.ca, timeoutMs: TIMEOUT_MS }),
    name: gatewayName(dataDir),
    graceMs: redis.graceMs,
    firstContactMs: FIRST_CONTACT_MS,
    nowMs: Date.now,
    onWarning,
    own (account) {
      const lasts = spending.accounts()?.lastsOf(account) ?? null
      const spentOf = spending.spentOf(account)
      return lasts === null || spentOf === null ? null : { contribution: ownContribution(account, spentOf, holds.held(account), Date.now()), keepMs: KEPT_MS[lasts] }
    },
    ownAccounts: () => new Set([...spending.keys(), ...holds.accounts()]),
  })
}

/** Goes with the ledger, by which a gateway knows after a restart what it has already said. */
function gatewayName (dataDir: string): string {
  const file = join(dataDir, 'gateway-name')
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    writeFileSync(file, randomBytes(16).toString('hex'), { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw new GatewayError('WEIR_ERR_STORE', 'The name of this gateway cannot be kept in the data directory.', { cause })
  }
  const name = readFileSync(file, 'utf8')
  if (!NAME.test(name)) throw new GatewayError('WEIR_ERR_STORE', `${file} does not hold the name of a gateway. Remove it when the ledger beside it is new.`)
  return name
}
