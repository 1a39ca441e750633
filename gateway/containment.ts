import type { Config } from './config.ts'
import { GatewayError } from './core/errors.ts'
import { NO_CONTAINMENT, type Uncontained } from './core/ledger-entry.ts'

export const UNSAFE_FLAG = '--unsafe-run-agents-without-a-sandbox'

/** What people are told wherever they look at such a gateway. */
export const UNCONTAINED = 'agents and their commands run WITHOUT A SANDBOX: they can read and change whatever this user can, and reach the network'

/**
 * `none` for a gateway that runs agents without a sandbox, null for every other. It takes both the configuration and the command line: a file
 * that was copied, and a command that was, each leave the sandbox in place.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID when only one of the two says so
 */
export function containmentOf ({ agent, unsafeNoSandbox = false }: Pick<Config, 'agent' | 'unsafeNoSandbox'>): NonNullable<Uncontained['containment']> | null {
  const isNone = agent.sandbox === 'none'
  if (isNone && !unsafeNoSandbox) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `With agent.sandbox: none, ${UNCONTAINED}. If that is meant, start with ${UNSAFE_FLAG} as well; else set agent.sandbox to bubblewrap or podman.`)
  if (!isNone && unsafeNoSandbox) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `${UNSAFE_FLAG} is for agent.sandbox: none, and the configuration says ${agent.sandbox}. Leave the flag out.`)
  return isNone ? NO_CONTAINMENT : null
}
