import type { DecisionBody, LedgerEntry } from '../core/ledger-entry.ts'
import { MAX_TEXT_CHARS, numberOf, textOf } from './entry-words.ts'
import type { EventData } from './event-schema.ts'

type About = keyof EventData['session.started']
type EventEntry = Extract<LedgerEntry, { kind: 'event' }>

/** What hooks call the ledger's events about releases. */
export const RELEASE_TYPES: Readonly<Record<string, 'release.made' | 'release.promoted' | 'release.rolled-back'>> = {
  'release-made': 'release.made',
  'release-promoted': 'release.promoted',
  'release-rolled-back': 'release.rolled-back',
}

export function isReleaseRefusal ({ input, decision }: Pick<DecisionBody, 'input' | 'decision'>): boolean {
  return input.kind === 'release' && decision.verdict === 'deny'
}

export function releaseMade (detail: EventEntry['detail']): Omit<EventData['release.made'], About> {
  return { ...named(detail), files: numberOf(detail['files']), bytes: numberOf(detail['bytes']) }
}

export function releasePointed (detail: EventEntry['detail']): Omit<EventData['release.promoted'], About> {
  return { ...named(detail), from: textOf(detail['from']) }
}

/** @param masked takes secrets out of a text */
export function refused ({ input: { release, actor }, decision: { rule, reason } }: DecisionBody, { masked }: { readonly masked: (text: string) => string }): Omit<EventData['release.refused'], About> {
  const action = release?.action ?? 'create'
  // Before it is made, it has no name that would mean anything to anybody.
  return { release: action === 'create' ? null : release?.id ?? null, action, role: actor.role, rule, reason: masked(reason).slice(0, MAX_TEXT_CHARS) }
}

/** What names the happening, however often the ledger tells it. */
export function releaseHappening ({ name, app, environment, detail: { release, decision, atMs } }: EventEntry): string {
  return `${name} ${app} ${environment} ${String(release)} ${String(decision)} ${String(atMs)}`
}

/** When it was so, Unix ms; the ledger is told later when a gateway was killed in between. */
export function releaseTime ({ time, detail }: EventEntry): number {
  return numberOf(detail['atMs']) ?? time
}

function named (detail: EventEntry['detail']): Pick<EventData['release.made'], 'release' | 'digest' | 'commit' | 'decision'> {
  return { release: textOf(detail['release']) ?? '', digest: textOf(detail['digest']) ?? '', commit: textOf(detail['commit']) ?? '', decision: numberOf(detail['decision']) }
}
