import { release } from 'node:os'
import type { SandboxLimits } from './limits.ts'

const [MAJOR, MINOR] = [6, 14] // from here each process namespace has a kernel.pid_max of its own

/**
 * The number of process ids that a session's namespace is told to have, or null on an older kernel. There the same file
 * is the whole machine's, and root could write it also from inside a user namespace.
 */
export function ownProcessLimit (limits: SandboxLimits, kernel: string = release()): number | null {
  const [major = 0, minor = 0] = kernel.split('.').map(Number)
  return major > MAJOR || (major === MAJOR && minor >= MINOR) ? limits.processes : null
}
