import { createBubblewrap } from './bubblewrap.ts'
import type { DriverOptions } from './driver.ts'
import type { DriverChoice } from './driver-names.ts'
import { createUncontained } from './no-walls.ts'
import { createPodman } from './podman/podman.ts'
import type { SandboxDriver } from './sandbox.ts'

/** The driver that the configuration names. @throws GatewayError WEIR_ERR_SANDBOX when it cannot work here */
export async function openSandboxDriver (choice: DriverChoice, options: DriverOptions): Promise<SandboxDriver> {
  switch (choice.sandbox) {
    case 'bubblewrap': return await createBubblewrap(options)
    case 'podman': return await createPodman({ ...options, runtime: choice.runtime })
    case 'none': return await createUncontained(options)
  }
}
