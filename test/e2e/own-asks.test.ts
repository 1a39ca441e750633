import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../gateway/package-root.ts'
import { shortDir } from '../support/gateway-process.ts'
import { attachTerminal } from '../support/terminal-client.ts'
import { until } from '../support/until.ts'
import { openStage, toolResults } from '../support/weir-stage.ts'

interface Ask { readonly id: string, readonly sessionID: string, readonly permission: string, readonly patterns: readonly string[], readonly always: readonly string[], readonly metadata: Readonly<Record<string, string>> }
interface Event { readonly type: string, readonly properties: Readonly<Record<string, unknown>> }

// Contributors confirm their own edits in DEV, for the session if they say so. Dependencies stay with somebody else.
const policies = join(shortDir(t), 'policies')
cpSync(join(packageRoot(), 'policies'), policies, { recursive: true })
const data = (section: string, value: object): void => writeFileSync(join(policies, 'weir/data', section, 'data.json'), JSON.stringify(value))
data('approvers', { approver: { DEV: ['edit', 'dependency'] }, contributor: { DEV: ['edit'] } })
data('approvals', { own: { DEV: ['edit'] }, scopes: { DEV: { edit: ['session'] } } })
const grants = { contributor: { DEV: { review: 'allow', chat: 'allow', edit: 'queue', dependency: 'queue' } }, approver: { DEV: { review: 'allow', chat: 'allow' } } }
data('grants', grants)

const stage = await openStage(t, { approvals: { hold: '2m' }, policies })
const carol = stage.tokenFor('contributor', 'carol@acme.test')
const carl = stage.tokenFor('contributor', 'carl@acme.test')
const bob = stage.tokenFor('approver', 'bob@acme.test')
const agentSession = (JSON.parse((await stage.call('POST', '/session', carol, {})).text) as { id: string }).id

/** What a client of this person hears, from now to the end of the test. */
async function events (token: string, route: string): Promise<{ readonly heard: Event[], readonly names: () => string[] }> {
  const leave = new AbortController()
  t.teardown(() => leave.abort())
  const answer = await fetch(`${stage.gateway.url}${route}`, { headers: { authorization: `Bearer ${token}` }, signal: leave.signal })
  const heard: Event[] = []
  const read = async (): Promise<void> => {
    let text = ''
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString()
      const records = text.split('\n\n')
      text = records.pop() ?? ''
      for (const record of records) {
        if (!record.startsWith('data: ')) continue
        const value = JSON.parse(record.slice('data: '.length)) as Event & { readonly payload?: Event }
        heard.push(value.payload ?? value)
      }
    }
  }
  read().catch(() => {}) // aborted with the test
  return { heard, names: () => heard.flatMap(({ type }) => type.startsWith('permission.') ? [type] : []) }
}

const prompt = async (text: string): Promise<string> => (await stage.call('POST', `/session/${agentSession}/message`, carol, { model: { providerID: 'scripted', modelID: 'model-1' }, parts: [{ type: 'text', text }] })).text
const openAsks = async (token: string): Promise<Ask[]> => JSON.parse((await stage.call('GET', '/permission', token)).text) as Ask[]
const reply = async (token: string, id: string, body: object): Promise<{ status: number, text: string }> => await stage.call('POST', `/permission/${id}/reply`, token, body)
const lastResults = (): string => toolResults(stage.provider.requests.findLast(({ body }) => body.tools !== undefined))
const script = (name: string, path: string, content: string): void => stage.provider.script(name, [{ calls: [['write', { filePath: `/workspace/${path}`, content }]] }, { text: `${name} is over.` }])

async function onlyAsk (): Promise<Ask> {
  let asks: Ask[] = []
  await until(async () => {
    asks = await openAsks(carol)
    return asks.length > 0
  })
  return asks[0] as Ask
}

const [mine, global, theirs] = [await events(carol, '/event'), await events(carol, '/global/event'), await events(carl, '/event')]

await t.test('who asked is shown the call as their agent\'s own permission request, answers it, and the agent goes on', async (t) => {
  script('CONFIRM', 'src/one.js', 'export const one = 1\n')
  const turn = prompt('CONFIRM')
  const ask = await onlyAsk()
  t.match(ask, { sessionID: agentSession, permission: 'edit', patterns: ['src/one.js'], always: ['src/one.js'], metadata: { diff: /\+export const one = 1/ } })
  t.same(await openAsks(carl), [], 'nobody else is')
  t.match(await reply(carl, ask.id, { reply: 'once' }), { status: 409 })
  t.match(await reply(carol, ask.id, { reply: 'perhaps' }), { status: 400 })
  t.match(await reply(carol, ask.id, { reply: 'once' }), { status: 200, text: 'true' })
  t.match(await turn, /CONFIRM is over/)
  t.match(lastResults(), /Wrote file successfully/)
  t.match(await reply(carol, ask.id, { reply: 'reject' }), { status: 409, text: /answered already/ })
  t.same(await openAsks(carol), [])
  for (const stream of [mine, global]) t.same(stream.names(), ['permission.asked', 'permission.replied'], 'the agent\'s own asks stay hidden')
  t.match(mine.heard.find(({ type }) => type === 'permission.replied')?.properties, { sessionID: agentSession, requestID: ask.id, reply: 'once' })
  t.same(theirs.names(), [])
  const words = (await stage.ledger()).flatMap((entry) => entry.kind === 'event' && entry.name === 'approval-given' ? [[entry.actor, entry.detail['scope']]] : [])
  t.same(words, [['carol@acme.test', 'once']])
})

await t.test('"always" means the same call in this session, as data allow, and nothing wider', async (t) => {
  script('ALWAYS', 'src/two.js', 'export const two = 2\n')
  const first = prompt('ALWAYS')
  t.match(await reply(carol, (await onlyAsk()).id, { reply: 'always' }), { status: 200 })
  await first
  t.match(await prompt('ALWAYS'), /ALWAYS is over/, 'the same call passes')
  t.match(lastResults(), /Wrote file successfully/)
  script('OTHER', 'src/two.js', 'export const two = 3\n')
  const other = prompt('OTHER')
  const ask = await onlyAsk()
  t.match(ask.metadata['diff'], /two = 3/, 'another content is asked about')
  t.match(await reply(carol, ask.id, { reply: 'reject', message: 'two is two' }), { status: 200 })
  t.match(await other, /OTHER is over/)
  t.match(lastResults(), /refused this call: two is two/)
})

await t.test('somebody else who may answer answers as ever, and the prompt is closed', async (t) => {
  script('EITHER', 'src/four.js', 'export const four = 4\n')
  const turn = prompt('EITHER')
  const ask = await onlyAsk()
  t.match(await stage.call('POST', `/weir/api/v1/approvals/apr_${ask.id.slice('per_'.length)}/approve`, bob, {}), { status: 200 })
  t.match(await turn, /EITHER is over/)
  t.match(mine.heard.findLast(({ type }) => type === 'permission.replied')?.properties, { requestID: ask.id, reply: 'once' })
  t.match(await reply(carol, ask.id, { reply: 'once' }), { status: 409 })
})

await t.test('what policy leaves to somebody else is shown to nobody as an ask', async (t) => {
  script('DEPEND', 'package.json', '{ "name": "shop", "version": "2.0.0" }\n')
  const before = mine.names().length
  const turn = prompt('DEPEND')
  let id = ''
  await until(async () => {
    const { approvals } = JSON.parse((await stage.call('GET', '/weir/api/v1/approvals?state=waiting', bob)).text) as { approvals: { id: string }[] }
    id = approvals[0]?.id ?? ''
    return id !== ''
  })
  t.same(await openAsks(carol), [])
  t.match(await reply(carol, `per_${id.slice('apr_'.length)}`, { reply: 'once' }), { status: 409 })
  t.match(await stage.call('POST', `/weir/api/v1/approvals/${id}/approve`, carol, {}), { status: 403 })
  t.match(await stage.call('POST', `/weir/api/v1/approvals/${id}/deny`, bob, { reason: 'not now' }), { status: 200 })
  t.match(await turn, /DEPEND is over/)
  t.equal(mine.names().length, before)
})

await t.test('in the terminal the prompt is OpenCode\'s own: Enter lets the call run once, Reject refuses it and the agent goes on', async (t) => {
  script('TYPED-YES', 'src/five.js', 'export const five = 5\n')
  script('TYPED-NO', 'src/six.js', 'export const six = 6\n')
  const terminal = attachTerminal(t, { dir: stage.dir, url: stage.gateway.url, token: carol })
  await terminal.shows(/Ask anything/)
  terminal.type('TYPED-YES')
  terminal.press('Enter')
  t.match(await terminal.shows(/Permission required[^]*five = 5[^]*Allow once[^]*Reject/), 'Edit src/five.js')
  t.notMatch(await terminal.shows(/./), 'TYPED-YES is over', 'the agent waits')
  terminal.press('Enter')
  t.match(await terminal.shows(/TYPED-YES is over/), 'Wrote src/five.js')
  await terminal.shows(/ctrl\+p commands/) // the turn has ended: a prompt from here on begins one
  terminal.type('TYPED-NO')
  terminal.press('Enter')
  await terminal.shows(/Permission required[^]*six = 6[^]*Reject/)
  terminal.press('Right', 'Right', 'Enter')
  const screen = await terminal.shows(/TYPED-NO is over/)
  t.match(screen, /refused this call: The user rejected it/)
  t.notMatch(screen, 'Wrote src/six.js')
  t.match((await stage.ledger()).flatMap((entry) => entry.kind === 'event' && entry.name.startsWith('approval-') ? [[entry.name, entry.actor]] : []).slice(-2), [['approval-given', 'carol@acme.test'], ['approval-refused', 'carol@acme.test']])
})
