import fc from 'fast-check'
import t from 'tap'
import { declaresTool } from '../../../adapters/model-format.ts'
import { scanRequest, usageSplice } from '../../../adapters/openai-chat/request-scan.ts'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { spliced, splicedLength } from '../../../gateway/decode/splice.ts'

const malformed = { code: 'WEIR_ERR_DECODE_MALFORMED' }
const scanText = (text: string) => scanRequest(Buffer.from(text))

await t.test('any request object is read as JSON.parse reads it', async (t) => {
  const request = fc.record({
    model: fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).filter((name) => !/\p{Cc}/u.test(name)),
    stream: fc.option(fc.boolean(), { nil: undefined }),
    messages: fc.array(fc.record({ role: fc.string(), content: fc.string({ unit: 'binary' }) })),
    tools: fc.option(fc.array(fc.record({ type: fc.constant('function'), function: fc.jsonValue() })), { nil: undefined }),
    stream_options: fc.option(fc.record({ include_usage: fc.boolean() }), { nil: undefined }),
    extra: fc.jsonValue(),
  })
  fc.assert(fc.property(request, fc.constantFrom(0, 1, '\t'), (value, indent) => {
    const body = Buffer.from(JSON.stringify(value, null, indent))
    const scan = scanRequest(body)
    t.equal(scan.model, value.model)
    t.equal(scan.stream, value.stream === true)
    t.equal(scan.tools !== null, value.tools !== undefined && value.tools.length > 0)
    t.equal(scan.includesUsage, value.stream_options?.include_usage === true)
    const splice = usageSplice(body, scan)
    const bytes = spliced(body, splice)
    t.equal(bytes.length, splicedLength(body, splice))
    const sent = JSON.parse(bytes.toString())
    const options = value.stream === true ? { ...value.stream_options, include_usage: true } : value.stream_options
    t.same(sent, JSON.parse(JSON.stringify({ ...value, stream_options: options })))
  }), { numRuns: 300 })
})

await t.test('what the scan accepts and JSON.parse accepts has the same model and stream', async (t) => {
  const pieces = fc.constantFrom('{', '}', '[', ']', ',', ':', ' ', '"model"', '"m"', '"mod\\u0065l"', '"stream"', 'true', '1', 'null', '"\\\\"', '"\\""', '"a{"')
  let both = 0
  fc.assert(fc.property(fc.array(pieces, { maxLength: 9 }), (parts) => {
    const text = `{"model":"m"${parts.join('')}}`
    let scan
    try {
      scan = scanText(text)
    } catch (error) {
      t.ok(error instanceof GatewayError)
      return
    }
    let value
    try {
      value = JSON.parse(text)
    } catch {
      return // wrong inside a nested value: the provider refuses it
    }
    both += 1
    t.equal(scan.model, value.model)
    t.equal(scan.stream, value.stream === true)
  }), { numRuns: 20_000 })
  t.ok(both > 0)
})

await t.test('long strings end where JSON.parse says, whatever is escaped in them', async (t) => {
  const parts = fc.array(fc.constantFrom('x'.repeat(63), 'x'.repeat(64), 'x'.repeat(65), '\\', '"', '\n', '\\"', 'é', '{'), { maxLength: 30 })
  fc.assert(fc.property(parts, parts, (first, second) => {
    const value = { user: first.join(''), messages: [second.join('')], model: 'm', stream: true }
    const scan = scanText(JSON.stringify(value))
    t.ok(scan.stream && scan.model === 'm')
  }), { numRuns: 1_000 })
  t.throws(() => scanText(`{"model":"${'x'.repeat(100)}\\"}`), malformed)
})

await t.test('a member name is compared as decoded', async (t) => {
  t.equal(scanText('{"mod\\u0065l":"x","str\\u0065am":true}').model, 'x')
  t.throws(() => scanText('{"model":"x","mod\\u0065l":"y"}'), malformed)
})

await t.test('members of nested objects and text in strings are not taken for the request\'s own', async (t) => {
  const scan = scanText('{"metadata":{"model":"inner","stream":true},"user":"\\"model\\":\\"quoted\\"","model":"outer"}')
  t.equal(scan.model, 'outer')
  t.equal(scan.stream, false)
})

await t.test('what is not one JSON object is refused', async (t) => {
  const bodies = ['', '[]', 'null', '{', '{"model":"x"', '{"model":"x"}}', '{"model":"x"} {}', '{"model":"x",}', '{,"model":"x"}', '{"model" "x"}', '{"model":"x" "stream":true}',
    '{"model":"x","a":[}', '{"model":"x","a":{]}', '{"model":"x","a":tru}', '{"model":"x","a":01}', '{"model":"x","a":}', '{"model":"x","a', '{model:"x"}', '\ufeff{"model":"x"}']
  for (const body of bodies) t.throws(() => scanText(body), malformed, body)
  t.throws(() => scanRequest(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), malformed)
})

await t.test('a member that a parser without regard to case takes for another is refused', async (t) => {
  for (const name of ['Model', 'MODEL', 'Stream', '\\u017ftream', 'Tool\\u017f', 'Stream_Options']) t.throws(() => scanText(`{"model":"x","${name}":"y"}`), malformed, name)
  t.equal(scanText('{"model":"x","models":["y"],"modelName":"z"}').model, 'x')
})

await t.test('members of the wrong type are refused', async (t) => {
  const bodies = ['{}', '{"model":1}', '{"model":""}', '{"model":null}', '{"model":"x","stream":"true"}', '{"model":"x","stream":1}', '{"model":"x","stream_options":[]}', '{"model":"\\ud800"}', '{"model":"a\\u0000"}']
  for (const body of bodies) t.throws(() => scanText(body), malformed, body)
})

await t.test('an empty list of tools counts as none', async (t) => {
  t.equal(scanText('{"model":"x","tools":[ ]}').tools, null)
  t.equal(scanText('{"model":"x","tools":null}').tools, null)
  const body = Buffer.from('{"model":"x","tools":[{"function":{"name":"invalid"}}]}')
  t.ok(declaresTool(body, scanRequest(body).tools, 'invalid'))
  t.notOk(declaresTool(body, scanRequest(body).tools, 'bash'))
})

await t.test('a nesting bomb is refused', async (t) => {
  t.throws(() => scanText(`{"model":"x","a":${'['.repeat(100_000)}`), malformed)
})
