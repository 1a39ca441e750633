import { join } from 'node:path'
import { asGatewayError, type GatewayError } from './core/errors.ts'
import type { EntryBody } from './core/ledger-entry.ts'
import { openPolicyEngine, type PolicyEvent } from './policy/engine.ts'
import { findOpa } from './policy/opa-binary.ts'
import { createShadow, type Shadow } from './policy/shadow.ts'

export interface ShadowPorts {
  /** Folder of the policy to compare with, absolute. */
  readonly dir: string
  readonly dataDir: string
  readonly env: NodeJS.ProcessEnv
  readonly record: (body: EntryBody) => void
  readonly onEvent: (event: PolicyEvent) => void
  /** It cannot be opened: the gateway goes on without a shadow. */
  readonly onUnusable: (error: GatewayError) => void
}

/** Opens the shadow policy of a folder and follows its changes. Null when it does not compile: what is compared stops nobody. */
export async function openShadow (ports: ShadowPorts): Promise<Shadow | null> {
  try {
    const engine = await openPolicyEngine({
      dir: ports.dir, opa: await findOpa(ports.env), cacheDir: join(ports.dataDir, 'shadow-policy-cache'), onEvent: ports.onEvent,
    })
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
