import { GatewayError } from '../core/errors.ts'
import { keyOf, type Approval, type ApprovalLine, type HeldCall } from './approval.ts'

/** The approvals in memory: in the order in which they were held, and by the call that they can cover. */
export interface ApprovalIndex {
  get (id: string): Approval | null
  /** All, oldest first. */
  all (): IterableIterator<Approval>
  /** The open ones (waiting or given) under a call's key, oldest first. */
  open (key: string): readonly Approval[]
  /** How many wait. */
  waiting (): number
  /** @throws GatewayError WEIR_ERR_STORE when the line speaks of an approval that was never held */
  apply (line: ApprovalLine): Approval
  drop (id: string): void
}

const NONE: readonly Approval[] = Object.freeze([])

export function createApprovalIndex (): ApprovalIndex {
  const byId = new Map<string, Approval>()
  // Every call that is decided is looked up here: among 10,000 that wait, too.
  const openByKey = new Map<string, Approval[]>()
  let waiting = 0

  function put (next: Approval): void {
    remove(byId.get(next.id))
    byId.set(next.id, next)
    if (next.state === 'waiting') waiting += 1
    if (next.state !== 'waiting' && next.state !== 'given') return
    const key = keyOf(next.digest, next.requestedBy, next.app, next.environment)
    openByKey.set(key, [...openByKey.get(key) ?? [], next])
  }

  function remove (known: Approval | undefined): void {
    if (known === undefined) return
    if (known.state === 'waiting') waiting -= 1
    const key = keyOf(known.digest, known.requestedBy, known.app, known.environment)
    const rest = (openByKey.get(key) ?? []).filter(({ id }) => id !== known.id)
    if (rest.length === 0) openByKey.delete(key)
    else openByKey.set(key, rest)
  }

  return {
    get: (id) => byId.get(id) ?? null,
    all: () => byId.values(),
    open: (key) => openByKey.get(key) ?? NONE,
    waiting: () => waiting,
    apply (line) {
      const next = after(byId.get(line.kind === 'held' ? line.call.id : line.id), line)
      if (next === null) throw new GatewayError('WEIR_ERR_STORE', 'The approvals file speaks of an approval that it never held.')
      put(next)
      return next
    },
    drop (id) {
      remove(byId.get(id))
      byId.delete(id)
    },
  }
}

function after (before: Approval | undefined, line: ApprovalLine): Approval | null {
  if (line.kind === 'held') return approvalOf(line.call, WAITING)
  if (before === undefined) return null
  switch (line.kind) {
    case 'used': return approvalOf(before, { ...before, state: 'used' })
    case 'given': return approvalOf({ ...before, expiresAtMs: line.untilMs ?? before.expiresAtMs }, { state: 'given', by: line.by, saidAtMs: line.atMs, note: before.note, scope: line.scope ?? 'once' })
    // Who took a yes back is said in the note; whose yes it was stays.
    case 'revoked': return approvalOf(before, { ...before, state: 'revoked', note: `${line.by}: ${line.note}` })
    case 'refused': return approvalOf(before, { ...before, state: 'refused', by: line.by, saidAtMs: line.atMs, note: line.note })
  }
}

type Said = Omit<Approval, keyof HeldCall>

const WAITING: Said = Object.freeze({ state: 'waiting', by: null, saidAtMs: null, note: null, scope: null })

/** Every member in its place, for one shape: copies of parsed lines have a shape each, and a member of 10,000 of those takes 4 ms to read in place of 0.2. */
function approvalOf (call: HeldCall, { state, by, saidAtMs, note, scope }: Said): Approval {
  return Object.freeze({
    id: call.id,
    digest: call.digest,
    requestedBy: call.requestedBy,
    role: call.role,
    app: call.app,
    environment: call.environment,
    session: call.session,
    base: call.base,
    permission: call.permission,
    tool: call.tool,
    targets: call.targets,
    command: call.command,
    release: call.release,
    rule: call.rule,
    reason: call.reason,
    revision: call.revision,
    heldAtMs: call.heldAtMs,
    expiresAtMs: call.expiresAtMs,
    state,
    by,
    saidAtMs,
    note,
    scope,
  })
}
