import { fileURLToPath } from 'node:url'
import { SECCOMP_FD } from './argv.ts'
import { startJail, type Jailed } from './jail.ts'
import { procOptions } from './masked-proc.ts'
import { seccompFilter } from './seccomp.ts'
import type { Sandbox } from './sandbox.ts'

/** The parts of a sandbox that reading its workspace takes. */
export type OverlayMount = Pick<Sandbox, 'holderPid' | 'mergedDir' | 'upperDir' | 'lowerDir'> & Partial<Pick<Sandbox, 'walls'>>

/**
 * Starts the overlay worker in walls of its own: no network, no capability, no other process, and nothing of the host but
 * Node, the two layers (read-only) and the workspace. So whatever link an agent plants leads to nothing worth reading.
 *
 * @throws GatewayError WEIR_ERR_SANDBOX
 */
export function startOverlayWorker (mount: OverlayMount): Jailed {
  const worker = fileURLToPath(new URL('./inside/overlay-worker/', import.meta.url))
  return startJail({
    holderPid: mount.holderPid,
    options: workerOptions(mount, worker),
    command: ['/weir/node', '--max-old-space-size=512', '/weir/overlay-worker/main.mjs'],
    filter: seccompFilter(process.arch),
    ...(mount.walls === undefined ? {} : { walls: mount.walls }),
    isFirst: true,
  })
}

function workerOptions (mount: OverlayMount, worker: string): string[] {
  return [
    '--unshare-all', '--die-with-parent', '--new-session', '--clearenv', '--cap-drop', 'ALL', '--hostname', 'weir',
    '--uid', '1000', '--gid', '1000', '--seccomp', String(SECCOMP_FD),
    '--ro-bind', '/usr', '/usr',
    '--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64',
    ...procOptions(), '--dev', '/dev', '--remount-ro', '/dev',
    '--ro-bind', process.execPath, '/weir/node',
    '--ro-bind', worker, '/weir/overlay-worker',
    '--ro-bind', mount.upperDir, '/upper',
    '--ro-bind', mount.lowerDir, '/lower',
    '--bind', mount.mergedDir, '/workspace',
    '--remount-ro', '/',
  ]
}
