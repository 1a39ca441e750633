import type { DriverOptions } from './driver.ts'
import { createOverlayDriver } from './overlay-driver.ts'
import type { SandboxDriver } from './sandbox.ts'
import { bubblewrapWalls } from './walls.ts'

/**
 * The sandbox driver for one machine: bubblewrap over an overlay in a user namespace, no root needed.
 * See `createOverlayDriver` for its bounds.
 *
 * @throws GatewayError WEIR_ERR_SANDBOX
 */
export async function createBubblewrap (options: DriverOptions): Promise<SandboxDriver> {
  return await createOverlayDriver(options, () => bubblewrapWalls, true)
}
