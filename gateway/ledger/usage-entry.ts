import type { Actor } from '../core/actor.ts'
import type { LedgerEntry } from '../core/ledger-entry.ts'
import type { UsageFigures, UsageGroup } from './usage.ts'

/** What one entry adds to a report; figures that are left out are 0. */
export interface Used {
  readonly keys: Readonly<Record<Exclude<UsageGroup, 'day'>, string | null>>
  readonly figures: Readonly<Partial<UsageFigures>>
  readonly priceSource: string | null
  /** `provider/model: ` and its unit prices. */
  readonly unitPrices: string | null
}

/** The event that says what a session cost. */
export const SESSION_STOPPED = 'session-stopped'

type Owner = Readonly<Record<'org' | 'group' | 'actor' | 'app' | 'environment' | 'session', string | null>>

const NOBODY: Owner = { org: null, group: null, actor: null, app: null, environment: null, session: null }

/** Reads usage out of entries. Feed it every entry in order: an outcome is about the actor of its decision. */
export function createUsageReader (): (entry: LedgerEntry) => Used | null {
  const open = new Map<number, Owner>()
  return (entry) => {
    switch (entry.kind) {
      case 'decision': {
        const { input, decision } = entry
        // Nothing else is given usage: to remember every tool call would take a hundred times the memory.
        if (input.kind === 'model-request' && decision.verdict === 'allow') {
          open.set(entry.index, { ...ofActor(input.actor), app: input.app, environment: input.environment, session: input.session?.id ?? null })
        }
        return null
      }
      case 'outcome': {
        const owner = open.get(entry.of) ?? NOBODY
        open.delete(entry.of)
        return 'usage' in entry.detail ? ofRequest(owner, entry.detail) : null
      }
      case 'event': return entry.name === SESSION_STOPPED ? ofSession(entry) : null
    }
  }
}

/** The actor's groups as one name, so that each request counts once whatever a report is grouped by. */
export function groupName (groups: unknown): string | null {
  return Array.isArray(groups) && groups.length > 0 ? groups.map(String).sort().join(',') : null
}

function ofActor ({ id, org, groups }: Actor): Pick<Owner, 'actor' | 'org' | 'group'> {
  return { actor: id, org, group: groupName(groups) }
}

function ofRequest (owner: Owner, detail: Readonly<Record<string, unknown>>): Used {
  const at = membersOf(detail['usage'])
  const isEstimated = at('estimated') === true
  const cost = at('costNanoUsd')
  const [provider, model, units] = [text(at('provider')), text(at('model')), text(at('unitPrices'))]
  return {
    keys: { ...owner, provider, model, key: text(detail['keyId']) },
    priceSource: text(at('priceSource')),
    unitPrices: provider === null || model === null || units === null ? null : `${provider}/${model}: ${units}`,
    figures: {
      requests: 1,
      estimatedRequests: isEstimated ? 1 : 0,
      unpricedRequests: typeof cost === 'number' ? 0 : 1,
      guessedRequests: typeof cost === 'number' && at('priced') === false ? 1 : 0,
      webSearches: amount(at('webSearches')),
      fileSearches: amount(at('fileSearches')),
      inputTokens: amount(at('inputTokens')),
      cachedTokens: amount(at('cachedTokens')),
      cacheWriteTokens: amount(at('cacheWriteTokens')),
      cacheWrite1hTokens: amount(at('cacheWrite1hTokens')),
      audioInputTokens: amount(at('audioInputTokens')),
      outputTokens: amount(at('outputTokens')),
      reasoningTokens: amount(at('reasoningTokens')),
      audioOutputTokens: amount(at('audioOutputTokens')),
      costNanoUsd: amount(cost),
      estimatedCostNanoUsd: isEstimated ? amount(cost) : 0,
    },
  }
}

function ofSession ({ actor, app, environment, session, detail }: Extract<LedgerEntry, { kind: 'event' }>): Used {
  return {
    keys: { org: text(detail['org']), group: groupName(detail['groups']), actor, app, environment, session, provider: null, model: null, key: null },
    priceSource: null,
    unitPrices: null,
    figures: {
      sessions: 1,
      estimatedSessions: detail['estimated'] === true ? 1 : 0,
      sessionSeconds: amount(detail['sessionSeconds']),
      containerSeconds: amount(detail['containerSeconds']),
      milliCredits: amount(detail['milliCredits']),
    },
  }
}

function membersOf (value: unknown): (name: string) => unknown {
  return (name) => typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function amount (value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function text (value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
