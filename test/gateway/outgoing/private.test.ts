import fc from 'fast-check'
import t from 'tap'
import { createOutgoing, type OutgoingData } from '../../../gateway/outgoing/outgoing.ts'
import { MAX_PRIVATE_BYTES } from '../../../gateway/outgoing/private-scan.ts'
import { wholeExcerpt } from '../../../gateway/outgoing/whole-excerpt.ts'
import { EVERYTHING, NOT_PRIVATE, PRIVATE } from './private.ts'
import { SECRETS } from './secrets.ts'

const { scan, redact } = createOutgoing({ asked: () => ({ private: EVERYTHING }), keys: () => [] })
const bodyOf = (value: unknown): Buffer => Buffer.from(JSON.stringify({ model: 'm', value }))
const escapeAll = (text: string): string => [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')

await t.test('each kind of private data is found and taken out, however deep its text is quoted', (t) => {
  for (const { rule, value } of PRIVATE) {
    for (const [depth, text] of [`see ${value}, there`, JSON.stringify({ a: `\n${value}\n`, b: value }), JSON.stringify({ inner: JSON.stringify({ text: `\n${value}\r\n` }) })].entries()) {
      const body = bodyOf(text)
      const { findings, scanned } = scan(body)
      t.same(findings, [{ rule, kind: 'private', count: depth === 1 ? 2 : 1 }], `${value} at depth ${depth}`)
      const sent = redact(body, [rule]).toString()
      t.notOk(sent.includes(value), value)
      const [said] = [(JSON.parse(sent) as { value: string }).value]
      t.match(said, `[redacted:${rule}]`)
      if (depth > 0) t.doesNotThrow(() => JSON.parse(said), `${value}: JSON in the text stays JSON`)
      if (depth > 1) t.doesNotThrow(() => JSON.parse((JSON.parse(said) as { inner: string }).inner))
      t.same(scan(Buffer.from(sent)), { scanned, findings: [], spans: [] }, 'and not found again')
    }
  }
  t.end()
})

await t.test('near misses, and what only looks like it, leave as they are', (t) => {
  for (const near of NOT_PRIVATE) for (const text of [near, JSON.stringify({ near })]) t.same(scan(bodyOf(text)).findings.filter(({ kind }) => kind === 'private'), [], near)
  t.end()
})

await t.test('text in which everything is escaped is read as its reader reads it', (t) => {
  for (const { rule, value } of PRIVATE) {
    const body = Buffer.from(`{"model":"m","value":"${escapeAll(value)}"}`)
    t.same(scan(body).findings, [{ rule, kind: 'private', count: 1 }], value)
    t.match(JSON.parse(redact(body, [rule]).toString()), { value: `[redacted:${rule}]` })
  }
  t.end()
})

await t.test('a number that is no text becomes a number again, in the body and in JSON inside of text', (t) => {
  const args = JSON.stringify({ card: 4111111111111111, all: [4111111111111111, 1], text: '4111111111111111' }, null, 2)
  const body = bodyOf({ card: 4111111111111111, all: [4111111111111111, -4111111111111111], text: '4111111111111111', args })
  const { value } = JSON.parse(redact(body, ['card']).toString()) as { value: { args: string } }
  t.match(value, { card: 0, all: [0, -0], text: '[redacted:card]' })
  t.same(JSON.parse(value.args), { card: 0, all: [0, 1], text: '[redacted:card]' })
  t.end()
})

await t.test('what belongs to two strings, or to none, is not found', (t) => {
  t.same(scan(bodyOf(['CN-1234', '5678', 'carol@', 'acme.com'])).findings, [])
  const structure = createOutgoing({ asked: () => ({ private: { own: { x: { pattern: '(true|null|false)' }, y: { pattern: '[0-9,]{4}' } } } }), keys: () => [] })
  t.same(structure.scan(Buffer.from('{"model":"m","a":true,"b":null,"c":[1,2,3,4]}')).findings, [])
  t.end()
})

await t.test('a secret and private data that overlap are both said, and taken out by whichever policy asks', (t) => {
  const both = createOutgoing({ asked: () => ({ private: { own: { part: { pattern: 'gh[a-z]_[A-Za-z0-9]{36}' } } } }), keys: () => [] })
  const token = SECRETS.find(({ rule }) => rule === 'github')?.secret ?? ''
  const body = bodyOf(`x ${token} y`)
  t.same(both.scan(body).findings, [{ rule: 'github', kind: 'secret', count: 1 }, { rule: 'part', kind: 'private', count: 1 }])
  for (const rules of [['github'], ['part'], ['github', 'part']]) t.same(JSON.parse(both.redact(body, rules).toString()), { model: 'm', value: `x [redacted:${rules[0]}] y` })
  t.end()
})

await t.test('the letter of an escape in JSON inside of text is no beginning of private data', (t) => {
  const escapes = createOutgoing({ asked: () => ({ private: { own: { word: { pattern: '[a-z][0-9]{4}' } } } }), keys: () => [] })
  t.same(escapes.scan(bodyOf(JSON.stringify({ a: '\n1234\t1234\r1234 C:\\x' }))).findings, [])
  t.same(escapes.scan(bodyOf(JSON.stringify({ a: '\nn1234' }))).findings, [{ rule: 'word', kind: 'private', count: 1 }])
  t.end()
})

await t.test('nothing is sent when policy obliges to take out what is no longer looked for', (t) => {
  let data: OutgoingData | null = { private: { email: true } }
  const changing = createOutgoing({ asked: () => data, keys: () => [] })
  const token = SECRETS.find(({ rule }) => rule === 'github')?.secret ?? ''
  const body = bodyOf(`bob@acme.com ${token}`)
  t.same(changing.scan(body).findings.map(({ rule }) => rule), ['github', 'email'])
  data = {}
  t.throws(() => changing.redact(body, ['email', 'github']), { code: 'WEIR_ERR_INTERNAL' })
  data = null
  t.throws(() => changing.redact(body, ['email']), { code: 'WEIR_ERR_INTERNAL' })
  t.equal(changing.scan(body).scanned, false)
  t.end()
})

await t.test('private data are only looked for where data say so', (t) => {
  for (const data of [{}, { private: {} }, { private: { email: false } }, { private: { own: {} } }]) {
    const off = createOutgoing({ asked: () => data, keys: () => [] })
    for (const { value } of PRIVATE) t.same(off.scan(bodyOf(value)), { scanned: true, findings: [], spans: [] })
  }
  t.end()
})

await t.test('a body that is too large to be read whole is said not to be scanned', (t) => {
  t.equal(scan(bodyOf('a'.repeat(MAX_PRIVATE_BYTES))).scanned, false)
  t.equal(scan(bodyOf('a b '.repeat(MAX_PRIVATE_BYTES / 8))).scanned, true)
  t.equal(scan(bodyOf('a1@b.co '.repeat(11_000))).scanned, false, 'nor one with more than can be said')
  t.end()
})

await t.test('the strings of a body are read as JSON.parse reads them, whatever they hold', (t) => {
  fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 }), (strings) => {
    for (const body of [Buffer.from(JSON.stringify(strings)), Buffer.from(`[${strings.map((text) => `"${[...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`).join()}]`)]) {
      const { text, starts, ends } = wholeExcerpt(body)
      if (text.length !== starts.length || text.length !== ends.length) return false
      if (strings.length > 0 && text !== `\u0001\u0002${strings.join('\u0002\u0001\u0002')}\u0002\u0001`) return false
    }
    return true
  }))
  t.end()
})

await t.test('redacted bodies are JSON, whatever stands around', (t) => {
  const piece = fc.oneof(fc.constantFrom(...PRIVATE.map(({ value }) => value)), fc.constantFrom('\\', '\n', '"', 'n', 'u0041', '\\n', '\\\\', '/', 'é', '😀', ' ', '-', '.', ':', ',', '[', ']'), fc.string({ unit: 'grapheme', maxLength: 5 }))
  const text = fc.array(piece, { maxLength: 8 }).map((parts) => parts.join(''))
  fc.assert(fc.property(text, text, (one, two) => {
    const body = bodyOf([one, JSON.stringify({ one, two, list: [one, 4111111111111111] }), JSON.stringify(JSON.stringify({ two }))])
    const { findings } = scan(body)
    const { value } = JSON.parse(redact(body, findings.map(({ rule }) => rule)).toString()) as { value: readonly [string, string, string] }
    JSON.parse(value[1])
    JSON.parse(JSON.parse(value[2]) as string)
    return true
  }), { numRuns: 200 })
  t.end()
})
