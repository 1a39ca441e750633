import type { Actor } from '../core/actor.ts'
import { asGatewayError, GatewayError } from '../core/errors.ts'
import type { Caller } from '../identity/caller.ts'
import { sessionKey } from './session-key.ts'
import type { AgentSession, Scope, Sessions } from './session.ts'
import type { SessionPorts } from './session-ports.ts'
import { startSession } from './session-starter.ts'

const MAX_SESSIONS = 256 // per gateway; an agent takes about 400 MB, so memory is the nearer limit
const MAX_CALLERS = 256 // tokens of one actor that a session remembers; the ones it forgets first are the ones used longest ago

interface Slot {
  readonly starting: Promise<AgentSession>
  /** Who used it, by token. */
  readonly callers: Map<string, Caller>
  session: AgentSession | null
  stopping: boolean
}

/** The sessions of one gateway. */
export function createSessions (ports: SessionPorts): Sessions {
  const slots = new Map<string, Slot>()
  const keyOf = createSlotKeys()
  let closed = false

  function begin (key: string, caller: Caller, scope: Scope): Slot {
    const onStopping = (): void => { slot.stopping = true }
    const slot: Slot = { starting: startSession(caller, scope, ports, onStopping), callers: new Map(), session: null, stopping: false }
    const leave = (): void => { if (slots.get(key) === slot) slots.delete(key) }
    slots.set(key, slot)
    slot.starting.then((session) => {
      slot.session = session
      return session.ended
    }).then(leave, leave)
    return slot
  }

  function running (): AgentSession[] {
    return [...slots.values()].flatMap((slot) => slot.stopping ? [] : slot.session ?? [])
  }

  return {
    async open (caller, scope) {
      if (closed) throw new GatewayError('WEIR_ERR_SANDBOX', 'The gateway is stopping.')
      const key = keyOf(caller.actor, scope)
      // A stopping session still brings in its changes; the next one starts from what it leaves.
      for (let slot = slots.get(key); slot?.stopping === true; slot = slots.get(key)) await slot.session?.ended
      const known = slots.get(key)
      if (known === undefined && slots.size >= MAX_SESSIONS) throw new GatewayError('WEIR_ERR_SANDBOX', `At most ${MAX_SESSIONS} sessions run at once.`)
      // Asked in the turn in which the slot is taken: a revocation of before is seen here, one of afterwards finds the slot.
      if (ports.isRevoked?.(caller) === true) throw new GatewayError('WEIR_ERR_AUTH_INVALID', 'The token was revoked.')
      const slot = known ?? begin(key, caller, scope)
      use(slot, caller)
      const session = await slot.starting
      session.touch()
      return session
    },
    byId (id) {
      // Asked for each name that a call touches: no list is made for it.
      for (const { session, stopping } of slots.values()) if (!stopping && session?.id === id) return session
      return null
    },
    list: running,
    endRevoked () {
      for (const slot of slots.values()) {
        if (slot.stopping || ![...slot.callers.values()].some((caller) => ports.isRevoked?.(caller) === true)) continue
        endSlot(slot, 'token-revoked').catch((thrown: unknown) => { ports.onError(asGatewayError(thrown), 'session stop') })
      }
    },
    async close () {
      closed = true
      const newestFirst = [...slots.values()].reverse()
      for (const slot of newestFirst) await endSlot(slot, 'gateway-stopped')
    },
  }
}

function createSlotKeys (): (actor: Actor, scope: Scope) => string {
  const known = new WeakMap<Actor, Map<string, string>>()
  return (actor, scope) => {
    const ofActor = known.get(actor)
    const place = `${scope.environment} ${scope.app}`
    const found = ofActor?.get(place)
    if (found !== undefined) return found
    const key = sessionKey(actor, scope)
    // Every request asks, and a token's actor is one object. Remembered only of what cannot change.
    if (Object.isFrozen(actor) && Object.isFrozen(actor.groups)) known.set(actor, (ofActor ?? new Map<string, string>()).set(place, key))
    return key
  }
}

async function endSlot (slot: Slot, reason: string): Promise<void> {
  const session = await slot.starting.catch(() => null) // a failed start is already reported to who asked for it
  await session?.stop(reason)
}

function use ({ callers }: Slot, caller: Caller): void {
  if (callers.get(caller.tokenId) === caller) return
  if (callers.size >= MAX_CALLERS) callers.delete(callers.keys().next().value ?? '')
  callers.set(caller.tokenId, caller)
}
