import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DriverOptions } from '../driver.ts'
import { createOverlayDriver } from '../overlay-driver.ts'
import type { SandboxDriver } from '../sandbox.ts'
import { findPodman } from './find-podman.ts'
import { podmanWalls } from './podman-walls.ts'
import { PLACES, type PodmanPaths } from './run-arguments.ts'
import { seccompProfile } from './seccomp-profile.ts'

export interface PodmanOptions extends DriverOptions {
  /** OCI runtime, by name or absolute path; null for podman's own choice. */
  readonly runtime: string | null
}

/**
 * The sandbox driver whose walls are OCI containers, made by podman without root, daemon or image. Nothing of the
 * user's own podman (store, configuration, locks) is read or written.
 *
 * @throws GatewayError WEIR_ERR_SANDBOX, also when there is no podman
 */
export async function createPodman (options: PodmanOptions): Promise<SandboxDriver> {
  const podman = findPodman()
  return await createOverlayDriver(options, (runtime) => podmanWalls(stagePodman(dirname(runtime.inside), podman, options.runtime)))
}

/** Writes podman's configuration below an absolute folder that outlives the containers. */
export function stagePodman (folder: string, podman: string, runtime: string | null): PodmanPaths {
  const dir = join(folder, 'podman')
  const paths: PodmanPaths = {
    podman,
    runtime,
    seccomp: join(dir, 'seccomp.json'),
    containersConf: join(dir, 'containers.conf'),
    storageConf: join(dir, 'storage.conf'),
  }
  mkdirSync(dir)
  writeFileSync(paths.seccomp, JSON.stringify(seccompProfile(process.arch)))
  // Locks in files: podman's others are shared memory that it has in common with the host's podman.
  writeFileSync(paths.containersConf, '[engine]\nlock_type = "file"\nevents_logger = "none"\ncgroup_manager = "cgroupfs"\nhooks_dir = []\n[containers]\nlog_driver = "none"\n')
  const { root, runRoot } = PLACES
  writeFileSync(paths.storageConf, `[storage]\ndriver = "vfs"\ngraphroot = ${JSON.stringify(root)}\nrunroot = ${JSON.stringify(runRoot)}\n`)
  return paths
}
