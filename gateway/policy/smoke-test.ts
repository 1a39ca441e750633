import { HOST_RULES } from '../core/decision.ts'
import { GatewayError } from '../core/errors.ts'
import { NO_PARTS, type PolicyInput } from '../core/policy-input.ts'
import type { Policy } from '../core/ports.ts'

const HOST_RULE_IDS: readonly string[] = Object.values(HOST_RULES)

const NOBODY: PolicyInput = Object.freeze({
  ...NO_PARTS,
  kind: 'session',
  actor: { id: 'nobody', role: 'weir-smoke-test', groups: [], org: '' },
  app: '',
  environment: 'PROD',
  now_ms: 0,
} as const)

/**
 * Asks a new policy one question before it may decide anything: an unknown role wants a session in PROD.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when it gives no proper answer, or lets nobody in particular in
 */
export function smokeTest (policy: Policy): void {
  const { verdict, rule } = policy.evaluate(NOBODY)
  if (HOST_RULE_IDS.includes(rule)) throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The policy compiles but cannot decide (${rule}).`)
  if (verdict !== 'deny') throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The policy lets a role that nobody has start a session in PROD (${rule}).`)
}
