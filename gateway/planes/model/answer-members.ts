import type { ServerResponse } from 'node:http'
import type { ModelFormat, ModelRequest } from '../../../adapters/model-format.ts'
import type { ChainMember, ProviderConfig } from '../../config.ts'
import type { ProviderKey } from '../../vault/vault.ts'
import { answerChain, type ChainTurn } from './answer-chain.ts'
import type { ChainMemory } from './chain-memory.ts'
import { providerOf, type ModelDoor, type ModelPlanePorts } from './model-ports.ts'
import type { Relayed } from './relay.ts'
import type { UpstreamChoice } from './upstream-choice.ts'

/** A request for a name that stands for a chain. */
export interface ChainedRequest {
  readonly provider: string
  readonly asked: ModelRequest
  readonly format: ModelFormat
  readonly body: Buffer
  readonly door: ModelDoor
  readonly response: ServerResponse
  readonly affinity: string | null
}

/** The same request of one member. */
export interface MemberRequest { readonly provider: string, readonly config: ProviderConfig, readonly asked: ModelRequest, readonly turn: ChainTurn }

export interface MembersPorts {
  readonly ports: Pick<ModelPlanePorts, 'governor' | 'vault' | 'providers' | 'isPriced'>
  readonly choice: UpstreamChoice
  readonly memory: ChainMemory
  readonly ask: (member: MemberRequest) => Promise<Relayed>
}

/** Puts a request to the members of its chain. @throws as `answerChain` does */
export function answerMembers (request: ChainedRequest, members: readonly ChainMember[], { ports, choice, memory, ask }: MembersPorts): Promise<void> {
  const { provider: own, asked, format, body, door, response, affinity } = request
  const configOf = ({ provider }: ChainMember): ProviderConfig => providerOf(ports.providers, provider)
  const someKey = (member: ChainMember, is: (key: ProviderKey | null) => boolean): boolean =>
    configOf(member).keyless === true ? is(null) : ports.vault.keys(member.provider, door.context.environment, door.context.app).some(is)
  return answerChain({ alias: `${own}/${asked.model}`, members, affinity, hasLeft: () => response.destroyed }, {
    ask: (member, turn) => ask({ provider: member.provider, config: configOf(member), asked: format.withModel(asked, member.model), turn }),
    mayAsk: (member) => ports.isPriced(member.provider, member.model) && someKey(member, (key) => isAllowed(member, key?.id ?? null)),
    isWell: (member) => someKey(member, (key) => key === null || !choice.rests.isResting(key.id)) &&
      choice.endpointsOf(member.provider, configOf(member)).some(({ breaker }) => !breaker.isResting()),
    memory,
    nowMs: choice.nowMs,
  })

  function isAllowed ({ provider, model }: ChainMember, key: string | null): boolean {
    const subject = { kind: 'model-request', provider, model, stream: asked.stream, bytes: body.length, scanned: true, key } as const
    return ports.governor.preview(subject, door.context).decision.verdict === 'allow'
  }
}
