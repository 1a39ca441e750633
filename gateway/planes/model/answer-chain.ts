import type { ChainMember } from '../../config.ts'
import { GatewayError, type ErrorCode } from '../../core/errors.ts'
import type { ChainMemory } from './chain-memory.ts'
import { refusesKey } from './key-rests.ts'
import type { Relayed } from './relay.ts'
import { isSafeToRetry, type AttemptFailure } from './retry-rules.ts'

/** A request as one member of a chain is asked it. */
export interface ChainTurn {
  /** What the client asked for: `provider/model`. */
  readonly alias: string
  /** When the client began to wait, Unix ms. */
  readonly startedMs: number
  readonly givesWay: (failure: AttemptFailure) => boolean
  /** Whether the member is out by now while another one is well: somebody else's request is the probe. Asked just before the request goes. */
  readonly isPassedOver: () => boolean
}

export interface ChainRequest {
  readonly alias: string
  readonly members: readonly ChainMember[]
  /** What stays with one member while it is well; null for nothing. */
  readonly affinity: string | null
  readonly hasLeft: () => boolean
}

export interface ChainPorts {
  /** Decides and asks one member. @throws GatewayError when it was refused or could not be asked; nothing was then sent to the client */
  readonly ask: (member: ChainMember, turn: ChainTurn) => Promise<Relayed>
  /** Whether the member would be asked if it were its turn. Decides and records nothing. */
  readonly mayAsk: (member: ChainMember) => boolean
  /** Whether the member has an endpoint and a key that do not rest. */
  readonly isWell: (member: ChainMember) => boolean
  readonly memory: ChainMemory
  readonly nowMs: () => number
}

// Reasons that are the member's own. What else is thrown (no ledger, no policy) would be so of every other.
const OF_MEMBER: readonly ErrorCode[] = ['WEIR_ERR_DENIED', 'WEIR_ERR_KEY_MISSING', 'WEIR_ERR_PRICE_UNKNOWN', 'WEIR_ERR_ROUTE_UNKNOWN', 'WEIR_ERR_UPSTREAM']

/**
 * Asks the members of a chain one after the other until one answers: each is decided by policy, held, priced and recorded as the request
 * of its own that it is. Those that are not well come last, so that they are still asked when nobody else can be.
 *
 * @throws GatewayError the first member's refusal when all were refused; WEIR_ERR_UPSTREAM when a provider failed and no other took over
 */
export async function answerChain (request: ChainRequest, ports: ChainPorts): Promise<void> {
  const { alias, members, affinity, hasLeft } = request
  const startedMs = ports.nowMs()
  const key = affinity === null ? null : `${alias}\n${affinity}`
  let rest = preferred(members, key === null ? null : ports.memory.recall(key))
  let refusal: GatewayError | null = null
  let hasFailed = false
  while (rest.length > 0 && !hasLeft()) {
    const member = rest.find(ports.isWell) ?? rest[0]
    if (member === undefined) break
    const others = rest.filter((other) => other !== member)
    rest = others
    // A provider's own words are of more use to the client than the gateway's, so they pass when nobody can take over.
    const turn: ChainTurn = {
      alias,
      startedMs,
      givesWay: (failure) => mayBeAskedElsewhere(failure) && others.some((other) => mayAsk(other, ports)),
      isPassedOver: () => !ports.isWell(member) && others.some((other) => ports.isWell(other) && mayAsk(other, ports)),
    }
    try {
      const { status, notes } = await ports.ask(member, turn)
      if (notes.includes('gave-way')) {
        hasFailed = true
        continue
      }
      if (key !== null && status === 200) ports.memory.remember(key, member === members[0] ? null : nameOf(member))
      return
    } catch (thrown) {
      if (!isOfMember(thrown)) throw thrown
      refusal ??= thrown
    }
  }
  if (hasLeft()) return
  if (refusal !== null && !hasFailed) throw refusal
  throw new GatewayError('WEIR_ERR_UPSTREAM', 'None of the models that this name stands for could answer.')
}

// Asked from a connection's callback: what is thrown there ends the process. A member of whom it cannot be said is not counted on.
function mayAsk (member: ChainMember, ports: ChainPorts): boolean {
  try {
    return ports.mayAsk(member)
  } catch {
    return false
  }
}

function preferred (members: readonly ChainMember[], name: string | null): readonly ChainMember[] {
  const last = name === null ? undefined : members.find((member) => nameOf(member) === name)
  return last === undefined ? members : [last, ...members.filter((member) => member !== last)]
}

function nameOf ({ provider, model }: ChainMember): string {
  return `${provider}/${model}`
}

// What one provider cannot have billed, another may be asked; a refused key is refused by its own provider alone.
function mayBeAskedElsewhere (failure: AttemptFailure): boolean {
  return isSafeToRetry(failure) || (failure.status !== null && refusesKey(failure.status))
}

function isOfMember (thrown: unknown): thrown is GatewayError {
  return thrown instanceof GatewayError && OF_MEMBER.includes(thrown.code)
}
