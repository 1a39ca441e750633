import { request } from 'node:http'
import { once } from 'node:events'
import t from 'tap'
import { knownModel, UNKNOWN_MODEL } from '../../../gateway/telemetry/model-meters.ts'
import { CALLS, openClientStage } from '../../clients/client-stage.ts'

const stage = await openClientStage(t, 'openai-chat')
const CANARY = 'canary-in-a-model-name'

async function prompt (model = 'model-1', role = 'author'): Promise<number> {
  const response = await fetch(`${stage.base}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model, stream: true, stream_options: { include_usage: true }, messages: [{ role: 'user', content: 'hello' }] }),
    headers: { authorization: `Bearer ${stage.tokenFor(role)}`, 'content-type': 'application/json' },
  })
  await response.text()
  return response.status
}

async function metrics (): Promise<string> {
  return await (await fetch(`${stage.url}/weir/metrics`, { headers: { authorization: `Bearer ${stage.tokenFor('operator')}` } })).text()
}

function valueOf (text: string, series: string): number {
  return Number(text.split('\n').find((line) => line.startsWith(`${series} `))?.slice(series.length + 1) ?? NaN)
}

await t.test('a model request is counted by provider, outcome, tokens and time', async (t) => {
  stage.say({ calls: [CALLS.read, CALLS.denied] })
  t.equal(await prompt(), 200)
  stage.say({ text: 'hello' })
  t.equal(await prompt(), 200)
  const text = await metrics()
  t.equal(valueOf(text, 'weir_model_requests_total{provider="upstream",outcome="done"}'), 2)
  t.equal(valueOf(text, 'weir_model_tokens_total{provider="upstream",model="model-1",environment="DEV",type="input"}'), 200)
  t.equal(valueOf(text, 'weir_model_tokens_total{provider="upstream",model="model-1",environment="DEV",type="output"}'), 20)
  t.equal(valueOf(text, 'weir_model_request_duration_seconds_count{provider="upstream",outcome="done"}'), 2)
  t.equal(valueOf(text, 'weir_model_first_token_seconds_count{provider="upstream"}'), 2)
  t.equal(valueOf(text, 'weir_model_cost_dollars_total{provider="upstream",model="model-1",environment="DEV"}'), 0, 'a keyless provider costs nothing')
  t.equal(valueOf(text, 'weir_upstream_attempts_total{provider="upstream",result="answered"}'), 2)
  t.equal(valueOf(text, 'weir_upstream_endpoint_out{provider="upstream",endpoint="0"}'), 0)
  t.equal(valueOf(text, 'weir_decisions_total{plane="model",kind="tool-call",verdict="allow"}'), 1)
  t.equal(valueOf(text, 'weir_decisions_total{plane="model",kind="tool-call",verdict="deny"}'), 1)
  t.equal(valueOf(text, 'weir_decisions_total{plane="model",kind="model-request",verdict="allow"}'), 2)
  t.equal(valueOf(text, 'weir_http_request_duration_seconds_count{plane="model",status="2xx"}'), 2)
  t.ok(valueOf(text, 'weir_ledger_commit_duration_seconds_count') >= 4)
  t.equal(valueOf(text, 'weir_approvals_waiting'), 0)
})

await t.test('a call that waits for a second person is seen', async (t) => {
  stage.say({ calls: [CALLS.held] })
  t.equal(await prompt('model-1', 'contributor'), 200)
  t.equal(valueOf(await metrics(), 'weir_approvals_waiting'), 1)
})

await t.test('failures and refusals are told apart', async (t) => {
  stage.fail(400, { error: { message: 'no' } })
  t.equal(await prompt(), 400)
  stage.upstream.answer = (response) => response.destroy()
  t.equal(await prompt(), 502)
  const left = stage.hang('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')
  const going = request(`${stage.base}/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${stage.tokenFor('author')}`, 'content-type': 'application/json' } })
  going.on('error', () => undefined)
  going.end(JSON.stringify({ model: 'model-1', stream: true, messages: [{ role: 'user', content: 'hello' }] }))
  await once(going, 'response')
  going.destroy()
  await left
  const text = await metrics()
  t.equal(valueOf(text, 'weir_model_requests_total{provider="upstream",outcome="upstream-refused"}'), 1)
  t.equal(valueOf(text, 'weir_model_requests_total{provider="upstream",outcome="upstream-broken"}'), 1)
  t.equal(valueOf(text, 'weir_model_requests_total{provider="upstream",outcome="client-left"}'), 1)
  t.ok(valueOf(text, 'weir_upstream_attempts_total{provider="upstream",result="failed"}') >= 2)
  t.equal(valueOf(text, 'weir_http_request_duration_seconds_count{plane="model",status="5xx"}'), 1)
})

await t.test('names that every object has are no configured models or providers', (t) => {
  const providers = { p: { models: { m: {} } } }
  t.equal(knownModel(providers, 'p', 'm'), 'm')
  for (const name of ['constructor', '__proto__', 'toString']) {
    t.equal(knownModel(providers, 'p', name), UNKNOWN_MODEL)
    t.equal(knownModel(providers, name, 'm'), UNKNOWN_MODEL)
  }
  t.end()
})

await t.test('what a client makes up is no label, and the page needs a token', async (t) => {
  t.not(await prompt(CANARY), 200)
  t.equal((await fetch(`${stage.url}/${CANARY}`)).status, 401)
  t.equal((await fetch(`${stage.url}/weir/metrics`)).status, 401)
  const text = await metrics()
  t.notMatch(text, CANARY)
  t.equal(valueOf(text, 'weir_http_request_duration_seconds_count{plane="client",status="4xx"}'), 1)
})
