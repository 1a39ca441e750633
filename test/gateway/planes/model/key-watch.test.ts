import fc from 'fast-check'
import t from 'tap'
import { keyBeginnings } from '../../../../gateway/planes/model/key-match.ts'
import { createRedactor, createRedactors } from '../../../../gateway/planes/model/key-redactor.ts'
import { KEY_WATCH_LIMITS } from '../../../../gateway/planes/model/key-watch.ts'
import { WIRES } from '../../../support/scripted-provider.ts'

const KEY = 'sk-sk-canary/0123456789abcdef'
const event = (content: string, index = 0): string => `data: ${JSON.stringify({ id: 'c1', choices: [{ index, delta: { content } }] })}\n\n`
const textOf = (out: string, index = 0): string => out.split('\n\n').filter((block) => block.includes('data: {')).flatMap((block) => JSON.parse(block.slice(block.indexOf('{'))).choices ?? [])
  .filter((choice) => choice.index === index).map((choice) => choice.delta.content).join('')

interface Passed { readonly out: string, readonly writes: readonly string[] }

/** `isEased`: whether what is kept back is let go behind this write, as it is after some time. */
function passed (writes: readonly string[], key = KEY, isEased: (at: number) => boolean = () => false): Passed {
  const redact = createRedactor(key)
  const watch = redact.watch()
  if (watch === null) throw new Error('nothing is watched')
  const outs = writes.map((write, at) => watch.pass(redact(Buffer.from(write))).toString() + (isEased(at) ? watch.ease().toString() : ''))
  return { writes: outs, out: [...outs, watch.rest().toString()].join('') }
}

await t.test('a key in two pieces, cut anywhere, does not pass, and the text around it does', (t) => {
  for (let cut = 1; cut < KEY.length; cut += 1) {
    const { out } = passed([event(`it is ${KEY.slice(0, cut)}`), event(`${KEY.slice(cut)}, they say`), event(' so')])
    const open = cut < KEY_WATCH_LIMITS.openChars ? KEY.slice(0, cut) : ''
    t.equal(textOf(out), `it is ${open}[redacted], they say so`, `cut at ${cut}`)
  }
  t.end()
})

await t.test('a key in many pieces, between other texts, comments and writes, never passes', (t) => {
  const pieces = fc.array(fc.integer({ min: 1, max: KEY.length - 1 }), { maxLength: KEY.length }).map((cuts) => {
    const ends = [...new Set(cuts)].sort((a, b) => a - b)
    return [0, ...ends].map((from, at) => KEY.slice(from, ends[at] ?? KEY.length))
  })
  const words = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('s', 'sk', 'sk-', 'sk-sk-', 'sk-sk-sk-canary', KEY.slice(0, -1), '\\', '"'))
  const other = fc.constantFrom('', ': busy\n\n', event('sk-sk-', 1), event('', 0), 'data: {"type":"ping"}\n\n')
  const half = Math.ceil(KEY.length / 2)
  fc.assert(fc.property(words, pieces, words, fc.array(other, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), fc.array(fc.boolean(), { maxLength: 40 }), (before, cut, after, others, perWrite, eased) => {
    const events = [before, ...cut, after].map((text, at) => `${event(text)}${others[at] ?? ''}`)
    const writes = events.flatMap((_, at) => at % perWrite === 0 ? [events.slice(at, at + perWrite).join('')] : [])
    const text = textOf(passed(writes).out)
    const inTime = textOf(passed(writes, KEY, (at) => eased[at] === true).out)
    return !text.includes(KEY.slice(KEY_WATCH_LIMITS.openChars)) && text.includes('[redacted]') &&
      !inTime.includes(KEY.slice(half)) && inTime.includes('[redacted]')
  }), { numRuns: 300 })
  t.end()
})

await t.test('one redactor for all streams of a key keeps their texts apart, and another key has its own', (t) => {
  const redactorOf = createRedactors()
  const key = { id: 'k1', value: KEY, weight: 1 }
  const redact = redactorOf(key)
  t.equal(redactorOf(key), redact)
  const [first, second] = [redact.watch(), redact.watch()]
  if (first === null || second === null) throw new Error('nothing is watched')
  const half = KEY.length / 2
  const begin = event(KEY.slice(0, half))
  t.equal(first.pass(Buffer.from(begin)).toString(), '')
  t.equal(second.pass(Buffer.from(event(KEY.slice(half)))).toString(), event(KEY.slice(half)), 'the other stream has no beginning of it')
  t.equal(textOf(first.pass(Buffer.from(event(KEY.slice(half)))).toString()), '[redacted]')
  const other = redactorOf({ id: 'k2', value: 'sk-of-another-provider', weight: 1 })
  t.equal(other(Buffer.from(KEY)).toString(), KEY)
  t.equal(other(Buffer.from('sk-of-another-provider')).toString(), '[redacted]')
  t.equal(redactorOf(null).watch(), null)
  t.end()
})

await t.test('what is not a key passes byte for byte, and at once unless it may become one', (t) => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('s', 'sk', 'class', 'sk-sk-can', 'canary')), { maxLength: 20 }), (texts) => {
    const writes = texts.map((text) => event(text))
    const { out, writes: outs } = passed(writes)
    if (texts.join('').includes(KEY.slice(0, KEY.length / 2))) return true
    return out === writes.join('') && outs.every((write, at) => write.endsWith(writes[at] ?? '') || /sk-s/.test(texts.slice(0, at + 1).join('')))
  }), { numRuns: 300 })
  const [first, second] = passed([event('run sk-s'), event('ql')]).writes
  t.equal(first, '')
  t.equal(second, event('run sk-s') + event('ql'))
  t.equal(passed([event('run sk')]).writes[0], event('run sk'))
  t.end()
})

await t.test('characters written as escapes are the key too', (t) => {
  const escaped = (text: string): string => event('@').replace('@', [...text].map((char) => `\\u00${char.charCodeAt(0).toString(16)}`).join(''))
  for (const events of [[escaped(KEY)], [escaped(KEY.slice(0, 9)), escaped(KEY.slice(9))], [event(KEY.slice(0, 9)), escaped(KEY.slice(9))]]) {
    t.equal(textOf(passed(events).out), '[redacted]')
  }
  const slashed = [event(KEY.slice(0, 13)).replace('/', '\\/'), event(KEY.slice(13))]
  t.equal(textOf(passed(slashed).out), '[redacted]')
  t.end()
})

await t.test('most of a key at the end of a stream does not pass, and less of it does', (t) => {
  t.equal(textOf(passed([event(`a ${KEY.slice(0, -1)}`)]).out), 'a ')
  t.equal(passed([event('a sk-sk')]).out, event('a sk-sk'))
  t.end()
})

await t.test('what does not go on is let go after some time, and holds up nothing from then on; where it goes on it is still the key', (t) => {
  const other = (text: string): string => event(text, 1)
  const writes = [event(`a ${KEY.slice(0, 6)}`), other('b'), other('c'), event(''), event(KEY.slice(6, 9)), other('d'), event(KEY.slice(9)), event(' e')]
  const eased = passed(writes, KEY, (at) => at === 1)
  t.same(eased.writes.slice(0, 6), ['', writes[0] + other('b'), other('c'), event(''), '', ''])
  t.equal(textOf(eased.out), `a ${KEY.slice(0, 6)}[redacted] e`)
  t.equal(textOf(eased.out, 1), 'bcd')
  t.equal(textOf(passed([event(`a ${KEY.slice(0, -1)}`), other('b')], KEY, () => true).writes[0] ?? ''), 'a ', 'most of a key is not let go')
  t.end()
})

await t.test('two pieces in one event, and texts that come side by side, are told apart by their indexes', (t) => {
  const of = (...texts: ReadonlyArray<readonly [number, string]>): string => `data: ${JSON.stringify({ parts: texts.map(([at, delta]) => ({ output_index: at, content_index: 0, delta })) })}\n\n`
  const both = passed([of([0, `a ${KEY.slice(0, 5)}`], [0, KEY.slice(5, 9)]), of([0, KEY.slice(9)])]).out
  t.equal(both, of([0, 'a '], [0, '']) + of([0, '[redacted]']))
  t.equal(passed([of([0, `a ${KEY.slice(0, 5)}`], [0, KEY.slice(5)])]).out, of([0, 'a '], [0, '[redacted]']))
  const beside = passed([of([0, `a ${KEY.slice(0, 9)}`], [1, 'b']), of([1, 'c'], [0, KEY.slice(9)])]).out
  t.equal(beside, of([0, 'a '], [1, 'b']) + of([1, 'c'], [0, '[redacted]']))
  t.end()
})

await t.test('what is kept back is bounded: beyond, the piece of the key is blanked and the rest of it still is', (t) => {
  const filler = `data: ${JSON.stringify({ choices: [], pad: 'x'.repeat(KEY_WATCH_LIMITS.heldBytes) })}\n\n`
  const { writes, out } = passed([event(`a ${KEY.slice(0, 9)}`), filler, event(KEY.slice(9, 12)), event(`${KEY.slice(12)} b`)])
  t.equal(textOf(writes[1] ?? ''), 'a ')
  t.equal(textOf(out), 'a [redacted] b')
  const many = Array.from({ length: 5_000 }, (_, at) => `data: ${JSON.stringify({ [`m${at}`]: 'as' })}\n\n`)
  t.equal(passed(many).out, many.join(''))
  const same = Array.from({ length: 500 }, () => `data: ${JSON.stringify({ note: 'sk-sk-', choices: [] })}\n\n`)
  t.equal(passed(same).writes[499]?.length, same[0]?.length, 'a constant that ends so delays by one event')
  t.end()
})

await t.test('a model and ids that are named as the key begins keep nothing waiting, in any wire format', (t) => {
  for (const [format, wire] of Object.entries(WIRES)) {
    const events = wire.events({ text: 'words and more' }, 1).map((one) => one.replace(/("(?:id|model|item_id|modelVersion|responseId)": ?)"[^"]*"/g, '$1"sk-sk-"'))
    t.ok(events.some((one) => one.includes('"sk-sk-"')), format)
    t.same(passed(events).writes, events, format)
  }
  t.end()
})

await t.test('what stands behind labels, beside them or below them is watched as ever', (t) => {
  const [front, back] = [KEY.slice(0, 9), KEY.slice(9)]
  const shapes: ReadonlyArray<(piece: string) => object> = [
    (piece) => ({ id: 'sk-sk-', model: 'm', created: 1, choices: [{ index: 0, delta: { content: piece } }] }),
    (piece) => ({ choices: [{ index: 0, delta: { content: piece } }], model: 'sk-sk-' }),
    (piece) => ({ type: 'x', output_index: 1, delta: piece, item_id: 'sk-sk-' }),
    (piece) => ({ id: 'c', choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: piece }] } }] }),
    (piece) => ({ id: { text: piece } }),
    (piece) => ({ created: piece, id: 'c' }),
    (piece) => ({ id: 'c', message: { content: { id: piece } } }),
    (piece) => ({ note: '\ndata: {"id":"c",', more: piece }),
    (piece) => [{ id: piece }],
  ]
  for (const shape of shapes) {
    const { writes, out } = passed([front, back].map((piece) => `event: x\ndata: ${JSON.stringify(shape(piece))}\n\n`))
    t.equal(writes[0], '', JSON.stringify(shape(front)))
    t.notOk(out.includes(back), JSON.stringify(shape(front)))
  }
  const python = (content: string): string => `data: {"id": "c", "created": 1, "model": "sk-sk-", "choices": [{"index": 0, "delta": {"content": "${content}"}}]}\n\n`
  t.same(passed([python('a'), python('b')]).writes, [python('a'), python('b')])
  t.notOk(passed([python(front), python(back)]).out.includes(back))
  t.end()
})

await t.test('each wire format\'s text is watched', (t) => {
  const [front, back] = [KEY.slice(0, 14), KEY.slice(14)]
  for (const [format, wire] of Object.entries(WIRES)) {
    const events = wire.events({ text: 'FRONT' }, 1).join('').split('\n\n').filter((block) => block !== '')
    const at = events.findIndex((block) => block.includes('FRONT'))
    const piece = events[at] ?? ''
    const cut = [...events.slice(0, at), piece.replace('FRONT', front), piece.replace('FRONT', back)].map((block) => `${block}\n\n`)
    const { out } = passed(cut)
    t.equal(out.includes(back) || out.includes(front), false, format)
    t.match(out, '[redacted]', format)
  }
  t.end()
})

await t.test('names of members and ordinary text do not look like a key', (t) => {
  const beginnings = keyBeginnings(KEY)
  t.equal(beginnings.test(event('The class has names')), false)
  for (const text of ['sk', 'k', KEY.slice(1), KEY]) t.equal(beginnings.test(event(text)), true, text)
  const long = `AIza${'x'.repeat(200)}`
  t.equal(keyBeginnings(long).test(event(long.slice(0, 150))), true)
  t.equal(textOf(passed([event(long.slice(0, 150)), event(long.slice(150))], long).out), '[redacted]')
  t.end()
})

t.end()
