import { lintSource } from '@secretlint/core'
import { rules } from '@secretlint/secretlint-rule-preset-recommend'
import fc from 'fast-check'
import t from 'tap'
import { excerptOf } from '../../../gateway/outgoing/excerpt.ts'
import { redact } from '../../../gateway/outgoing/redact.ts'
import { createScan, scanOf, withoutOverlaps, type Scan } from '../../../gateway/outgoing/scan.ts'
import { createSecretRules } from '../../../gateway/outgoing/secret-rules.ts'
import { createSuspects } from '../../../gateway/outgoing/suspects.ts'
import { letters, NEAR_MISSES, pem, SECRETS } from './secrets.ts'

const KEYS = [`weir-${letters(30, 77)}`, 'p/w.+1&x=9']
const scan = createScan({ keys: () => KEYS })
const bodyOf = (value: unknown): Buffer => Buffer.from(JSON.stringify({ model: 'm', value }))
const redacted = (body: Buffer, { spans, findings }: Scan): string => redact(body, spans, new Set(findings.map(({ rule }) => rule))).toString()

await t.test('each kind of secret is found and taken out, however deep its text is quoted', (t) => {
  for (const { rule, also = [], text, secret } of SECRETS) {
    for (const [depth, value] of [`see ${text} there`, JSON.stringify({ text }), JSON.stringify({ inner: JSON.stringify({ text: `\n${text}\r\n` }) })].entries()) {
      const body = bodyOf(value)
      const found = scan(body)
      t.same(found.findings, [rule, ...also].map((name) => ({ rule: name, kind: 'secret', count: 1 })), `${rule} at depth ${depth}`)
      const sent = redacted(body, found)
      t.notMatch(sent, JSON.stringify(secret).slice(1, -1), rule)
      t.match(JSON.parse(sent), { model: 'm', value: new RegExp(`\\[redacted:${rule}\\]`) })
      t.equal(redacted(body, scan(body)), sent, 'the same each time')
      t.same(scan(Buffer.from(sent)).findings, [], 'and not found again')
    }
  }
  t.end()
})

await t.test('text in which everything is escaped is read as its reader reads it', (t) => {
  const escape = (text: string): string => [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  for (const { rule, also = [], text } of SECRETS.filter(({ secret }) => secret.length < 100)) {
    for (const written of [escape(text), JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/')]) {
      const body = Buffer.from(`{"model":"m","value":"${written}"}`)
      const found = scan(body)
      t.same(found.findings.map((finding) => finding.rule), [rule, ...also], `${rule}: ${written.slice(0, 8)}`)
      t.doesNotThrow(() => JSON.parse(redacted(body, found)))
    }
  }
  t.end()
})

await t.test('what only looks like a secret leaves as it is', (t) => {
  for (const near of NEAR_MISSES) t.same(scan(bodyOf(near)), { scanned: true, findings: [], spans: [] }, near.slice(0, 40))
  t.end()
})

await t.test('names as programs have them are not worth a closer look', (t) => {
  const suspects = createSuspects([])
  for (const name of ['test_stops_at_the_limit', 'github_repository_name', 'kotlin_compiler_version']) t.same(suspects(bodyOf(name)), [], name)
  for (const token of ['ops_eyJhbGciOiJFUzI1NiJ9', 'github_pat_11ABCDEFG0123', 'lin_api_0123456789abc']) t.equal(suspects(bodyOf(token))?.length, 2, token)
  t.end()
})

await t.test('a name and its value in two strings of the body are one finding, and only the value is taken out', (t) => {
  const secret = letters(40, 3)
  const body = bodyOf({ input: { AWS_SECRET_ACCESS_KEY: secret, region: 'eu' } })
  t.same(JSON.parse(redacted(body, scan(body))), { model: 'm', value: { input: { AWS_SECRET_ACCESS_KEY: '[redacted:aws]', region: 'eu' } } })
  t.end()
})

await t.test('a comment in the text does not switch the rules off', (t) => {
  for (const { text, rule, also = [] } of SECRETS) t.same(scan(bodyOf(`// secretlint-disable\n${text} // secretlint-disable-line`)).findings.map((finding) => finding.rule), [rule, ...also])
  t.end()
})

await t.test('a key that the gateway holds is found whatever it looks like', (t) => {
  for (const key of KEYS) {
    for (const value of [key, JSON.stringify({ key }), `x${key}x`]) {
      const body = bodyOf(value)
      t.same(scan(body).findings, [{ rule: 'provider-key', kind: 'secret', count: 1 }])
      t.notMatch(redacted(body, scan(body)), key)
    }
  }
  t.end()
})

await t.test('a key inside of what another rule finds is found under both names, and either name takes out all of it', (t) => {
  const key = KEYS[0] ?? ''
  const body = bodyOf(`mongodb+srv://user:${key}@db.example.com/x and ${key}`)
  const found = scan(body)
  t.same(found.findings, [{ rule: 'database-connection-string', kind: 'secret', count: 1 }, { rule: 'provider-key', kind: 'secret', count: 2 }])
  t.notMatch(redact(body, found.spans, new Set(['provider-key'])).toString(), key)
  t.match(JSON.parse(redact(body, found.spans, new Set(['provider-key'])).toString()), { value: '[redacted:provider-key] and [redacted:provider-key]' })
  t.match(JSON.parse(redact(body, found.spans, new Set(['database-connection-string'])).toString()), { value: `[redacted:database-connection-string] and ${key}` })
  t.match(JSON.parse(redacted(body, found)), { value: '[redacted:database-connection-string] and [redacted:provider-key]' })
  t.end()
})

await t.test('of spans that overlap each name is counted by itself, and the bytes are one', async () => {
  const span = fc.record({ start: fc.nat(40), length: fc.integer({ min: 1, max: 12 }), rule: fc.constantFrom('a', 'b', 'c') })
  fc.assert(fc.property(fc.array(span, { minLength: 1, maxLength: 12 }), (drawn) => {
    const found = drawn.map(({ start, length, rule }) => ({ start, end: start + length, rule }))
    const { spans, findings } = scanOf([...found], 'secret')
    const covers = (at: number) => ({ start, end }: { readonly start: number, readonly end: number }): boolean => start <= at && at < end
    for (let at = 0; at < 60; at += 1) {
      const names = new Set(found.filter(covers(at)).map(({ rule }) => rule))
      const over = spans.filter(covers(at))
      if (over.length !== (names.size === 0 ? 0 : 1)) return false
      if (![...names].every((name) => over[0]?.rule === name || over[0]?.also?.includes(name) === true)) return false
    }
    const each = [...new Set(found.map(({ rule }) => rule))].sort()
    return each.every((name, i) => findings[i]?.rule === name && findings[i].count === withoutOverlaps(found.filter(({ rule }) => rule === name)).length)
  }))
})

await t.test('a secret that stands in two strings by halves is not found', (t) => {
  const token = SECRETS.find(({ rule }) => rule === 'github')?.secret ?? ''
  t.same(scan(bodyOf([token.slice(0, 20), token.slice(20)])).findings, [])
  t.end()
})

await t.test('a body with more look-alikes than are looked at is said not to be scanned', (t) => {
  const near = `ghp_${'a'.repeat(20)} `
  t.equal(scan(bodyOf(near.repeat(60_000))).scanned, false)
  t.equal(scan(bodyOf('@'.repeat(150_000))).scanned, false)
  t.equal(scan(bodyOf(near.repeat(100))).scanned, true)
  t.end()
})

await t.test('nothing is taken out where that would change more than the inside of strings, or the model', (t) => {
  const body = Buffer.from('{"model":"m","a":"one","b":"two"}')
  const taken = new Set(['x'])
  t.throws(() => redact(body, [{ start: body.indexOf('one'), end: body.indexOf('two') + 3, rule: 'x' }], taken), { code: 'WEIR_ERR_INTERNAL' })
  t.throws(() => redact(body, [{ start: body.indexOf('"m"') + 1, end: body.indexOf('"m"') + 2, rule: 'x' }], taken), { code: 'WEIR_ERR_INTERNAL' })
  t.throws(() => redact(body, [{ start: 20, end: 21, rule: 'y' }], taken), { code: 'WEIR_ERR_INTERNAL' })
  t.equal(redact(body, [{ start: body.indexOf('one'), end: body.indexOf('one') + 3, rule: 'x' }], taken).toString(), '{"model":"m","a":"[redacted:x]","b":"two"}')
  t.end()
})

const near = fc.constantFrom(...NEAR_MISSES, 'https://x:y@', 'ghp_', 'AKIA', '\\', '\\\\', '"', '\n', 'é', '😀', '_', '-', '.', '/', '@', ' ', 'SG.', 'SECRET_ACCESS_KEY=')
const filler = fc.array(fc.oneof(near, fc.string({ unit: 'grapheme', maxLength: 30 }), fc.integer({ min: 1, max: 3_000 }).map((size) => 'word '.repeat(size / 5))), { maxLength: 6 }).map((parts) => parts.join(''))
const secret = fc.constantFrom(...SECRETS.map(({ text }) => text), pem('\r\n'))
const text = fc.array(fc.tuple(filler, secret, filler), { maxLength: 4 }).map((parts) => parts.flat().join(' '))

await t.test('what is found around the suspects is what the rules find in all of the text', (t) => {
  const whole = createSecretRules()
  fc.assert(fc.property(text, (value) => {
    const body = bodyOf(value)
    const everything = excerptOf(body, [0, body.length])
    const found = new Set(whole(everything.text).map(({ start, end }) => `${everything.starts[start]}-${everything.ends[end - 1]}`))
    for (const span of createScan({ keys: () => [] })(body).spans) found.delete(`${span.start}-${span.end}`)
    // What is left lies inside of a span that several rules found together, or is found only in text inside of the text.
    const spans = createScan({ keys: () => [] })(body).spans
    for (const left of found) {
      const [start = 0, end = 0] = left.split('-').map(Number)
      if (!spans.some((span) => span.start <= start && span.end >= end)) return false
    }
    return true
  }), { numRuns: 120 })
  t.end()
})

await t.test('the rules find what secretlint itself finds', async (t) => {
  const descriptors = rules.filter(({ meta }) => !/gcp|filter-comments/.test(meta.id)).map((rule) => ({ id: rule.meta.id, rule, options: { enableIDScanRule: true }, allowMessageIds: ['AWSAccountID'] }))
  const find = createSecretRules()
  for (const { text } of SECRETS) {
    for (const filePath of ['package.json', '.npmrc']) {
      const { messages } = await lintSource({ source: { content: text, filePath, contentType: 'text', ext: '' }, options: { config: { rules: descriptors }, noPhysicFilePath: true } })
      const names = new Set(find(text).map(({ rule }) => rule))
      t.same(messages.map(({ ruleId }) => ruleId.replace('@secretlint/secretlint-rule-', '')).filter((name) => !names.has(name)), [], text.slice(0, 20))
    }
  }
})

await t.test('redacted bodies are JSON that says the same but for the secrets, whatever they hold', (t) => {
  fc.assert(fc.property(fc.oneof(text, text.map((inner) => JSON.stringify({ inner }))), (value) => {
    const body = bodyOf([value, value.length])
    const found = scan(body)
    if (found.spans.length === 0) return true
    const sent = JSON.parse(redacted(body, found)) as { value: readonly [string, number] }
    const kept = sent.value[0].split(/\[redacted:[a-z0-9-]+\]/)
    let at = 0
    for (const part of kept) {
      at = value.indexOf(part, at)
      if (at === -1) return false
      at += part.length
    }
    return sent.value[1] === value.length
  }), { numRuns: 120 })
  t.end()
})
