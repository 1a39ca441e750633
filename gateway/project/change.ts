import { digestOf } from '../core/canonical-json.ts'
import type { Permit } from '../core/permit.ts'
import { CHANGE_SET } from '../core/tool-call.ts'
import type { TreeEntry } from './tree.ts'

/** One path of a change set as it was read: a new state, or (null) its deletion. `base` is the state it was made from. */
export interface Change {
  readonly path: string
  readonly next: TreeEntry | null
  readonly base: TreeEntry | null
  /** Set when this puts aside what somebody else made of the path: what it was made from at first. `base` is then what would be put aside. */
  readonly over?: TreeEntry | null
}

/** A change that policy allowed. `snapshot` is the private file that holds exactly the decided bytes; null for a deletion. */
export interface PermittedChange extends Change {
  readonly permit: Permit
  readonly snapshot: string | null
}

/** What a decision about a change is bound to: the action, its exact new content, and the content it replaces. */
export function changeDigest (change: Change): string {
  const { path, next, base, over } = change
  return digestOf({ native: CHANGE_SET, path, next, base, ...(over === undefined ? {} : { over }) })
}

/** Whether two places of a path hold the same: null and undefined both mean that nothing is there. */
export function sameEntry (a: TreeEntry | null | undefined, b: TreeEntry | null | undefined): boolean {
  return (a ?? null) === (b ?? null) || (a?.id === b?.id && a?.mode === b?.mode)
}
