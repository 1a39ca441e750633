import t, { type Test } from 'tap'
import { openInProcessGateway } from '../support/in-process-gateway.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

interface Answer { readonly status: number, readonly rule: string | undefined }
interface World { decide (): Promise<Answer>, ask (): Promise<Answer>, start (): Promise<Answer>, readonly asked: () => number }

/** A real gateway whose data say more than the shipped ones. */
async function world (t: Test, data: Readonly<Record<string, unknown>>): Promise<World> {
  const provider = await startScriptedProvider()
  t.teardown(() => provider.close())
  const { url, tokenFor } = await openInProcessGateway(t, {
    data, settings: { providers: { scripted: { format: 'openai-chat', baseUrl: provider.baseUrl, keyless: true, models: { m: {} } } } },
  })
  const token = tokenFor('author')
  async function post (path: string, body: object): Promise<Answer> {
    return await answered(fetch(`${url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) }))
  }
  async function answered (answering: Promise<Response>): Promise<Answer> {
    const response = await answering
    const said = await response.json() as { decision?: { rule: string }, error?: { rule?: string } }
    return { status: response.status, rule: said.decision?.rule ?? said.error?.rule }
  }
  return {
    decide: () => post('/weir/api/v1/decisions', { protocol: 'opencode', tool: 'read', args: { filePath: 'README.md' } }),
    ask: () => post('/weir/model/scripted/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'hello' }] }),
    start: () => answered(fetch(`${url}/session`, { headers: { authorization: `Bearer ${token}` } })),
    asked: () => provider.requests.length,
  }
}

await t.test('outside the hours that data set, nothing is done', async (t) => {
  const { decide, ask, asked } = await world(t, { hours: { zone: 'Europe/Berlin', windows: { '*': { DEV: [] } } } })
  t.same(await decide(), { status: 200, rule: 'hours.outside_hours' })
  t.same(await ask(), { status: 403, rule: 'hours.outside_hours' })
  t.equal(asked(), 0)
})

await t.test('a budget lets requests through until it is used up, and stops nothing else', async (t) => {
  const { decide, ask, asked } = await world(t, { budgets: { authors: { match: { roles: ['author'] }, limits: { tokens_per_day: 1_000 } } } })
  let answer = await ask()
  while (answer.rule === 'budgets.unknown') answer = await ask() // the journal is read once, in the background
  t.equal(answer.status, 200)
  // Each costs 110 tokens. What is held for one is more until its like are known, so one or two places may stay empty, and never one too many.
  while (answer.status === 200) answer = await ask()
  t.same(answer, { status: 403, rule: 'budgets.used_up' })
  t.ok(asked() >= 6 && asked() <= 9)
  t.same(await decide(), { status: 200, rule: 'grants.granted' })
})

await t.test('without a free seat no session is started, and nothing else is stopped', async (t) => {
  const { decide, ask, start } = await world(t, { seats: { acme: 0 } })
  t.same(await start(), { status: 403, rule: 'sessions.seats_taken' })
  t.same(await decide(), { status: 200, rule: 'grants.granted' })
  t.equal((await ask()).status, 200)
})
