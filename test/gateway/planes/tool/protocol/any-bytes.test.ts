import fc from 'fast-check'
import t from 'tap'
import { LineReader } from '../../../../../gateway/planes/tool/protocol/line-reader.ts'
import { VERBS } from '../../../../../gateway/planes/tool/protocol/messages.ts'
import { BadMessage, readMessage } from '../../../../../gateway/planes/tool/protocol/read-message.ts'

/** Bytes that often have ends of lines, cut into pieces anywhere. */
const bytes = fc.array(fc.oneof(fc.constantFrom(0x0a, 0x0d, 0x7b, 0x7d, 0x22), fc.integer({ min: 0, max: 255 })), { maxLength: 200 }).map((all) => Buffer.from(all))
const pieces = fc.tuple(bytes, fc.array(fc.nat(200), { maxLength: 6 })).map(([all, cuts]) => {
  const at = [0, ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length]
  return at.slice(1).map((end, index) => all.subarray(at[index], end))
})

const read = (all: readonly Buffer[], max: number): Array<string | null> => {
  const reader = new LineReader(max)
  const lines = [...all.flatMap((piece) => [...reader.push(Buffer.from(piece))]), ...reader.end()]
  return lines.map((line) => line === null ? null : line.toString('latin1'))
}

await t.test('lines are the same however the bytes come, and a long one costs only itself', async () => {
  fc.assert(fc.property(pieces, fc.integer({ min: 1, max: 40 }), (all, max) => {
    const wanted = Buffer.concat(all).toString('latin1').split('\n').map((line) => line.length > max ? null : line.replace(/\r$/, '')).filter((line) => line !== '')
    return JSON.stringify(read(all, max)) === JSON.stringify(wanted)
  }), { numRuns: 1_000 })
})

await t.test('whatever a line holds, it is a message or a refusal that says nothing of its values', async () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant('canary-7'))
  const member = fc.oneof(fc.constantFrom('id', 'verb', 'call', 'calls', 'prompt', 'plan', 'nodes', 'of', 'after', 'commit', '__proto__', 'constructor'), fc.string({ maxLength: 8 }))
  const object = fc.tuple(fc.constantFrom<unknown>(...VERBS, 'teleport', 7), fc.dictionary(member, value, { maxKeys: 5 })).map(([verb, members]) => Buffer.from(JSON.stringify({ ...members, verb })))
  fc.assert(fc.property(fc.oneof(object, fc.json().map((text) => Buffer.from(text)), bytes), (line) => {
    try {
      const { message, unknown, id } = readMessage(line)
      return unknown.length <= 16 && (id === null || typeof id === 'string' || Number.isSafeInteger(id)) && (message === null ? unknown.length === 1 : VERBS.includes(message.verb))
    } catch (error) {
      return error instanceof BadMessage && error.cause.code.startsWith('WEIR_ERR_DECODE_') && !error.message.includes('canary-7')
    }
  }), { numRuns: 2_000 })
})

await t.test('a message is understood whatever a newer client adds to it, and each addition is told', async () => {
  const additions = fc.dictionary(fc.stringMatching(/^x[a-z]{1,8}$/), fc.jsonValue({ maxDepth: 2 }).filter((value) => JSON.stringify(value).isWellFormed()), { maxKeys: 5 })
  fc.assert(fc.property(additions, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), (added, path) => {
    const said = { ...added, verb: 'apply', id: 'a', call: { tool: 'read-file', args: { path } } }
    const { message, unknown } = readMessage(Buffer.from(JSON.stringify(said)))
    return message?.verb === 'apply' && JSON.stringify(message.call) === JSON.stringify(said.call) && unknown.length === Object.keys(added).length && unknown.every(({ code }) => code === 'unknown-field')
  }), { numRuns: 500 })
})
