import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GatewayError } from '../../gateway/core/errors.ts'
import { BARE_ENVIRONMENT } from '../holder.ts'

/** Podman's path. @throws GatewayError WEIR_ERR_SANDBOX when it is in none of the system's program folders */
export function findPodman (): string {
  const found = BARE_ENVIRONMENT.PATH.split(':').map((folder) => join(folder, 'podman')).find(isProgram)
  if (found === undefined) throw new GatewayError('WEIR_ERR_SANDBOX', 'podman was not found. Install it (apt-get install --no-install-recommends podman crun), or set agent.sandbox to bubblewrap.')
  return found
}

/** What podman says of itself, e.g. `podman version 4.3.1`. */
export async function podmanVersion (): Promise<string> {
  const { stdout } = await promisify(execFile)(findPodman(), ['--version'], { env: BARE_ENVIRONMENT, timeout: 10_000 })
  return stdout.trim()
}

function isProgram (file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false // not in this folder
  }
}
