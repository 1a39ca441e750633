import t from 'tap'
import { seccompFilter } from '../../sandbox/seccomp.ts'
import { ARCHITECTURES } from '../../sandbox/system-calls.ts'

const ALLOW = 0x7FFF0000
const EPERM = 0x00050001
const EAFNOSUPPORT = 0x00050061
const KILL = 0x80000000

/** Interprets a classic BPF program over a `struct seccomp_data`, as the kernel does. */
function answer (program: Buffer, audit: number, call: number, first = 0, second = 0): number {
  const data = Buffer.alloc(64)
  data.writeInt32LE(call | 0, 0)
  data.writeUInt32LE(audit, 4)
  data.writeUInt32LE(first >>> 0, 16)
  data.writeUInt32LE(second >>> 0, 24)
  let accumulator = 0
  for (let at = 0; at * 8 < program.length; at++) {
    const code = program.readUInt16LE(at * 8)
    const value = program.readUInt32LE(at * 8 + 4)
    if (code === 0x06) return value
    if (code === 0x20) accumulator = data.readUInt32LE(value)
    else at += program.readUInt8(at * 8 + (holds(code, accumulator, value) ? 2 : 3))
  }
  throw new Error('the program ran off its end')
}

function holds (code: number, accumulator: number, value: number): boolean {
  if (code === 0x15) return accumulator === value
  if (code === 0x35) return accumulator >= value
  if (code === 0x45) return (accumulator & value) !== 0
  throw new Error(`unknown instruction ${code}`)
}

for (const [arch, table] of Object.entries(ARCHITECTURES)) {
  await t.test(`the filter for ${arch} refuses what is listed and nothing else`, async (t) => {
    const program = seccompFilter(arch)
    const denied = new Set<number>([...Object.values(table.denied), 425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 440, 442, 443])
    const wrong: number[] = []
    for (let call = 0; call < 500; call++) {
      const expected = call === 435 ? 0x00050026 : call === table.socket ? EAFNOSUPPORT : denied.has(call) ? EPERM : ALLOW
      if (answer(program, table.audit, call) !== expected) wrong.push(call)
    }
    t.same(wrong, [])
  })

  await t.test(`on ${arch} a clone may make threads and processes but no namespace`, async (t) => {
    const clone = (flags: number): number => answer(seccompFilter(arch), table.audit, table.clone, flags)
    t.equal(clone(0x003D0F00), ALLOW, 'a thread as libc makes it')
    t.equal(clone(0x01200011), ALLOW, 'a process as libc makes it')
    for (const flag of [0x00000080, 0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]) t.equal(clone(flag | 17), EPERM, flag.toString(16))
  })

  await t.test(`on ${arch} sockets are of the families that a namespace holds`, async (t) => {
    const socket = (family: number): number => answer(seccompFilter(arch), table.audit, table.socket, family)
    for (let family = 0; family < 64; family++) t.equal(socket(family), [1, 2, 10, 16].includes(family) ? ALLOW : EAFNOSUPPORT, String(family))
  })

  await t.test(`on ${arch} nothing can be typed into a terminal`, async (t) => {
    const ioctl = (request: number): number => answer(seccompFilter(arch), table.audit, table.ioctl, 0, request)
    t.same([ioctl(0x5412), ioctl(0x541C), ioctl(0x5401)], [EPERM, EPERM, ALLOW])
  })

  await t.test(`a call of another architecture kills on ${arch}`, async (t) => {
    t.equal(answer(seccompFilter(arch), 0x40000003, 1), KILL)
    if (table.foreignFrom !== null) t.equal(answer(seccompFilter(arch), table.audit, table.foreignFrom + 101), KILL, 'x32 numbers')
  })
}

await t.test('a machine without a table gets no filter and no sandbox', async (t) => {
  t.throws(() => seccompFilter('mips'), RangeError)
})
