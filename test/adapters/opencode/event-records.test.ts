import fc from 'fast-check'
import t from 'tap'
import { createEventReader, type EventRecord } from '../../../adapters/opencode/event-records.ts'
import { eventOf, isAboutAsks } from '../../../adapters/opencode/events.ts'

const ASK = '{"id":"evt_1","type":"permission.asked","properties":{"id":"per_1"}}'
const STREAM = [
  'data: {"id":"evt_0","type":"server.connected","properties":{}}\n\n',
  ': heartbeat\n\n',
  `data: ${ASK}\n\n`,
  'data: {"directory":"/w","payload":{"type":"message.part.delta","properties":{"delta":"grüße 🌊"}}}\n\n',
  `data: {"directory":"/w","payload":${ASK}}\n\n`,
  'data: {"directory":"/w","payload":{"type":"sync","syncEvent":{"type":"permission.replied.1"}}}\n\n',
  'data: {"directory":"/w","payload":{"type":"permission.v2.asked","properties":{}}}\n\n',
  'data: {"type":"session.idle","properties":{"sessionID":"ses_1","note":"permission.asked"}}\n\n',
].join('')

function read (chunks: readonly Uint8Array[]): EventRecord[] {
  const reader = createEventReader()
  return chunks.flatMap((chunk) => reader.push(chunk))
}

function shown (records: readonly EventRecord[]): string {
  return records.filter(({ data }) => data === null || !isAboutAsks(data)).map(({ text }) => text).join('')
}

await t.test('a stream cut at any byte gives the same records, and no ask in any of them', async (t) => {
  const bytes = Buffer.from(STREAM)
  const whole = read([bytes])
  t.equal(whole.length, 8)
  t.equal(whole.map(({ text }) => text).join(''), STREAM)
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    t.strictSame(read([bytes.subarray(0, cut), bytes.subarray(cut)]), whole)
  }
  t.strictSame(read([...bytes].map((byte) => Buffer.from([byte]))), whole)
  t.notMatch(shown(whole), /per_1|permission\.v2|permission\.replied/)
  t.match(shown(whole), /grüße 🌊/)
  t.match(shown(whole), /session\.idle/)
  t.match(shown(whole), /: heartbeat/)
})

await t.test('an ask is hidden whatever ends its lines', async (t) => {
  for (const end of ['\n', '\r\n', '\r']) {
    const records = read([Buffer.from(`data:${ASK}${end}${end}data: {"type":"x"}${end}${end}`)])
    t.equal(records.length, 2, JSON.stringify(end))
    t.equal(shown(records), 'data: {"type":"x"}\n\n')
  }
})

await t.test('an ask over several data lines or with escaped letters is hidden', async (t) => {
  t.equal(shown(read([Buffer.from('data: {"type":\ndata: "permission.asked"}\n\n')])), '')
  t.equal(shown(read([Buffer.from('data: {"type":"p\\u0065rmission.asked"}\n\n')])), '')
  t.equal(shown(read([Buffer.from('data: not json\n\n')])), '')
})

await t.test('a record over the limit ends the stream', async (t) => {
  const reader = createEventReader(64)
  t.throws(() => reader.push(Buffer.from(`data: ${'x'.repeat(80)}`)), RangeError)
})

await t.test('sync doubles and foreign values are no events', async (t) => {
  t.equal(eventOf('{"payload":{"type":"sync"}}'), null)
  t.equal(eventOf('null'), null)
  t.equal(eventOf('{'), null)
  t.match(eventOf('{"payload":{"type":"a","properties":{"b":1}}}'), { type: 'a', properties: { b: 1 } })
})

await t.test('any bytes in any pieces are read without throwing, and equally', async () => {
  const pieces = fc.array(fc.oneof(fc.uint8Array(), fc.constantFrom('\n', '\r', '\r\n', 'data: ', ASK, ':x').map((text) => Buffer.from(text))), { maxLength: 20 })
  fc.assert(fc.property(pieces, (chunks) => JSON.stringify(read(chunks)) === JSON.stringify(read([Buffer.concat(chunks)]))))
})
