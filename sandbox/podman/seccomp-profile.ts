import { ARCHITECTURES, DENIED_EVERYWHERE } from '../system-calls.ts'
import { NEW_NAMESPACES, SOCKET_FAMILIES, TERMINAL_INJECTION } from '../seccomp.ts'

const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97
const MAX_FAMILIES = 64 // the kernel has 46, and refuses what it has not
const LOW_HALF = 0xFFFFFFFF

const NAMES: Readonly<Record<string, string>> = { x64: 'SCMP_ARCH_X86_64', arm64: 'SCMP_ARCH_AARCH64' }

interface Rule {
  readonly names: readonly string[]
  readonly action: 'SCMP_ACT_ERRNO'
  readonly errnoRet: number
  readonly args?: readonly [{ readonly index: number, readonly value: number, readonly valueTwo: number, readonly op: 'SCMP_CMP_MASKED_EQ' }]
}

/**
 * The system-call filter of every sandbox as a profile for OCI runtimes: the same calls, refused in the same way, as
 * `seccompFilter` refuses. Calls of another architecture end the process, which is libseccomp's own answer to them.
 *
 * @param arch as `process.arch`
 * @throws RangeError for a machine there is no table for
 */
export function seccompProfile (arch: string): object {
  const table = ARCHITECTURES[arch]
  const name = NAMES[arch]
  if (table === undefined || name === undefined) throw new RangeError(`there is no system-call table for ${arch}`)
  const refused = [...Object.keys(table.denied), ...Object.keys(DENIED_EVERYWHERE)]
  const syscalls: Rule[] = [
    { names: refused, action: 'SCMP_ACT_ERRNO', errnoRet: EPERM },
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
    // A profile can ask whether a bit is set, not whether any of several is: one rule each.
    ...bitsOf(NEW_NAMESPACES).map((bit) => onArgument('clone', 0, bit, bit)),
    ...TERMINAL_INJECTION.map((request) => onArgument('ioctl', 1, LOW_HALF, request)),
    // Nor can it say that all others are refused.
    ...Array.from({ length: MAX_FAMILIES }, (_, family) => family).filter((family) => !SOCKET_FAMILIES.includes(family)).map((family) => onArgument('socket', 0, LOW_HALF, family, EAFNOSUPPORT)),
  ]
  return { defaultAction: 'SCMP_ACT_ALLOW', architectures: [name], syscalls }
}

function onArgument (call: string, index: number, mask: number, equals: number, errnoRet = EPERM): Rule {
  return { names: [call], action: 'SCMP_ACT_ERRNO', errnoRet, args: [{ index, value: mask, valueTwo: equals, op: 'SCMP_CMP_MASKED_EQ' }] }
}

function bitsOf (mask: number): number[] {
  return Array.from({ length: 32 }, (_, bit) => 2 ** bit).filter((bit) => (mask & bit) !== 0)
}
