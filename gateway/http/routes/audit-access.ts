import type { FastifyRequest } from 'fastify'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Govern } from '../../core/govern.ts'
import type { Ledger } from '../../core/ports.ts'
import type { Permit } from '../../core/permit.ts'
import type { Wanted } from '../../identity/scope.ts'
import { callerOf } from '../plugins/caller.ts'

/** What a caller may see of the ledger: each named part limits it. */
export interface Sight { readonly actor?: string, readonly app?: string, readonly env?: string }

export interface AccessOptions {
  readonly govern: Govern
  readonly contextOf: (request: FastifyRequest, wanted: Wanted) => Context
}

/**
 * Asks policy whether the caller may read here, and how much of it. `own_only` limits to the caller's own entries; a
 * token for one app or environment sees no other.
 *
 * @throws GatewayError WEIR_ERR_DENIED, WEIR_ERR_PENDING
 */
export async function readAccess (request: FastifyRequest, path: string, kind: 'weir-audit' | 'weir-usage', options: AccessOptions): Promise<{ permit: Permit, sight: Sight }> {
  const caller = callerOf(request)
  const context = options.contextOf(request, {})
  const { decision, permit, entry } = await options.govern({ kind: 'route', method: 'GET', path, class: kind }, context)
  if (permit === null) {
    throw new GatewayError(decision.verdict === 'pending' ? 'WEIR_ERR_PENDING' : 'WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
  }
  // Only a plain "no limit" lifts it: an obligation that cannot be read is one that limits.
  const seesAll = (decision.obligations['own_only'] ?? false) === false
  return {
    permit,
    sight: {
      ...(seesAll ? {} : { actor: caller.actor.id }),
      ...(caller.app === null ? {} : { app: caller.app }),
      ...(caller.environment === null ? {} : { env: caller.environment }),
    },
  }
}

/** Performs a permitted read and records what became of it. */
export async function settled<T> (ledger: Ledger, permit: Permit, read: () => Promise<T>, detailOf: (found: T) => Readonly<Record<string, unknown>>): Promise<T> {
  try {
    const found = await read()
    ledger.settle(permit, 'done', detailOf(found))
    return found
  } catch (error) {
    ledger.settle(permit, 'failed', {})
    throw error
  }
}
