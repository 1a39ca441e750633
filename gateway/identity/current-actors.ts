import { NO_ROLE, type Actor } from '../core/actor.ts'
import type { Caller } from './caller.ts'
import type { Withdrawals } from './withdrawals.ts'

/** Which group makes which role: of several, the first in this order. */
export interface GroupRoles { readonly roles: ReadonlyArray<{ readonly group: string, readonly role: string }> }

export interface CurrentActorsPorts {
  /** Of the policy in force; another object when it changed. */
  readonly groupRoles: () => GroupRoles | undefined
  readonly registry: Pick<Withdrawals, 'groupsLeft' | 'version'>
}

/**
 * Actors whose role follows from their groups, as they are now. A token says who somebody is; what they may do is said by policy
 * data and by the directory, and both change while tokens and sessions live.
 */
export interface CurrentActors {
  /** The caller as it is now; the same object while nothing changed. One whose token names its role is returned as it is. */
  of (caller: Caller): Caller
  /** The same for the actor of an earlier answer, such as a session's. */
  current (actor: Actor): Actor
}

interface Known {
  readonly claimed: Caller
  caller: Caller
  roles: GroupRoles | undefined
  version: number
}

export function createCurrentActors (ports: CurrentActorsPorts): CurrentActors {
  const callers = new WeakMap<Caller, Known>()
  const actors = new WeakMap<Actor, Known>()

  function refreshed (known: Known): Known {
    const roles = ports.groupRoles()
    const version = ports.registry.version()
    if (known.version === version && known.roles === roles) return known
    known.version = version
    known.roles = roles
    const { claimed } = known
    const left = ports.registry.groupsLeft(claimed.actor.id, claimed.issuedAtMs)
    const groups = left.length === 0 ? claimed.actor.groups : Object.freeze(claimed.actor.groups.filter((group) => !left.includes(group)))
    const role = roleOf(groups, roles)
    if (role === known.caller.actor.role && groups.length === known.caller.actor.groups.length) return known
    known.caller = Object.freeze({ ...claimed, actor: Object.freeze({ ...claimed.actor, groups, role }) })
    actors.set(known.caller.actor, known)
    return known
  }

  return {
    of (caller) {
      if (caller.byGroups !== true) return caller
      let known = callers.get(caller)
      if (known === undefined) {
        known = { claimed: caller, caller, roles: undefined, version: -1 }
        callers.set(caller, known)
        actors.set(caller.actor, known)
      }
      return refreshed(known).caller
    },
    current (actor) {
      const known = actors.get(actor)
      return known === undefined ? actor : refreshed(known).caller.actor
    },
  }
}

function roleOf (groups: readonly string[], roles: GroupRoles | undefined): string {
  return roles?.roles[entryFor(groups, roles)]?.role ?? NO_ROLE
}

/** Which entry of the data makes the role of an actor with these groups; -1 for none. */
export function entryFor (groups: readonly string[], roles: GroupRoles | undefined): number {
  return roles?.roles.findIndex(({ group }) => groups.includes(group)) ?? -1
}
