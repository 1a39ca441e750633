import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { TOOL_ENDINGS } from '../../../sandbox/sandbox.ts'
import type { Actor } from '../../core/actor.ts'
import { digestOf } from '../../core/canonical-json.ts'
import { GatewayError } from '../../core/errors.ts'
import { OUTCOMES } from '../../core/ledger-entry.ts'
import type { Permit } from '../../core/permit.ts'
import type { Ledger } from '../../core/ports.ts'
import { Type } from '../../core/schema-type.ts'
import { callerOf } from '../plugins/caller.ts'

export const OUTCOME_PATH = '/weir/api/v1/decisions/:entry/outcome'

const MAX_AWAITED = 16_384 // of the gateway
const MAX_OF_ACTOR = 1_024 // more than `weir acp` can have open; beyond it the oldest is closed
const AWAITED_MS = 86_400_000 // a development server in an editor's terminal runs for a working day

const PERFORMED_BY_CALLER = Object.freeze({ performedBy: 'caller' })

const closed = { additionalProperties: false }
const Params = Type.Object({ entry: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) }, closed)
// Sizes and codes, as the tool plane records them: no text, in which content or a secret could be.
const Body = Type.Object({
  status: Type.Enum([...OUTCOMES]),
  bytes: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  how: Type.Optional(Type.Enum([...TOOL_ENDINGS])),
  code: Type.Optional(Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 })),
}, closed)

/** Allowed calls that their callers perform, and promised to tell the outcome of. */
export interface AwaitedOutcomes {
  /** Keeps the decision open for this actor's word, for a day. What cannot be kept is closed as `unknown`. */
  add (permit: Permit, actor: Actor): void
  /** Closes the decision. @returns false when this actor's word on it is not awaited */
  report (entry: number, actor: Actor, word: Static<typeof Body>): boolean
  /** Closes all as `unknown`. */
  close (): void
}

export function createAwaitedOutcomes (ledger: Pick<Ledger, 'settle'>): AwaitedOutcomes {
  const byActor = new Map<string, Map<number, { readonly permit: Permit, readonly timer: NodeJS.Timeout }>>()
  let size = 0

  function take (owner: string, entry: number): Permit | null {
    const own = byActor.get(owner)
    const found = own?.get(entry)
    if (own === undefined || found === undefined) return null
    clearTimeout(found.timer)
    own.delete(entry)
    if (own.size === 0) byActor.delete(owner)
    size -= 1
    return found.permit
  }

  function giveUp (owner: string, entry: number): void {
    const permit = take(owner, entry)
    if (permit !== null) ledger.settle(permit, 'unknown', PERFORMED_BY_CALLER)
  }

  return {
    add (permit, actor) {
      if (size >= MAX_AWAITED) return ledger.settle(permit, 'unknown', PERFORMED_BY_CALLER)
      const owner = digestOf(actor)
      const own = byActor.get(owner) ?? new Map<number, { permit: Permit, timer: NodeJS.Timeout }>()
      byActor.set(owner, own)
      own.set(permit.entry, { permit, timer: setTimeout(() => { giveUp(owner, permit.entry) }, AWAITED_MS).unref() })
      size += 1
      const [oldest] = own.keys()
      if (own.size > MAX_OF_ACTOR && oldest !== undefined) giveUp(owner, oldest)
    },
    report (entry, actor, { status, ...detail }) {
      const permit = take(digestOf(actor), entry)
      if (permit === null) return false
      ledger.settle(permit, status, { ...detail, ...PERFORMED_BY_CALLER })
      return true
    },
    close () {
      for (const [owner, own] of [...byActor]) for (const entry of [...own.keys()]) giveUp(owner, entry)
    },
  }
}

export interface OutcomeRoutesOptions {
  readonly awaited: AwaitedOutcomes
  /** The allow of a route of class `weir-decide`. @throws GatewayError WEIR_ERR_DENIED, WEIR_ERR_PENDING */
  readonly demand: (request: FastifyRequest, path: string) => Promise<void>
}

/**
 * `POST /weir/api/v1/decisions/:entry/outcome`: what became of an allowed call, from whoever asked for the decision and said `willReport`. Good once; the
 * ledger says that it is the caller's word. 404 when it is not awaited: a decision of somebody else is as unknown as one that never was.
 */
export const outcomeRoutes: FastifyPluginAsync<OutcomeRoutesOptions> = async (app, { awaited, demand }) => {
  app.addHook('preClose', async () => { awaited.close() })
  app.post(OUTCOME_PATH, { schema: { params: Params, body: Body } }, async (request) => {
    await demand(request, OUTCOME_PATH)
    const { entry } = request.params as Static<typeof Params>
    const word = request.body as Static<typeof Body>
    if (!awaited.report(entry, callerOf(request).actor, word)) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'No outcome of yours is awaited for this entry.')
    return { entry, status: word.status }
  })
}
