import { join } from 'node:path'
import type { Config } from '../config.ts'
import { asGatewayError, type GatewayError } from '../core/errors.ts'
import type { EntryBody } from '../core/ledger-entry.ts'
import { openPolicySource } from './policy-source.ts'
import { openPolicyEngine, type PolicyEvent } from '../policy/engine.ts'
import { createShadow, type Shadow } from '../policy/shadow.ts'

export interface ShadowPorts {
  /** The policy to compare with. */
  readonly policies: Config['policies']
  readonly dataDir: string
  readonly env: NodeJS.ProcessEnv
  readonly record: (body: EntryBody) => void
  readonly onEvent: (event: PolicyEvent) => void
  readonly onWarning: (message: string, cause: unknown) => void
  /** It cannot be opened: the gateway goes on without a shadow. */
  readonly onUnusable: (error: GatewayError) => void
}

/** Opens the shadow policy and follows its changes. Null when it cannot be had or does not compile: what is compared stops nobody. */
export async function openShadow (ports: ShadowPorts): Promise<Shadow | null> {
  try {
    // A folder of its own: the last good bundle of the shadow must never stand in for the policy in force.
    const config = { dataDir: join(ports.dataDir, 'shadow'), allowOlderPolicy: false }
    const { source } = await openPolicySource(ports.policies, { config, env: ports.env, onWarning: ports.onWarning })
    const engine = await openPolicyEngine({ source, onEvent: ports.onEvent })
    const shadow = createShadow({ policy: () => engine.current(), record: ports.record })
    const unwatch = engine.watch()
    return {
      ...shadow,
      close () {
        unwatch()
        shadow.close()
      },
    }
  } catch (thrown) {
    ports.onUnusable(asGatewayError(thrown))
    return null
  }
}
