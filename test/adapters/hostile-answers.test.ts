import t from 'tap'
import { MODEL_FORMATS, type ModelFormatName } from '../../adapters/model-format.ts'
import { openaiChat } from '../../adapters/openai-chat/format.ts'
import { openaiResponses } from '../../adapters/openai-responses/format.ts'
import { formatsOf } from '../../gateway/model-formats.ts'
import { WIRES } from '../support/scripted-provider.ts'
import { allow, runStream } from './run-stream.ts'

const bytesOf = (...events: readonly string[]): Buffer[] => [Buffer.from(events.join(''))]
const inOf = (format: ModelFormatName) => formatsOf(format)[0]
// What Python's str.splitlines takes for the end of a line, but for the two that the protocol has.
const TEXT_LINE_ENDS = ['\u2028', '\u2029', '\u0085', '\v', '\f', '\x1c', '\x1e']
const nameOf = (char: string): string => `character ${char.charCodeAt(0)}`

for (const format of MODEL_FORMATS) {
  await t.test(`${format}: a client that splits text, not bytes, reads no event out of a model's words or a comment`, async (t) => {
    const hidden = 'data: {"hidden":1}'
    for (const end of TEXT_LINE_ENDS) {
      const words = await runStream(inOf(format), bytesOf(...WIRES[format].events({ text: `a${end}data: b` }, 1)))
      t.equal(words.out.includes(end), false, `${nameOf(end)} in words`)
      t.equal(words.out.includes('data: b'), true)
      const comment = await runStream(inOf(format), bytesOf(`: busy${end}${hidden}\n\n`, ...WIRES[format].events({ text: 'a' }, 1)))
      t.equal(comment.out.includes('hidden'), false, `${nameOf(end)} in a comment`)
    }
    const searched = await runStream(inOf(format), bytesOf(`:${hidden}\n\n`, `: ${hidden}\n\n`, ...WIRES[format].events({ text: 'a' }, 1)))
    t.equal(searched.out.includes('hidden'), false, 'an event behind a colon, for clients that search')
    t.match((await runStream(inOf(format), bytesOf(': still thinking\n\n', ...WIRES[format].events({ text: 'a' }, 1)))).out, ': still thinking\n\n')
  })

  await t.test(`${format}: an answer in which nothing is refused passes as it is`, async (t) => {
    const calls = [['read', { filePath: 'a' }], ['bash', { command: 'ls' }]] as const
    const steps = format === 'openai-chat' ? [{ text: 'Grüße' }] : [{ text: 'Grüße' }, { calls }] // its calls are put into one event each
    for (const step of steps) {
      const events = WIRES[format].events(step, 1)
      t.equal((await runStream(inOf(format), bytesOf(...events))).out, events.join(''))
    }
  })
}

const event = (value: Readonly<Record<string, unknown>>): string => `event: ${String(value['type'])}\ndata: ${JSON.stringify(value)}\n\n`
const item = (id: string, text: string) => ({ type: 'function_call', id: `fc_${id}`, call_id: id, name: 'read', arguments: text, status: 'completed' })
const READ = '{"filePath":"ok"}'
const EVIL = '{"filePath":"EVIL"}'
const created = event({ type: 'response.created', response: { id: 'r', output: [] } })
const added = (id: string, index: number): string => event({ type: 'response.output_item.added', output_index: index, item: item(id, '') })
const done = (id: string, index: number): string => event({ type: 'response.output_item.done', output_index: index, item: item(id, READ) })
const completed = event({ type: 'response.completed', response: { output: [] } })

await t.test('arguments that the closing event of a call\'s pieces says otherwise are a problem', async (t) => {
  for (const whole of [{ arguments: EVIL }, { input: EVIL }, { arguments: READ, name: 'bash' }]) {
    const closing = event({ type: 'response.function_call_arguments.done', output_index: 0, item_id: 'fc_a', ...whole })
    const { calls } = await runStream(openaiResponses, bytesOf(created, added('a', 0), closing, done('a', 0), completed))
    t.match(calls, [{ problem: /./ }], JSON.stringify(whole))
  }
  const honest = event({ type: 'response.function_call_arguments.done', output_index: 0, item_id: 'fc_a', name: 'read', arguments: READ })
  t.match((await runStream(openaiResponses, bytesOf(created, added('a', 0), honest, done('a', 0), completed))).calls, [{ problem: null }])
})

await t.test('a piece that is one call\'s by its index and another\'s by its id ends the stream', async (t) => {
  const piece = event({ type: 'response.function_call_arguments.delta', output_index: 0, item_id: 'fc_b', delta: READ })
  await t.rejects(runStream(openaiResponses, bytesOf(created, added('a', 0), added('b', 1), piece, done('a', 0), done('b', 1), completed)), { message: /belong to two tool calls/ })
})

await t.test('output without end is not kept without end', async (t) => {
  const message = { type: 'message', id: 'm', content: [{ type: 'output_text', text: 'x'.repeat(1 << 20) }] }
  const big = Buffer.from(event({ type: 'response.output_item.done', output_index: 0, item: message }))
  await t.rejects(runStream(openaiResponses, [Buffer.from(created), ...Array.from({ length: 80 }, () => big), Buffer.from(completed)]), { message: /output is too large/ })
})

await t.test('a long call is not parsed anew for each of many that begin after it', async (t) => {
  const chunk = (calls: readonly unknown[]): string => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: calls } }] })}\n\n`
  const long = Array.from({ length: 15 }, () => chunk([{ index: 0, id: 'long', function: { name: 'read', arguments: `${'{"a":1}'.repeat(70_000)}}` } }]))
  const begins = Array.from({ length: 200 }, (_, at) => chunk([{ index: at + 1, id: `c${at}`, function: { name: 'read', arguments: '{' } }]))
  await t.rejects(runStream(openaiChat, [...long, ...begins].map((text) => Buffer.from(text)), { rule: allow }), { code: 'WEIR_ERR_UPSTREAM', message: /again and again/ })
})

t.end()
