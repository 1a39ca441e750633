import fc from 'fast-check'
import t from 'tap'
import { MODEL_FORMATS, type ModelFormatName } from '../../../../adapters/model-format.ts'
import { WIRES } from '../../../support/scripted-provider.ts'
import { startFakeUpstream, streamHead } from './fake-upstream.ts'
import { ask, openGovernedPlane, type Answer } from './governed-plane.ts'
import { readByClient } from './read-by-client.ts'

const RUNS = 80 // of each format and form; a run is one request
const PATHS: Readonly<Record<ModelFormatName, readonly [stream: string, whole: string]>> = {
  'openai-chat': ['v1/chat/completions', 'v1/chat/completions'],
  'openai-responses': ['v1/responses', 'v1/responses'],
  anthropic: ['v1/messages', 'v1/messages'],
  gemini: ['v1beta/models/m1:streamGenerateContent', 'v1beta/models/m1:generateContent'],
}

interface Wish { readonly native: string, readonly args: Readonly<Record<string, string>>, readonly isDenied: boolean }

// Marks stand in arguments only, and a denied call's differs from an allowed one's: what must not leave is seen by a search.
const odd = fc.oneof(fc.string({ maxLength: 6 }).map((text) => text.replaceAll('\0', '')), fc.constantFrom('"', '\\', '\n', '\u2028', '😀', '}{', 'data: x', '[DONE]', '\n\ndata: {}'))
const wish: fc.Arbitrary<Wish> = fc.record({ isDenied: fc.boolean(), native: fc.constantFrom('bash', 'write', 'read'), text: odd }).map(({ isDenied, native, text }) => {
  const mark = isDenied ? 'FORBID-MARK' : 'fine-mark'
  return { native, isDenied, args: native === 'bash' ? { command: `echo ${mark}${text}`, description: 'x' } : native === 'write' ? { filePath: `a/${mark}`, content: `${mark}${text}` } : { filePath: `a/${mark}` } }
})

/** What a hostile provider makes of an honest answer. Each keeps the marks of denied calls, in a place where some client may look. */
const TWISTS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'a name twice': (text) => text.replace(/"(name|arguments|input|args|id)":/, '"$1":"other","$1":'),
  'harmless arguments behind its own': (text) => text.replace(/"(arguments|partial_json)":"(?:[^"\\]|\\.)+"/g, (own, name: string) => `${own},"${name}":${JSON.stringify('{"filePath":"ok"}')}`),
  'a name that is escaped': (text) => text.replace(/"(name|arguments|partial_json|args|tool_calls|functionCall)":/g, (_all, name: string) => `"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}":`),
  'a name in another case': (text) => text.replace(/"(tool_calls|functionCall|function_call|content_block|arguments)":/, (_all, name: string) => `"${name[0]?.toUpperCase()}${name.slice(1)}":`),
  'one index for all': (text) => text.replace(/"(index|output_index)":[0-9]+/g, '"$1":0'),
  'its own again after its end': (text) => text + text,
  'its calls after the end mark': (text) => `data: [DONE]\n\n${text}`,
  'without its last event': (text) => text.slice(0, text.lastIndexOf('\n\n', text.length - 3) + 2),
  'cut in the middle': (text) => text.slice(0, text.length >> 1),
  'events in reverse': (text) => text.split('\n\n').toReversed().join('\n\n'),
  'events twice each': (text) => text.split('\n\n').map((event) => event === '' ? '' : `${event}\n\n${event}`).join('\n\n'),
  'another encoding': (text) => Buffer.from(text, 'utf16le').toString('latin1'),
  'broken UTF-8': (text) => text.replace('mark', 'mark\xff\xc0'),
  'lines that end otherwise': (text) => text.replaceAll('\n', '\r'),
  'a long pad': (text) => `: ${'x'.repeat(200_000)}\n\n${text}`,
}
const HONEST = ['as it is', 'lines that end otherwise', 'a long pad']
const twist = fc.constantFrom(...Object.keys(TWISTS), ...HONEST)

for (const format of MODEL_FORMATS) {
  const upstream = await startFakeUpstream()
  const governed = await openGovernedPlane(upstream.baseUrl.replace('/v1', `/${WIRES[format].version}`), { provider: { format } })
  t.after(async () => {
    await governed.close()
    upstream.close()
  })

  const answered = async (bytes: Buffer, { stream, cut }: { readonly stream: boolean, readonly cut: number }): Promise<Answer> => {
    upstream.answer = (response) => {
      if (stream) streamHead(response)
      else response.writeHead(200, { 'content-type': 'application/json' })
      const at = Math.floor(bytes.length * cut)
      response.write(bytes.subarray(0, at))
      setImmediate(() => response.end(bytes.subarray(at)))
    }
    const body = { model: 'm1', ...(format === 'gemini' ? {} : { stream }), messages: [], tools: [{ name: 'invalid' }] }
    return await ask(governed, JSON.stringify(body), { path: `/weir/model/p/${PATHS[format][stream ? 0 : 1]}` })
  }
  const honest = (wishes: readonly Wish[], stream: boolean): string => {
    const step = wishes.length === 0 ? { text: 'words' } : { calls: wishes.map(({ native, args }) => [native, args] as const) }
    return stream ? WIRES[format].events(step, 1).join('') : JSON.stringify(WIRES[format].whole(step, 1))
  }

  for (const stream of [true, false]) {
    await t.test(`${format}, ${stream ? 'streamed' : 'whole'}: whatever a provider answers, no denied argument passes, allowed calls pass as they were, and the answer ends`, async (t) => {
      await fc.assert(fc.asyncProperty(fc.array(wish, { maxLength: 4 }), stream ? twist : fc.constantFrom('as it is', 'a name twice', 'harmless arguments behind its own', 'a name that is escaped', 'a name in another case', 'one index for all', 'its own again after its end', 'cut in the middle', 'another encoding', 'broken UTF-8'), fc.double({ min: 0, max: 1, noNaN: true }), async (wishes, how, cut) => {
        const text = TWISTS[how]?.(honest(wishes, stream)) ?? ''
        const isLatin = how === 'broken UTF-8' || how === 'another encoding'
        const answer = await answered(Buffer.from(text, isLatin ? 'latin1' : 'utf8'), { stream, cut })
        if (JSON.stringify(answer.text).includes('FORBID-MARK') || answer.text.includes('F\\u004f')) return false
        if (!HONEST.includes(how)) return true
        const seen = readByClient(format, answer.text, stream)
        const expected = wishes.map(({ native, args, isDenied }) => isDenied ? 'invalid' : `${native} ${JSON.stringify(args)}`)
        return answer.status === 200 && !answer.broke && seen.isEnded && JSON.stringify(seen.calls.map((call) => call.startsWith('invalid ') ? 'invalid' : call)) === JSON.stringify(expected)
      }), { numRuns: RUNS })
      t.equal(governed.session.released.drain().length > 0, true)
    })
  }
}

t.end()
