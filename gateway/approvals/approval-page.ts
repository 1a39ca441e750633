import type { Approval, ApprovalState } from './approval.ts'

/** Which approvals are wanted. `state`: default those of every state. `after` is the cursor of the page before. */
export interface PageWish {
  readonly state?: ApprovalState
  readonly app?: string
  readonly environment?: string
  readonly requestedBy?: string
  readonly permission?: string
  readonly session?: string
  readonly after?: string
  readonly limit: number
}

export interface ApprovalPage { readonly approvals: readonly Approval[], readonly nextCursor: string | null }

const FIELDS = ['state', 'app', 'environment', 'requestedBy', 'permission', 'session'] as const

/** One page, oldest first. A cursor keeps its place also when what it names is forgotten meanwhile. */
export function approvalPage (all: Iterable<Approval>, wish: PageWish, isVisible: (approval: Approval) => boolean): ApprovalPage {
  const filters = FIELDS.flatMap((name) => wish[name] === undefined ? [] : [[name, wish[name]] as const])
  const found: Approval[] = []
  const from = wish.after === undefined ? null : placeOf(wish.after)
  let isPast = from === null
  for (const approval of all) {
    if (!isPast && from !== null) {
      isPast = approval.heldAtMs > from.heldAtMs
      if (!isPast && approval.id === from.id) {
        isPast = true
        continue
      }
    }
    if (!isPast || !filters.every(([name, value]) => approval[name] === value) || !isVisible(approval)) continue
    if (found.length === wish.limit) return { approvals: found, nextCursor: cursorOf(found.at(-1)) }
    found.push(approval)
  }
  return { approvals: found, nextCursor: null }
}

/** `<held at, Unix ms>-<id>` */
export const CURSOR = '^[0-9]{1,16}-apr_[A-Za-z0-9]{1,64}$'

function cursorOf (last: Approval | undefined): string | null {
  return last === undefined ? null : `${last.heldAtMs}-${last.id}`
}

function placeOf (cursor: string): { readonly heldAtMs: number, readonly id: string } {
  const [heldAtMs = '', id = ''] = cursor.split('-')
  return { heldAtMs: Number(heldAtMs), id }
}
