import type { Governed, Preview } from '../../../core/govern.ts'
import type { WishedCall } from '../perform-call.ts'
import type { Changes } from './changes.ts'

/** For clients that show nothing but text. */

export function heldText ({ approval, decision: { reason } }: Pick<Governed, 'approval' | 'decision'>): string {
  return `${reason} It waits for a second person: approval ${approval ?? ''}.`
}

export interface PlannedNode { readonly node: string, readonly call: WishedCall, readonly preview: Preview }

/** `title` is empty for calls that a client named itself. */
export interface PlannedStep { readonly title: string, readonly nodes: readonly PlannedNode[] }

export function planText (steps: readonly PlannedStep[]): string {
  return steps.flatMap(({ title, nodes }) => [...title === '' ? [] : [`${title}:`], ...nodes.map(nodeText)]).join('\n')
}

function nodeText ({ node, call, preview: { decision, facts } }: PlannedNode): string {
  const about = facts === null ? '' : ` ${facts.command?.text ?? facts.targets.map(({ path }) => path).join(' ')}`
  const why = decision.verdict === 'allow' ? '' : `: ${decision.reason} (${decision.rule})`
  return `${node}. ${call.tool}${about}: ${decision.verdict}${why}`
}

export function changesText ({ commits, committed, pending, denied, conflicts }: Changes): string {
  return [
    ...committed.length === 0 ? [] : [`Part of the project now: ${committed.join(', ')} (${commits.join(', ')}).`],
    ...pending.map(({ path, approval }) => `${path} waits for a second person: approval ${approval}.`),
    ...denied.map(({ path, rule, feedback }) => `${path} was taken out (${rule}): ${feedback}`),
    ...conflicts.map(({ path, how }) => `${path} was changed by somebody else meanwhile: ${how}.`),
  ].join('\n')
}
