import { ownProcessLimit } from './process-limit.ts'
import type { SandboxLimits } from './limits.ts'

const LOOKS = 'looks twice a second'

/** Who a gateway runs as, and the kernel it runs on. */
export interface Machine { readonly uid: number, readonly kernel: string }

/** What enforces each limit of a session on this machine, as `weir doctor` says it. */
export function limitEnforcers (limits: SandboxLimits, { uid, kernel }: Machine): readonly (readonly [limit: string, by: string])[] {
  return [
    ['memory, disk, files', LOOKS],
    ['processes', [...processEnforcers(limits, { uid, kernel }), LOOKS].join(', ')],
    ['cpus', limits.cpus === null ? 'no limit' : 'processor affinity'],
    ['scratch', 'the kernel (size of each folder)'],
    ['one file', 'the kernel (RLIMIT_FSIZE)'],
    ['command, session', 'the gateway\'s clock'],
  ]
}

// RLIMIT_NPROC does not count for root, and an older kernel has one pid_max for the whole machine.
function processEnforcers (limits: SandboxLimits, { uid, kernel }: Machine): readonly string[] {
  return [
    ...(ownProcessLimit(limits, kernel) === null ? [] : ['the kernel (pid_max of the session)']),
    ...(uid === 0 ? [] : ['the kernel (RLIMIT_NPROC of each sandbox)']),
  ]
}
