import type { LedgerEntry } from '../core/ledger-entry.ts'
import { createUsageSums, USAGE_FIGURES, type UsageFigures, type UsageOwner, type UsagePeriod, type UsagePrices, type UsageRow } from './usage.ts'

/** What a report is by, and what its rows are grouped by: environments are always apart, and a session has one actor and one app. */
export const REPORT_GROUPS = {
  actor: ['actor', 'environment'],
  session: ['session', 'actor', 'app', 'environment'],
  rule: ['rule', 'environment'],
  app: ['app', 'environment'],
} as const
export type ReportBy = keyof typeof REPORT_GROUPS
export type ReportGroup = typeof REPORT_GROUPS[ReportBy][number]

export const REPORTS = Object.keys(REPORT_GROUPS) as ReadonlyArray<ReportBy>

/** Decisions of a group. `tried` is all of them; the next three add up to it. `toolCalls` and `approved` are parts: of what was tried, and of what was allowed. */
export const DECISION_FIGURES = ['tried', 'allowed', 'pending', 'denied', 'toolCalls', 'approved'] as const
export type DecisionFigure = typeof DECISION_FIGURES[number]

type Group = Readonly<Partial<Record<ReportGroup, string | null>>>

export interface DecisionRow extends Readonly<Record<DecisionFigure, number>> {
  readonly group: Group
  /** Names of the tools that were called for, and who approved what was `approved`; in order. */
  readonly tools: readonly string[]
  readonly approvedBy: readonly string[]
  /** Unix milliseconds of the first and the last decision; null where there is usage of earlier ones only. */
  readonly firstMs: number | null
  readonly lastMs: number | null
}

/** One line of a report. `usage` is what the group spent, from the same entries; null in a report by rule, which spends nothing. */
export interface ReportRow extends DecisionRow { readonly usage: (UsageFigures & UsagePrices) | null }

/** Which entries are counted; absent parts do not limit. */
export interface ReportQuery extends UsagePeriod, UsageOwner { readonly by: ReportBy }

interface Counted { readonly group: Group, readonly figures: Record<DecisionFigure, number>, readonly tools: Set<string>, readonly approvedBy: Set<string>, firstMs: number, lastMs: number }

/** A report out of the journal: of all its entries, in order. The same rows as the store's. */
export async function foldReport (entries: AsyncIterable<LedgerEntry>, query: ReportQuery): Promise<readonly ReportRow[]> {
  const usage = usageGroups(query.by)
  const spent = usage === null ? null : createUsageSums(usage, query)
  const counted = new Map<string, Counted>()
  for await (const entry of entries) {
    spent?.add(entry)
    if (entry.kind === 'decision' && isWanted(entry, query)) count(counted, entry, query.by)
  }
  const decisions = [...counted.values()].map(({ figures, tools, approvedBy, ...row }) => ({ ...row, ...figures, tools: [...tools].sort(), approvedBy: [...approvedBy].sort() }))
  return joinUsage(decisions, spent?.rows() ?? null)
}

/** What usage is grouped by to stand beside decisions; null for a report that has none. */
export function usageGroups (by: ReportBy): ReadonlyArray<Exclude<ReportGroup, 'rule'>> | null {
  return by === 'rule' ? null : REPORT_GROUPS[by]
}

/** Decisions with what their groups spent, also of groups that only spent: most tried first, then by group. */
export function joinUsage (decisions: readonly DecisionRow[], usage: readonly UsageRow[] | null): readonly ReportRow[] {
  const spent = new Map(usage?.map(({ group, ...figures }) => [idOf(group), { group, figures }]))
  const rows = decisions.map((row): ReportRow => {
    const id = idOf(row.group)
    const figures = spent.get(id)?.figures ?? UNSPENT
    spent.delete(id)
    return { ...row, usage: usage === null ? null : figures }
  })
  for (const { group, figures } of spent.values()) rows.push({ ...UNTRIED, group: group as Group, usage: figures })
  return rows.sort((a, b) => b.tried - a.tried || (idOf(a.group) < idOf(b.group) ? -1 : 1))
}

const UNTRIED = { tried: 0, allowed: 0, pending: 0, denied: 0, toolCalls: 0, approved: 0, tools: [], approvedBy: [], firstMs: null, lastMs: null } as const

const UNSPENT: NonNullable<ReportRow['usage']> = Object.freeze({ ...Object.fromEntries(USAGE_FIGURES.map((name) => [name, 0])) as UsageFigures, priceSources: [], unitPrices: [] })

type DecisionEntry = Extract<LedgerEntry, { kind: 'decision' }>

function isWanted ({ time, input }: DecisionEntry, { sinceMs = -Infinity, untilMs = Infinity, actor, app, environment }: ReportQuery): boolean {
  return time >= sinceMs && time < untilMs && (actor ?? input.actor.id) === input.actor.id && (app ?? input.app) === input.app && (environment ?? input.environment) === input.environment
}

function count (counted: Map<string, Counted>, entry: DecisionEntry, by: ReportBy): void {
  const { input, decision: { verdict, rule }, time } = entry
  const keys = { actor: input.actor.id, session: input.session?.id ?? null, app: input.app, environment: input.environment, rule }
  const group: Group = Object.fromEntries(REPORT_GROUPS[by].map((name) => [name, keys[name]]))
  const id = idOf(group)
  const row = counted.get(id) ?? { group, figures: { tried: 0, allowed: 0, pending: 0, denied: 0, toolCalls: 0, approved: 0 }, tools: new Set(), approvedBy: new Set(), firstMs: time, lastMs: time }
  counted.set(id, row)
  row.figures.tried += 1
  row.figures[FIGURE_OF[verdict]] += 1
  if (input.kind === 'tool-call') row.figures.toolCalls += 1
  if (input.tool !== null) row.tools.add(input.tool.name)
  // What an approver is asked by is an approval too, and not one that was given.
  const approver = verdict === 'allow' && input.kind !== 'approval' ? input.approval?.by ?? null : null
  if (approver !== null) {
    row.figures.approved += 1
    row.approvedBy.add(approver)
  }
  row.firstMs = Math.min(row.firstMs, time)
  row.lastMs = Math.max(row.lastMs, time)
}

const FIGURE_OF = { allow: 'allowed', pending: 'pending', deny: 'denied' } as const

// The order of a group's members depends on who made it.
function idOf (group: Readonly<Record<string, string | null | undefined>>): string {
  return JSON.stringify(Object.entries(group).sort(([a], [b]) => a < b ? -1 : 1))
}
