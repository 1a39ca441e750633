import type { FastifyPluginAsync } from 'fastify'
import type { BudgetStanding } from '../../open/budgets.ts'
import type { Ledger } from '../../core/ports.ts'
import { readAccess, settled, type AccessOptions, type Sight } from './audit-access.ts'

const PATH = '/weir/api/v1/usage/budgets'
const MOST = 1_000

export interface BudgetRoutesOptions extends AccessOptions {
  readonly journal: Ledger
  /** Null when there are no budgets. */
  readonly standings: (nowMs: number) => readonly BudgetStanding[] | null
}

/**
 * `GET /weir/api/v1/usage/budgets`: budgets with their use and what it comes to at the pace so far, the fullest first. Whoever sees only their
 * own sees the accounts that are kept for them alone.
 */
export const budgetRoutes: FastifyPluginAsync<BudgetRoutesOptions> = async (app, options) => {
  app.get(PATH, async (request) => {
    const { permit, sight } = await readAccess(request, PATH, 'weir-usage', options)
    const all = await settled(options.journal, permit, async () => (options.standings(Date.now()) ?? []).filter((row) => isInSight(row, sight)), ({ length }) => ({ rows: length }))
    const rows = all.toSorted((a, b) => fullness(b) - fullness(a)).slice(0, MOST)
    return { rows, more: all.length - rows.length }
  })
}

// An account for several is told apart by nothing that the caller is: what others spend of it is not theirs to see.
function isInSight ({ of }: BudgetStanding, { actor, app, env }: Sight): boolean {
  return (actor === undefined || of.actor === actor) && (app === undefined || of.app === app) && (env === undefined || of.environment === env)
}

function fullness ({ used, max }: BudgetStanding): number {
  if (used === null) return 0
  return max === 0 ? Infinity : used / max
}
