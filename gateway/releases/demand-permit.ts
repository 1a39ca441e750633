import type { Context } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import type { Governor } from '../core/govern.ts'
import type { Permit } from '../core/permit.ts'
import type { ReleaseSubject } from '../core/subject.ts'

/** A permit, and the revision of the policy that gave it. */
export interface Granted { readonly permit: Permit, readonly revision: string }

/**
 * Asks policy about a release.
 *
 * @throws GatewayError WEIR_ERR_DENIED, or WEIR_ERR_PENDING naming the approval that it waits for
 */
export async function demandPermit ({ govern }: Governor, subject: ReleaseSubject, context: Context): Promise<Granted> {
  const { decision, permit, approval, entry } = await govern(subject, context)
  if (permit !== null) return { permit, revision: decision.revision }
  const refusal = { rule: decision.rule, decision: entry }
  if (approval === null) throw new GatewayError('WEIR_ERR_DENIED', decision.reason, refusal)
  throw new GatewayError('WEIR_ERR_PENDING', `${decision.reason} It waits as ${approval}; ask for the same again once it is approved.`, refusal)
}
