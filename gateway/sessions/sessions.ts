import { digestOf } from '../core/canonical-json.ts'
import { GatewayError } from '../core/errors.ts'
import type { Caller } from '../identity/caller.ts'
import type { AgentSession, Scope, Sessions } from './session.ts'
import type { SessionPorts } from './session-ports.ts'
import { startSession } from './session-starter.ts'

const MAX_SESSIONS = 256 // per gateway; an agent takes about 400 MB, so memory is the nearer limit

interface Slot { readonly starting: Promise<AgentSession>, session: AgentSession | null, stopping: boolean }

/** The sessions of one gateway. */
export function createSessions (ports: SessionPorts): Sessions {
  const slots = new Map<string, Slot>()
  let closed = false

  function begin (key: string, caller: Caller, scope: Scope): Slot {
    const onStopping = (): void => { slot.stopping = true }
    const slot: Slot = { starting: startSession(caller, scope, ports, onStopping), session: null, stopping: false }
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
      // The whole actor, not its id alone: the same person with another role must not reach the first role's session.
      const key = digestOf({ actor: caller.actor, app: scope.app, environment: scope.environment })
      // A stopping session still brings in its changes; the next one starts from what it leaves.
      for (let slot = slots.get(key); slot?.stopping === true; slot = slots.get(key)) await slot.session?.ended
      const known = slots.get(key)
      if (known === undefined && slots.size >= MAX_SESSIONS) throw new GatewayError('WEIR_ERR_SANDBOX', `At most ${MAX_SESSIONS} sessions run at once.`)
      const session = await (known ?? begin(key, caller, scope)).starting
      session.touch()
      return session
    },
    byId: (id) => running().find((session) => session.id === id) ?? null,
    list: running,
    async close () {
      closed = true
      const newestFirst = [...slots.values()].reverse()
      for (const slot of newestFirst) await endSlot(slot)
    },
  }
}

async function endSlot (slot: Slot): Promise<void> {
  const session = await slot.starting.catch(() => null) // a failed start is already reported to who asked for it
  await session?.stop('gateway-stopped')
}
