import { release } from 'node:os'
import type { SandboxLimits } from './limits.ts'

const [MAJOR, MINOR] = [6, 14] // from here each process namespace has a kernel.pid_max of its own
const RESERVED = 300 // ids below are used once, then never again

/**
 * The number that a session's process ids stay below, or null on an older kernel. There the same file
 * is the whole machine's, and root could write it also from inside a user namespace.
 */
export function ownProcessLimit (limits: SandboxLimits, kernel: string = release()): number | null {
  const [major = 0, minor = 0] = kernel.split('.').map(Number)
  return major > MAJOR || (major === MAJOR && minor >= MINOR) ? limits.processes + RESERVED : null
}
