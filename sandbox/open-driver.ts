import { createBubblewrap } from './bubblewrap.ts'
import type { DriverOptions } from './driver.ts'
import type { DriverChoice } from './driver-names.ts'
import { createPodman } from './podman/podman.ts'
import type { SandboxDriver } from './sandbox.ts'

/** The driver that the configuration names. @throws GatewayError WEIR_ERR_SANDBOX when it cannot work here */
export async function openSandboxDriver (choice: DriverChoice, options: DriverOptions): Promise<SandboxDriver> {
  return choice.sandbox === 'podman' ? await createPodman({ ...options, runtime: choice.runtime }) : await createBubblewrap(options)
}
