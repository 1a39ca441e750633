import { join } from 'node:path'
import type { Config } from '../config.ts'
import { asGatewayError } from '../core/errors.ts'
import { openPolicySource } from '../open/policy-source.ts'
import { openBundleStore } from '../policy/bundle/store.ts'
import { openPolicyEngine } from '../policy/engine.ts'

/**
 * Says which policy a start would take now, and what of its source is not well. Changes nothing: what the running gateway
 * keeps stays as it is.
 *
 * @throws GatewayError when there is none, or the server's bundle would not be taken
 */
export async function bundleState (config: Config, env: NodeJS.ProcessEnv): Promise<string> {
  const kept = openBundleStore(join(config.dataDir, 'policy-bundle'))
  const store = { read: kept.read, write: async () => {} }
  const { source, server } = await openPolicySource(config.policies, { config, env, store, onWarning: () => {} })
  const problems: Error[] = []
  const engine = await openPolicyEngine({
    source,
    onEvent: (event) => { if ('error' in event) problems.push(asGatewayError(event.error)) },
  })
  const revision = `revision ${engine.current().revision}`
  const [problem] = problems
  if (problem !== undefined) throw new Error(`${problem.message} A start would take what was kept: ${revision}`)
  if (server === null) return revision
  const { signedAt } = server.status()
  return `${revision}, ${signedAt === null ? 'with no time of signing' : `signed ${new Date(signedAt * 1_000).toISOString()}`}`
}
