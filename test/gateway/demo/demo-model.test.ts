import t from 'tap'
import { startDemoModel } from '../../../gateway/demo/demo-model.ts'

interface Message { role: string, content?: string, tool_call_id?: string, tool_calls?: Array<{ id: string, type: string, function: { name: string, arguments: string } }> }

const demo = await startDemoModel()
t.after(() => demo.close())

async function say (messages: readonly Message[], tools = true): Promise<Message> {
  const response = await fetch(`${demo.baseUrl}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'demo', messages, ...(tools ? { tools: [{ type: 'function', function: { name: 'read' } }] } : {}) }),
  })
  const body = await response.json() as { choices: Array<{ message: Message }> }
  return body.choices[0]?.message ?? { role: 'none' }
}

await t.test('the first prompt plays the scene, call by call, and the summary tells what each call got back', async (t) => {
  const messages: Message[] = [{ role: 'system', content: 'You are.\n  Working directory: /workspace\n' }, { role: 'user', content: 'hello' }]
  const wishes: string[] = []
  for (let step = 0; step < 4; step += 1) {
    const answer = await say(messages)
    const [call] = answer.tool_calls ?? []
    if (call === undefined) throw new Error('a call was expected')
    wishes.push(`${call.function.name} ${call.function.arguments}`)
    const denied = call.function.arguments.includes('.env')
    messages.push({ role: 'assistant', tool_calls: [{ ...call, function: { ...call.function, name: denied ? 'invalid' : call.function.name } }] })
    messages.push({ role: 'tool', tool_call_id: call.id, content: denied ? 'invalid: secrets are off limits' : `result ${step}` })
  }
  t.match(wishes, [/^read .*\/workspace\/README\.md/, /^write .*\/workspace\/src\/hello\.js/, /^bash .*npm install left-pad/, /^write .*\/workspace\/\.env/])
  const last = await say(messages)
  t.notOk(last.tool_calls)
  t.match(last.content, /read README\.md: done\. result 0/)
  t.match(last.content, /write \.env: stopped\. invalid: secrets are off limits/)
  t.match((await say([...messages, { role: 'assistant', content: last.content ?? '' }, { role: 'user', content: 'again' }])).content, /scripted demo model/)
})

await t.test('a request without tools gets a title', async (t) => {
  t.equal((await say([{ role: 'user', content: 'title please' }], false)).content, 'Weir demo')
})

await t.test('it streams in small pieces and ends properly', async (t) => {
  const response = await fetch(`${demo.baseUrl}/chat/completions`, {
    method: 'POST', body: JSON.stringify({ stream: true, tools: [{}], messages: [{ role: 'user', content: 'hi' }] }),
  })
  const text = await response.text()
  t.equal(response.headers.get('content-type'), 'text/event-stream')
  t.ok(text.endsWith('data: [DONE]\n\n'))
  t.match(text, '"finish_reason":"tool_calls"')
  t.match(text, '"usage"')
})

await t.test('what is no chat request is refused', async (t) => {
  t.equal((await fetch(`${demo.baseUrl}/chat/completions`, { method: 'POST', body: '{' })).status, 400)
  t.equal((await fetch(`${demo.baseUrl}/models`)).status, 404)
})

t.end()
