import { ARCHITECTURES, DENIED_EVERYWHERE } from './system-calls.ts'

const CLONE3 = 435
export const NEW_NAMESPACES = 0x7E020080 // every CLONE_NEW* flag
export const TERMINAL_INJECTION = [0x5412, 0x541C] // TIOCSTI and TIOCLINUX: typing into the terminal of whoever started us

export const SOCKET_FAMILIES: readonly number[] = [1, 2, 10, 16] // unix, IPv4, IPv6, netlink. A vsock knows no namespace: it leads to the hypervisor's host

const LOAD = 0x20
const JUMP_EQUAL = 0x15
const JUMP_AT_LEAST = 0x35
const JUMP_ANY_BIT = 0x45
const RETURN = 0x06
const ALLOW = 0x7FFF0000
const KILL = 0x80000000
const EPERM = 0x00050001
const ENOSYS = 0x00050026
const EAFNOSUPPORT = 0x00050061

const NUMBER_AT = 0
const ARCHITECTURE_AT = 4
const FIRST_ARGUMENT_AT = 16 // low half, little endian
const SECOND_ARGUMENT_AT = 24

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, value: number]

/**
 * The system-call filter of every sandbox, as the BPF program bwrap takes on `--seccomp`. It refuses (EPERM) what no
 * build, test or agent needs and what most kernel escapes begin with.
 *
 * @param arch as `process.arch`
 * @throws RangeError for a machine there is no table for: an unfiltered sandbox is not made silently
 */
export function seccompFilter (arch: string): Buffer {
  const table = ARCHITECTURES[arch]
  if (table === undefined) throw new RangeError(`there is no system-call table for ${arch}`)
  const program: Instruction[] = [
    [LOAD, 0, 0, ARCHITECTURE_AT], [JUMP_EQUAL, 1, 0, table.audit], [RETURN, 0, 0, KILL],
    [LOAD, 0, 0, NUMBER_AT],
    ...(table.foreignFrom === null ? [] : [[JUMP_AT_LEAST, 0, 1, table.foreignFrom], [RETURN, 0, 0, KILL]] satisfies Instruction[]),
    ...[...Object.values(table.denied), ...Object.values(DENIED_EVERYWHERE)].flatMap((number) => answerTo(number, EPERM)),
    // Its flags are behind a pointer, which a filter cannot read; libc falls back to clone, which it can.
    ...answerTo(CLONE3, ENOSYS),
    [JUMP_EQUAL, 0, 4, table.clone], [LOAD, 0, 0, FIRST_ARGUMENT_AT], [JUMP_ANY_BIT, 0, 1, NEW_NAMESPACES], [RETURN, 0, 0, EPERM], [RETURN, 0, 0, ALLOW],
    [JUMP_EQUAL, 0, 2 + 2 * SOCKET_FAMILIES.length, table.socket], [LOAD, 0, 0, FIRST_ARGUMENT_AT],
    ...SOCKET_FAMILIES.flatMap((family) => answerTo(family, ALLOW)), [RETURN, 0, 0, EAFNOSUPPORT],
    [JUMP_EQUAL, 0, 1 + 2 * TERMINAL_INJECTION.length, table.ioctl], [LOAD, 0, 0, SECOND_ARGUMENT_AT],
    ...TERMINAL_INJECTION.flatMap((request) => answerTo(request, EPERM)),
    [RETURN, 0, 0, ALLOW],
  ]
  return assemble(program)
}

function answerTo (value: number, answer: number): Instruction[] {
  return [[JUMP_EQUAL, 0, 1, value], [RETURN, 0, 0, answer]]
}

/** struct sock_filter: u16 code, u8 jt, u8 jf, u32 k; both machines are little endian. */
function assemble (program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8)
  program.forEach(([code, jumpTrue, jumpFalse, value], index) => {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(jumpTrue, index * 8 + 2)
    bytes.writeUInt8(jumpFalse, index * 8 + 3)
    bytes.writeUInt32LE(value, index * 8 + 4)
  })
  return bytes
}
