import type { LedgerEntry } from '../core/ledger-entry.ts'

/** Who and what an entry is about: the columns it is searched and shown by. */
export interface EntryAbout {
  readonly plane: string | null
  readonly actor: string | null
  readonly app: string | null
  readonly environment: string | null
  readonly session: string | null
  readonly verdict: string | null
  readonly rule: string | null
  readonly revision: string | null
  readonly tool: string | null
  readonly request: string | null
}

const NOTHING: EntryAbout = {
  plane: null, actor: null, app: null, environment: null, session: null, verdict: null, rule: null, revision: null, tool: null, request: null,
}

/** What an entry is about. An outcome is about the actor, app, environment, session and request of its decision. */
export function about (entry: LedgerEntry, of: EntryAbout | null): EntryAbout {
  switch (entry.kind) {
    case 'decision': {
      const { input, decision } = entry
      return {
        plane: entry.plane,
        actor: input.actor.id,
        app: input.app,
        environment: input.environment,
        session: input.session?.id ?? null,
        verdict: decision.verdict,
        rule: decision.rule,
        revision: decision.revision,
        tool: input.tool?.name ?? null,
        request: entry.request ?? null,
      }
    }
    case 'outcome': return of === null ? NOTHING : ofDecision(of)
    case 'event': return { ...NOTHING, actor: entry.actor, app: entry.app, environment: entry.environment, session: entry.session }
  }
}

/** What an outcome takes over from its decision. */
export function ofDecision ({ actor, app, environment, session, request }: Pick<EntryAbout, 'actor' | 'app' | 'environment' | 'session' | 'request'>): EntryAbout {
  return { ...NOTHING, actor, app, environment, session, request }
}

/** Remembers allowed decisions until their outcome comes by. Feed it every entry in order. */
export interface OutcomeJoin { decisionOf (entry: LedgerEntry): EntryAbout | null }

export function joinOutcomes (): OutcomeJoin {
  const open = new Map<number, EntryAbout>()
  return {
    decisionOf (entry) {
      if (entry.kind === 'decision' && entry.decision.verdict === 'allow') open.set(entry.index, about(entry, null))
      if (entry.kind !== 'outcome') return null
      const found = open.get(entry.of) ?? null
      open.delete(entry.of)
      return found
    },
  }
}
