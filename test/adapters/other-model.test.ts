import fc from 'fast-check'
import t from 'tap'
import { MODEL_FORMATS } from '../../adapters/model-format.ts'
import { formatsOf } from '../../gateway/model-formats.ts'

const OPERATIONS = { 'openai-chat': 'chat/completions', 'openai-responses': 'responses', anthropic: 'messages', gemini: 'models/fast:streamGenerateContent' } as const

for (const name of MODEL_FORMATS) {
  const [format] = formatsOf(name)
  const read = (body: string) => format.read(OPERATIONS[name], Buffer.from(body))

  await t.test(`${name}: the same request of another model differs in its name and in no other byte`, (t) => {
    const body = ' { "messages" : [{"model":"fast"}],"mod\\u0065l":"fast" ,"stream":true, "stream_options":{"include_usage":true} , "x":1.0e2}\n'
    const other = format.withModel(read(body), 'llama-3.3@70b')
    t.equal(other.model, 'llama-3.3@70b')
    const written = name === 'gemini' ? '"models/llama-3.3@70b"' : '"llama-3.3@70b"'
    t.equal(other.body.toString(), body.replace('"mod\\u0065l":"fast"', `"mod\\u0065l":${written}`))
    if (name === 'gemini') t.equal(other.path, 'models/llama-3.3@70b:streamGenerateContent?alt=sse')
    t.end()
  })

  await t.test(`${name}: whatever else a request holds, another model's is read as that one`, async () => {
    const model = name === 'gemini' ? fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,9}$/) : fc.string({ minLength: 1, maxLength: 20 })
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), model, (members, other) => {
      const { model: _model, stream: _stream, tools: _tools, stream_options: _options, ...rest } = members
      const text = JSON.stringify({ ...rest, model: 'fast' })
      let asked
      try {
        asked = read(text)
        const changed = format.withModel(asked, other)
        const again = format.read(name === 'gemini' ? changed.path.split('?')[0] ?? '' : OPERATIONS[name], changed.body)
        return again.model === other && Buffer.from(format.withModel(changed, 'fast').body).equals(format.withModel(asked, 'fast').body)
      } catch (thrown) {
        return (thrown as { code?: string }).code === 'WEIR_ERR_DECODE_MALFORMED'
      }
    }), { numRuns: 200 })
  })
}

await t.test('gemini: a name that its address cannot carry is refused', (t) => {
  const [gemini] = formatsOf('gemini')
  const asked = gemini.read('models/fast:generateContent', Buffer.from('{}'))
  for (const model of ['a/b', '../x', 'a:b', 'a?b', '']) t.throws(() => gemini.withModel(asked, model), { code: 'WEIR_ERR_DECODE_MALFORMED' }, model)
  t.end()
})
