import type { LedgerEntry } from '../../core/ledger-entry.ts'
import type { Verdict } from '../../core/decision.ts'

/** What a list says of an entry. */
export interface EntryLine {
  readonly verdict: Verdict | null
  readonly what: string
  readonly about: string
  readonly actor: string | null
  readonly app: string | null
  readonly environment: string | null
  readonly session: string | null
}

export function lineOf (entry: LedgerEntry): EntryLine {
  if (entry.kind === 'decision') {
    const { input, decision } = entry
    return { verdict: decision.verdict, what: whatOf(input), about: decision.rule, actor: input.actor.id, app: input.app, environment: input.environment, session: input.session?.id ?? null }
  }
  if (entry.kind === 'outcome') return { verdict: null, what: `${entry.status}: effect of ${entry.of}`, about: 'outcome', actor: null, app: null, environment: null, session: null }
  return { verdict: null, what: Object.entries(entry.detail).slice(0, 4).map(([name, value]) => `${name} ${short(value)}`).join(', '), about: entry.name, actor: entry.actor, app: entry.app, environment: entry.environment, session: entry.session }
}

type Input = Extract<LedgerEntry, { kind: 'decision' }>['input']

function whatOf ({ kind, tool, command, targets, url, model, route, approval, release, session }: Input): string {
  if (command !== null) return command.text
  const named = targets.map(({ path }) => path).join(' ')
  if (tool !== null) return `${tool.native} ${url?.url ?? named}`.trim()
  if (model !== null) return `${model.provider}/${model.id}`
  if (route !== null) return `${route.method} ${route.path}`
  if (approval !== null) return `answer to ${approval.id}`
  if (release !== null) return `${release.action} ${release.id}`
  return `${kind} ${session?.id ?? named}`.trim()
}

function short (value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value) ?? '').slice(0, 80)
}

/** What the question was about, for filters. */
export function kindOf (entry: LedgerEntry): string {
  return entry.kind === 'decision' ? entry.input.kind : entry.kind
}
