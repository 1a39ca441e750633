/** What of `/proc` no sandbox shows, whatever its driver: the machine's kernel, not the sandbox's processes. */
import { statSync } from 'node:fs'

// Where root runs the gateway, the user of a sandbox is the machine's root to the kernel's check of file modes, so what is
// root's alone (addresses, page tables, timers) would be readable without a capability. The others tell of keys, memory
// maps and timings of the machine, or may be written. Kernels have some of them only: by version, options and modules.
const FILES = [
  'allocinfo', 'config.gz', 'interrupts', 'iomem', 'ioports', 'kallsyms', 'kcore', 'key-users', 'keys', 'kmsg', 'kpagecgroup', 'kpagecount',
  'kpageflags', 'latency_stats', 'lock_stat', 'lockdep', 'lockdep_chains', 'lockdep_stats', 'modules', 'mtrr', 'pagetypeinfo', 'sched_debug',
  'slabinfo', 'sysrq-trigger', 'timer_list', 'timer_stats', 'vmallocinfo', 'vmcore',
]
const FOLDERS = ['acpi', 'asound', 'dynamic_debug', 'fs', 'pressure', 'scsi', 'tty/driver']

/** The masked paths, whether or not this machine's kernel has them. */
export const MASKED_PROC: readonly string[] = [...FILES, ...FOLDERS].map((name) => `/proc/${name}`)

/** The file that covers a masked one. Bound without devices, so it cannot even be opened. */
export const MASK = '/dev/null'

/** bwrap's options for a `/proc` of the sandbox's own: masked, then read-only. */
export function procOptions (): string[] {
  return [
    '--proc', '/proc',
    ...MASKED_PROC.flatMap(mask),
    // Measured: with the gateway run as root, a process without capabilities could write /proc/sys/kernel/core_pattern,
    // which the host's kernel then executes. File modes there are checked against the host's root.
    '--remount-ro', '/proc',
  ]
}

/** Nothing can be made in `/proc`, so bwrap would fail at a path that this kernel does not have. */
function mask (path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return []
  return found.isDirectory() ? ['--tmpfs', path, '--remount-ro', path] : ['--ro-bind', MASK, path]
}
