import type { Caller } from './caller.ts'
import { isName } from './credential.ts'

/** All tokens of an actor: those issued up to `beforeMs` are revoked. */
export interface ActorRevocation { readonly revokedActor: string, readonly beforeMs: number, readonly atMs: number }
/** What a directory says of an actor. While inactive no token is good; those issued before stay revoked afterwards. */
export interface ActorState { readonly stateOf: string, readonly active: boolean, readonly atMs: number }
/** An actor left a group: tokens issued until then no longer show it. */
export interface GroupLeft { readonly leftGroup: string, readonly actor: string, readonly atMs: number }
/** Everybody left a group. */
export interface GroupGone { readonly goneGroup: string, readonly atMs: number }

/** What takes something away from tokens that are out; every gateway must hear of it. */
export type Withdrawal = { readonly revoked: string, readonly atMs: number } | ActorRevocation | ActorState | GroupLeft | GroupGone

/** The part of a caller that a revocation can be about. */
export type Revocable = Pick<Caller, 'tokenId' | 'issuedAtMs'> & { readonly actor: Pick<Caller['actor'], 'id'> }

export interface Withdrawals {
  isRevoked (caller: Revocable): boolean
  /** Whether the directory lets this actor in; true for one it never spoke of. */
  isActive (actor: string): boolean
  /** Of these groups, those that the actor left since that moment. */
  groupsLeft (actor: string, sinceMs: number): readonly string[]
  /** Another number whenever an answer of `groupsLeft` may be another. */
  version (): number
}

export interface KeptWithdrawals extends Withdrawals {
  take (line: Withdrawal): void
  all (): readonly Withdrawal[]
}

/** What was taken away, by what it was taken from. */
export function createWithdrawals (): KeptWithdrawals {
  const all: Withdrawal[] = []
  const tokens = new Set<string>()
  const actors = new Map<string, number>()
  const inactive = new Map<string, number>()
  const left = new Map<string, Map<string, number>>()
  const gone = new Map<string, number>()

  function revokeUntil (actor: string, ms: number): void {
    actors.set(actor, Math.max(actors.get(actor) ?? 0, ms))
  }
  // Lines of several gateways come in any order: of two states of an actor the later one holds.
  const states = new Map<string, number>()
  function takeState ({ stateOf, active, atMs }: ActorState): void {
    if (!active) revokeUntil(stateOf, atMs)
    if (atMs < (states.get(stateOf) ?? 0)) return
    states.set(stateOf, atMs)
    if (active) inactive.delete(stateOf)
    else inactive.set(stateOf, atMs)
  }

  return {
    take (line) {
      all.push(line)
      if ('revoked' in line) tokens.add(line.revoked)
      else if ('revokedActor' in line) revokeUntil(line.revokedActor, line.beforeMs)
      else if ('stateOf' in line) takeState(line)
      else if ('goneGroup' in line) gone.set(line.goneGroup, Math.max(gone.get(line.goneGroup) ?? 0, line.atMs))
      else {
        const groups = left.get(line.actor) ?? new Map<string, number>()
        groups.set(line.leftGroup, Math.max(groups.get(line.leftGroup) ?? 0, line.atMs))
        left.set(line.actor, groups)
      }
    },
    all: () => all,
    isRevoked ({ tokenId, actor, issuedAtMs }) {
      // A token says only the second it is from: one of the second of the revocation is refused too.
      return tokens.has(tokenId) || issuedAtMs <= (actors.get(actor.id) ?? -1) || inactive.has(actor.id)
    },
    isActive: (actor) => !inactive.has(actor),
    groupsLeft (actor, sinceMs) {
      const groups = left.get(actor)
      if (groups === undefined && gone.size === 0) return []
      return [...groups ?? [], ...gone].filter(([, atMs]) => sinceMs <= atMs).map(([group]) => group)
    },
    version: () => all.length,
  }
}

/** A withdrawal as another process or gateway wrote it; null when it is none. */
export function withdrawalOf (value: unknown): Withdrawal | null {
  if (typeof value !== 'object' || value === null) return null
  const { revoked, revokedActor, beforeMs, stateOf, active, leftGroup, actor, goneGroup, atMs } = value as Readonly<Record<string, unknown>>
  if (!isTime(atMs)) return null
  if (isName(revoked)) return { revoked, atMs }
  if (isName(revokedActor)) return isTime(beforeMs) ? { revokedActor, beforeMs, atMs } : null
  if (isName(stateOf)) return typeof active === 'boolean' ? { stateOf, active, atMs } : null
  if (isName(goneGroup)) return { goneGroup, atMs }
  return isName(leftGroup) && isName(actor) ? { leftGroup, actor, atMs } : null
}

function isTime (value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
