import { ARGS_FD, CLOSE_INHERITED, MARK, SECCOMP_FD } from '../argv.ts'
import type { Walls } from '../walls.ts'
import { environmentFile, PLACES, runArguments, STATE, type PodmanPaths } from './run-arguments.ts'
import { readView, type View } from './view.ts'

/**
 * Runs in namespaces of this one container, inside the session's: a process namespace, so that the kernel ends podman,
 * its monitor and the container together; and a mount namespace, in which podman's state is memory that goes with it.
 *
 * - What is mounted below `/usr` is locked too: a container's read-only bind covers the topmost mount only.
 * - The environment comes on a descriptor that is a socket, which podman cannot open as a file.
 * - The session's own cgroup tree is mounted: runtimes look at its form, and a host's mixed old and new one stops them.
 */
const SCRIPT = `
set -e
mount -t proc proc /proc
for at in $(sed -n 's/^[^ ]* [^ ]* [^ ]* [^ ]* \\(\\/usr\\/[^ ]*\\) .*/\\1/p' /proc/self/mountinfo); do mount -o remount,bind,ro "$at"; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null || :
mount -t tmpfs -o mode=0711,size=67108864 tmpfs "$1"
umask 077
cat <&${ARGS_FD} >"$3"
exec ${ARGS_FD}<&- ${SECCOMP_FD}<&-
umask 022
mkdir -m 0755 "$2" "$1/home" "$1/xdg"
export HOME="$1/home" XDG_RUNTIME_DIR="$1/xdg"
shift 3
while [ "$1" != -- ]; do ln -s "$2" "$1"; shift 2; done
shift
exec "$@"
`

// Process 1 has to collect the dead and is deaf to signals, so it must not be the command itself. Its own words about
// how the command ended go nowhere.
const AS_FIRST = ['/bin/bash', '--norc', '-c', 'exec 3>&2 2>/dev/null; "$@" 2>&3 3>&-; exit $?', 'weir-first']

/** Walls made by podman and an OCI runtime. */
export function podmanWalls (paths: PodmanPaths): Walls {
  return ({ holderPid, options, command, isFirst, cpus }, mark) => {
    const view = readView(options)
    const whole = isFirst === true ? command : [...AS_FIRST, ...command]
    return {
      args: ['--norc', '-c', CLOSE_INHERITED, 'weir', ...enter(paths, holderPid, mark, cpus ?? null), ...inNamespaces(paths, view, whole)],
      feeds: [environmentFile(view.environment), Buffer.alloc(0)],
      outputIsCopied: true, // by podman and its monitor
    }
  }
}

function enter (paths: PodmanPaths, holderPid: number, mark: string, cpus: string | null): string[] {
  return [
    'env', '-i', 'PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin', `${MARK}=${mark}`,
    `CONTAINERS_CONF=${paths.containersConf}`, `CONTAINERS_STORAGE_CONF=${paths.storageConf}`,
    ...(cpus === null ? [] : ['taskset', '-c', cpus]),
    'nsenter', '-t', String(holderPid), '-U', '-m', '-p', '--preserve-credentials',
    'unshare', '--mount', '--pid', '--cgroup', '--fork', '--kill-child=KILL', '--',
  ]
}

function inNamespaces (paths: PodmanPaths, view: View, command: readonly string[]): string[] {
  const { rootfs, environment } = PLACES
  const links = view.links.flatMap(({ path, target }) => [`${rootfs}${path}`, target])
  return ['sh', '-c', SCRIPT, 'weir-container', STATE, rootfs, environment, ...links, '--', ...runArguments(paths, view, command)]
}
