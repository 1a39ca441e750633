import { join } from 'node:path'
import type { Budgets } from '../core/budget.ts'
import { journalDirOf, type Journal } from '../ledger/journal.ts'
import { followSpending, type Spending } from '../ledger/spending.ts'
import { budgetIdOf, createAccounts, type Accounts } from '../meter/accounts.ts'
import type { SpentOf } from '../meter/budget-use.ts'
import { BUDGET_WARNING, type BudgetWarnings } from '../meter/budget-warnings.ts'
import type { Holds } from '../meter/holds.ts'

/** What was spent, for the budgets in force. Reads nothing before the first request that has a budget. */
export interface BudgetSpending {
  /** The accounts of the budgets in force; null while there are none. */
  accounts (): Accounts | null
  /** Null while it is not known for that account. */
  spentOf (account: string): SpentOf | null
  /** The accounts that something was spent of, as far as it is known. */
  keys (): Iterable<string>
  close (): Promise<void>
}

export interface BudgetSpendingPorts {
  readonly journal: Journal
  readonly dataDir: string
  readonly budgets: () => Budgets | undefined
  readonly holds: Holds
  readonly warnings: BudgetWarnings
  /** Called when sums of other accounts have become known. Default: nobody. */
  readonly onKnown?: (() => void) | undefined
  readonly onWarning: (message: string, cause: unknown) => void
}

const SNAPSHOT = 'spending.json' // beside the journal that it is of

interface Reading { readonly accounts: Accounts, readonly spending: Spending }

/**
 * Follows the journal for the budgets in force. When data bring budgets for somebody else, the journal is read again for them, beside
 * the sums of before: budgets that stayed the same are known all the while, and a new one is unknown until it has been added up.
 */
export function openSpending (ports: BudgetSpendingPorts): BudgetSpending {
  let budgets: Budgets | undefined
  let accounts: Accounts | null = null
  let current: Reading | null = null
  let before: Reading | null = null
  let hasRead = false // a snapshot is of a gateway that ran before: later readings must hear of every hold that ends
  const closing = new Set<Promise<void>>()

  function end (reading: Reading | null): void {
    if (reading === null) return
    const closed = reading.spending.close().finally(() => closing.delete(closed))
    closing.add(closed)
  }

  function follow (next: Accounts): void {
    if (before === null || current?.spending.sums() != null) {
      end(before)
      before = current
    } else end(current)
    current = read(next)
  }

  function read (accounts: Accounts): Reading {
    const early = new Set<number>()
    const isFirst = !hasRead
    hasRead = true
    const isCurrent = (): boolean => current === reading
    const reading: Reading = {
      accounts,
      spending: followSpending({
        journal: ports.journal,
        journalDir: journalDirOf(ports.dataDir),
        nowMs: Date.now,
        onWarning: ports.onWarning,
        accountsOf: (spender) => accounts.of(spender) ?? [],
        lasts: accounts.lasts,
        // A hold ends in the turn in which the sums that are looked at contain its outcome, so not by those that are still behind.
        onCounted (entry) {
          if (isCurrent() ? before === null : before === reading) ports.holds.counted(entry)
          else if (isCurrent() && ports.holds.waitsFor(entry)) early.add(entry)
        },
        onRead () {
          if (!isCurrent()) return
          end(before)
          before = null
          for (const entry of early) ports.holds.counted(entry)
          early.clear()
          ports.onKnown?.()
        },
        events: { name: BUDGET_WARNING, read: ports.warnings.noted, known: ports.warnings.inLedger },
        snapshot: { file: join(ports.dataDir, SNAPSHOT), signature: accounts.signature, restores: isFirst, keeps: isCurrent },
      }),
    }
    return reading
  }

  return {
    accounts () {
      const next = ports.budgets()
      if (next === budgets) return accounts
      budgets = next
      accounts = next === undefined || Object.keys(next).length === 0 ? null : createAccounts(next)
      if (accounts !== null && accounts.signature !== current?.accounts.signature) follow(accounts)
      return accounts
    },
    spentOf (account) {
      const sums = current?.spending.sums() ?? (before?.accounts.ids.has(budgetIdOf(account)) === true ? before.spending.sums() : null)
      return sums === null ? null : sums.of
    },
    keys: () => (current?.spending.sums() ?? before?.spending.sums())?.keys() ?? [],
    async close () {
      end(before)
      end(current)
      await Promise.all(closing)
    },
  }
}
