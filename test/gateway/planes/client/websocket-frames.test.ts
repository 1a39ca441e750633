import fc from 'fast-check'
import t from 'tap'
import { createFrameReader } from '../../../../gateway/planes/client/websocket-frames.ts'

interface Sent { readonly text: string, readonly opcode: number, readonly mask: readonly number[] | null }

function written ({ text, opcode, mask }: Sent): Buffer {
  const payload = Buffer.from(text)
  const length = payload.length < 126 ? [payload.length] : payload.length < 65_536 ? [126, payload.length >> 8, payload.length & 255] : [127, 0, 0, 0, 0, 0, payload.length >> 16, (payload.length >> 8) & 255, payload.length & 255]
  const [first = 0, ...more] = length
  const head = Buffer.from([0x80 | opcode, mask === null ? first : first | 0x80, ...more, ...mask ?? []])
  return Buffer.concat([head, mask === null ? payload : Buffer.from(payload.map((byte, at) => byte ^ (mask[at & 3] ?? 0)))])
}

const sent = fc.record({
  text: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.constant('y'.repeat(70_000))),
  opcode: fc.constantFrom(1, 2),
  mask: fc.option(fc.array(fc.nat({ max: 255 }), { minLength: 4, maxLength: 4 })),
})

await t.test('frames are read wherever their bytes are cut, control frames among them', async () => {
  fc.assert(fc.property(fc.array(sent, { maxLength: 5 }), fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 8 }), (frames, cuts) => {
    const bytes = Buffer.concat(frames.flatMap((frame) => [written({ text: 'ping', opcode: 9, mask: null }), written(frame)]))
    const read: Buffer[] = []
    let messages = 0
    const reader = createFrameReader((part, { first }) => {
      read.push(Buffer.from(part))
      if (first) messages += 1
    })
    for (let from = 0, at = 0; from < bytes.length; at += 1) {
      const length = cuts[at % cuts.length] ?? 1
      reader.push(bytes.subarray(from, from + length))
      from += length
    }
    return Buffer.concat(read).toString() === frames.map(({ text }) => text).join('') && messages === frames.filter(({ text }) => text !== '').length
  }))
})

await t.test('extensions, unknown frames and frames over the limit are refused', async (t) => {
  for (const bytes of [[0xc1, 0], [0xa1, 0], [0x83, 0], [0x8b, 0], [0x89, 126, 0, 200], [0x81, 127, 0xff, 0, 0, 0, 0, 0, 0, 0], [0x81, 127, 0, 0, 0, 0, 5, 0, 0, 0]]) {
    t.throws(() => createFrameReader(() => {}).push(Buffer.from(bytes)), RangeError, String(bytes))
  }
})
