/** The command line of one container. Pure: what it lets through beside the view is all in this file. */
import { existsSync } from 'node:fs'
import type { View } from './view.ts'

/** Host paths of the driver. */
export interface PodmanPaths {
  readonly podman: string
  /** The OCI runtime, by name or path; null for podman's own choice. */
  readonly runtime: string | null
  readonly seccomp: string
  readonly containersConf: string
  readonly storageConf: string
}

const UNSIZED_SCRATCH_BYTES = 268_435_456

/**
 * Where podman keeps what it knows of a container: a memory file system of the container's own, which hides the host's
 * folder. It is there on every Linux, and short: podman refuses a runroot longer than 50 characters.
 */
export const STATE = '/dev/shm'

export const PLACES = {
  root: `${STATE}/store`,
  runRoot: `${STATE}/run`,
  runtimeState: `${STATE}/runtime`,
  tmp: `${STATE}/tmp`,
  rootfs: `${STATE}/rootfs`,
  environment: `${STATE}/environment`,
} as const

/** `podman run …` for a view. @throws RangeError for a path podman would read otherwise */
export function runArguments (paths: PodmanPaths, view: View, command: readonly string[]): string[] {
  const { root, runRoot, runtimeState, tmp, rootfs, environment } = PLACES
  return [
    paths.podman, '--root', root, '--runroot', runRoot, '--tmpdir', tmp, '--storage-driver', 'vfs', '--runtime-flag', `root=${runtimeState}`,
    ...(paths.runtime === null ? [] : ['--runtime', paths.runtime]),
    'run', '--rm', '--interactive', '--sig-proxy=false', '--name', 'weir', '--hostname', view.hostname, '--no-hosts',
    // The limits are set inside and around the session: a user namespace owns no control group.
    '--cgroups', 'disabled', '--ulimit', 'host', '--log-driver', 'none',
    '--network', 'none', '--http-proxy=false', '--ipc', 'private', '--uts', 'private', '--pid', 'private',
    // The only user there is: whoever runs the gateway, under an ordinary number.
    '--uidmap', `${view.user}:0:1`, '--gidmap', `${view.user}:0:1`, '--user', `${view.user}:${view.user}`,
    '--cap-drop', 'all', '--security-opt', 'no-new-privileges', '--security-opt', `seccomp=${paths.seccomp}`, ...(view.masked.length === 0 ? [] : ['--security-opt', `mask=${view.masked.join(':')}`]),
    '--read-only', '--read-only-tmpfs=false',
    '--tmpfs', '/sys:ro,size=4096,notmpcopyup',
    ...view.scratch.flatMap(({ path, bytes }) => ['--tmpfs', `${plain(path)}:rw,exec,nosuid,nodev,mode=1777,notmpcopyup,size=${bytes ?? UNSIZED_SCRATCH_BYTES}`]),
    ...view.binds.filter(({ from, optional }) => !optional || existsSync(from)).flatMap(({ from, to, writable }) => ['--volume', `${plain(from)}:${plain(to)}:${writable ? 'rw' : 'ro'}`]),
    '--unsetenv-all', '--env-file', environment, '--workdir', view.directory,
    '--rootfs', rootfs, ...command,
  ]
}

/** A path as podman's `from:to:options` takes it. */
function plain (path: string): string {
  if (!path.startsWith('/') || /[:,\n]/.test(path)) throw new RangeError('a sandbox path holds a colon, comma or newline')
  return path
}

/** The environment as podman reads it from a file: one `NAME=value` a line. @throws RangeError when a value has lines */
export function environmentFile (environment: View['environment']): Buffer {
  // A line without `=` would be looked up in podman's own environment, and `*` there takes all of it.
  if (environment.some(({ name, value }) => !/^[A-Za-z_]\w*$/.test(name) || /[\r\n\0]/.test(value))) throw new RangeError('a variable of a sandbox has a name or value that a line cannot hold')
  return Buffer.from(environment.map(({ name, value }) => `${name}=${value}\n`).join(''))
}
