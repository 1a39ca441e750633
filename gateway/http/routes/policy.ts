import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Govern } from '../../core/govern.ts'
import type { Permit } from '../../core/permit.ts'
import type { PolicyInput } from '../../core/policy-input.ts'
import type { Ledger } from '../../core/ports.ts'
import { Type } from '../../core/schema-type.ts'
import type { Explanations } from '../../explanations.ts'
import type { Wanted } from '../../identity/scope.ts'
import type { PolicyEngine } from '../../policy/engine.ts'
import type { Replays } from '../../replays.ts'
import type { Shadow } from '../../policy/shadow.ts'
import { settled } from './audit-access.ts'

const PATH = '/weir/api/v1/policy'
const closed = { additionalProperties: false }
const MAX_BUNDLE_CHARS = 16 * 1024 * 1024 // of base64: 12 MiB of a gzipped bundle; ours has 0.1
const MAX_QUESTION_BYTES = 256 * 1024
const Replay = Type.Object({
  bundle: Type.String({ minLength: 1, maxLength: MAX_BUNDLE_CHARS, pattern: '^[A-Za-z0-9+/]+=*$' }),
  since: Type.Optional(Type.Number()),
  until: Type.Optional(Type.Number()),
  examples: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
}, closed)
const Question = Type.Object({ input: Type.Record(Type.String(), Type.Unknown()) }, closed)

export interface PolicyRoutesOptions {
  readonly govern: Govern
  readonly ledger: Ledger
  readonly policy: PolicyEngine
  readonly shadow: Shadow | null
  readonly replays: Pick<Replays, 'run'>
  readonly explanations: Pick<Explanations, 'of'>
  readonly contextOf: (request: FastifyRequest, wanted: Wanted) => Context
}

/**
 * `GET /weir/api/v1/policy`, `POST /policy/evaluate`, `POST /policy/explain` and `POST /policy/replay`: the policy in force, for roles with routes of class
 * `weir-policy`; a replay shows what others asked, so it needs `weir-audit` as well.
 */
export const policyRoutes: FastifyPluginAsync<PolicyRoutesOptions> = async (app, options) => {
  const { ledger, policy, shadow } = options

  app.get(PATH, async (request) => {
    const permit = await demandPolicyRoute(request, 'GET', PATH, options)
    return await settled(ledger, permit, async () => ({
      revision: policy.current().revision,
      rules: policy.rules(),
      shadow: shadow === null ? null : { revision: shadow.revision(), ...shadow.counts() },
    }), ({ rules }) => ({ rules: rules.length }))
  })

  // The caller brings the whole question, so that nobody's recorded one is shown. The answer binds nobody and is no Decision of a call.
  app.post(`${PATH}/evaluate`, { schema: { body: Question } }, async (request) => {
    const { input } = request.body as Static<typeof Question>
    const permit = await demandPolicyRoute(request, 'POST', `${PATH}/evaluate`, options)
    // Rules judge the shape themselves, and deny every other.
    const answer = await settled(ledger, permit, async () => policy.current().evaluate(input as unknown as PolicyInput), ({ verdict, rule }) => ({ verdict, rule }))
    return { decision: answer }
  })

  // Why, not what: every rule by itself, as `weir policy eval` shows them.
  app.post(`${PATH}/explain`, { schema: { body: Question }, bodyLimit: MAX_QUESTION_BYTES }, async (request) => {
    const { input } = request.body as Static<typeof Question>
    const permit = await demandPolicyRoute(request, 'POST', `${PATH}/explain`, options)
    const { revision } = policy.current()
    return { revision, ...await settled(ledger, permit, async () => await options.explanations.of(revision, input), ({ rules }) => ({ rules: rules.length })) }
  })

  app.post(`${PATH}/replay`, { schema: { body: Replay }, bodyLimit: MAX_BUNDLE_CHARS + 1_024 }, async (request) => {
    const { bundle, since, until, examples } = request.body as Static<typeof Replay>
    const permit = await demandPolicyRoute(request, 'POST', `${PATH}/replay`, options)
    return await settled(ledger, permit, async () => {
      const audit = await demandRoute(request, { method: 'POST', path: `${PATH}/replay`, class: 'weir-audit' }, options)
      ledger.settle(audit, 'done', {})
      return await options.replays.run({ archive: Buffer.from(bundle, 'base64'), sinceMs: since, untilMs: until, examples })
    }, ({ revision, replayed, changed }) => ({ revision, replayed, changed }))
  })
}

type Demanding = Pick<PolicyRoutesOptions, 'govern' | 'contextOf' | 'ledger'>
interface Route { readonly method: string, readonly path: string, readonly class: string }

/** @throws GatewayError WEIR_ERR_DENIED, WEIR_ERR_PENDING, also to a role that may look only at its own */
export async function demandPolicyRoute (request: FastifyRequest, method: string, path: string, options: Demanding): Promise<Permit> {
  return await demandRoute(request, { method, path, class: 'weir-policy' }, options)
}

async function demandRoute (request: FastifyRequest, route: Route, { govern, contextOf, ledger }: Demanding): Promise<Permit> {
  const { decision, permit, entry } = await govern({ kind: 'route', ...route }, contextOf(request, {}))
  if (permit === null) {
    throw new GatewayError(decision.verdict === 'pending' ? 'WEIR_ERR_PENDING' : 'WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
  }
  if ((decision.obligations['own_only'] ?? false) === false) return permit
  ledger.settle(permit, 'failed', {})
  throw new GatewayError('WEIR_ERR_DENIED', 'This shows what is everybody\'s: a role that may look only at its own has nothing to look at here.', { rule: decision.rule, decision: entry })
}
