import t, { type Test } from 'tap'
import { openIdentity } from '../../gateway/identity/open-identity.ts'
import { USAGE_GROUPS, type UsageGroup } from '../../gateway/ledger/usage.ts'
import { openVaultOf } from '../../gateway/vault/open-vault.ts'
import { weir } from '../support/gateway-process.ts'
import { openInProcessGateway } from '../support/in-process-gateway.ts'
import { startFakeUpstream } from './planes/model/fake-upstream.ts'

// Spend as it leaves: asked for at the gateway's own doors, under names that somebody chose to harm whoever opens the export.

const MODELS = ['=HYPERLINK("http://x","y")', '@SUM(1,2)', 'plain', '-1+cmd|x'] as const
const ACTORS = ['=cmd|\' /C calc\'!A0', '+1', 'quote"d, and comma', '\uff1dfull', 'plain@acme.test'] as const
const GROUPS: ReadonlyArray<readonly string[]> = [['=ops', '+dev'], ['a,b'], [], ['@x'], ['payments']]
const PRICE = { perMillionInput: 3, perMillionOutput: 15 }
const EACH_NANO_USD = 1_000 * 3_000 + 100 * 15_000 // tokens at nano-dollars each

const upstream = await startFakeUpstream()
t.teardown(() => upstream.close())
const answer = (more: object): void => {
  upstream.answer = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ id: 'c', object: 'chat.completion', model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }], ...more }))
  }
}
const COUNTED = { usage: { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100 } }

const provider = { format: 'openai-chat', baseUrl: upstream.baseUrl, models: Object.fromEntries(MODELS.map((model) => [model, { price: PRICE }])) }
const gateway = await openInProcessGateway(t, {
  settings: { providers: { up: provider, other: { ...provider, keyless: true } } },
  before: async (config, env) => {
    const vault = await openVaultOf(config, env)
    await vault.set({ provider: 'up', environment: 'DEV', app: null }, 'sk-export-1', 'test')
  },
})
const identity = openIdentity(gateway.dataDir, Date.now)

async function ask (place: number, more: object = COUNTED, providerName = 'up'): Promise<void> {
  answer(more)
  const { token } = identity.provider.issue({ actor: ACTORS[place] ?? '', role: 'author', groups: [...GROUPS[place] ?? []], org: place === 1 ? '=org' : 'acme', app: 'shop', environment: 'DEV', ttlMs: 3_600_000 })
  const body = JSON.stringify({ model: MODELS[place % MODELS.length], messages: [{ role: 'user', content: 'hello' }] })
  const { status } = await fetch(`${gateway.url}/weir/model/${providerName}/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body })
  if (status !== 200) throw new Error(`${ACTORS[place] ?? ''}: ${status}`)
}

for (const place of ACTORS.keys()) await ask(place)
await ask(0, {}) // counts nothing
await ask(4, COUNTED, 'other')
await ask(2, { ...COUNTED, service_tier: 'priority', usage: { ...COUNTED.usage, num_search_queries: 2 } })
const REQUESTS = ACTORS.length + 3

const operator = { authorization: `Bearer ${gateway.tokenFor('operator')}` }

async function read (query: string, path = '/weir/api/v1/usage'): Promise<string> {
  const answered = await fetch(`${gateway.url}${path}${query}`, { headers: operator })
  if (answered.status !== 200) throw new Error(`${answered.status} ${await answered.text()}`)
  return await answered.text()
}

const byCommand = (...args: string[]): string => weir(['usage', '--data-dir', gateway.dataDir, ...args]).stdout

/** Records of RFC 4180, and nothing that it does not allow. */
function recordsOf (csv: string): string[][] {
  const records: string[][] = []
  let cells: string[] = []
  for (const [, quoted, bare = '', end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\n)/g)) {
    cells.push(quoted?.replaceAll('""', '"') ?? bare)
    if (end === ',') continue
    records.push(cells)
    cells = []
  }
  return records
}

const RUN_AS_FORMULA = /^[\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]/
const NUMBER = /^-?\d+(\.\d+)?$/

/** The rows of an export, by the names of its columns. */
function tableOf (t: Test, csv: string, what: string): Array<Record<string, string>> {
  const [header = [], ...rows] = recordsOf(csv)
  t.same(rows.filter((row) => row.length !== header.length), [], `${what}: every row has every column`)
  t.same(rows.flat().filter((cell) => RUN_AS_FORMULA.test(cell) && !NUMBER.test(cell)), [], `${what}: nothing that a spreadsheet runs`)
  return rows.map((row) => Object.fromEntries(header.map((name, at) => [name, row[at] ?? ''])))
}

/** Whether each row says in what its cost is, at which prices, and from where these are. */
function statesPrices (t: Test, rows: ReadonlyArray<Record<string, string>>, what: string): void {
  t.ok(rows.length > 0, what)
  for (const row of rows) t.match(row, { currency: 'USD', price_sources: 'weir.yaml', unit_prices: /: input 3, output 15/ }, what)
}

const sum = (rows: ReadonlyArray<Record<string, string>>, column: string): number => rows.reduce((total, row) => total + Number(row[column]), 0)

/** What a cell says, without the mark that keeps a spreadsheet from running it. */
const said = (cell: string | undefined): string => (cell ?? '').replace(/^'/, '')

const EXPECTED: Readonly<Partial<Record<UsageGroup, readonly string[]>>> = {
  org: ['=org', 'acme'],
  group: ['+dev,=ops', '', '@x', 'a,b', 'payments'],
  actor: [...ACTORS],
  app: ['shop'],
  environment: ['DEV'],
  session: [''], // the public door has none
  provider: ['other', 'up'],
  model: [...MODELS],
  day: [new Date().toISOString().slice(0, 10)],
}

await t.test('spend by each dimension, and by all of them, adds up, names whom it is of, and states currency and prices; the route and the command say the same', async (t) => {
  for (const group of [...USAGE_GROUPS.map((one) => [one]), USAGE_GROUPS]) {
    const names = group.join(',')
    const csv = await read(`?group=${names}&format=csv`)
    t.equal(csv, byCommand('--group', names, '--format', 'csv'), names)
    const rows = tableOf(t, csv, names)
    statesPrices(t, rows, names)
    t.equal(sum(rows, 'requests'), REQUESTS, names)
    t.equal(sum(rows, 'estimated_requests'), 1, names)
    const [only] = group
    const expected = group.length === 1 && only !== undefined ? EXPECTED[only] : undefined
    if (only !== undefined && expected !== undefined) t.same(rows.map((row) => said(row[only])).sort(), [...expected].sort(), names)
    const { currency, rows: inJson } = JSON.parse(await read(`?group=${names}&format=json`)) as { currency: string, rows: ReadonlyArray<{ readonly group: Readonly<Record<string, string | null>>, readonly requests: number, readonly priceSources: string[] }> }
    t.equal(currency, 'USD', names)
    t.same(inJson.map((row) => group.map((name) => row.group[name] ?? '')), rows.map((row) => group.map((name) => said(row[name]))), `${names}: JSON has the names as they are`)
  }
  const byKey = tableOf(t, await read('?group=key&format=csv'), 'key')
  t.match(byKey.map(({ key }) => key).sort(), ['', /^key_/])
  t.equal(byKey.find(({ key }) => key === '')?.['requests'], '1', 'what went out without a key')
})

await t.test('what is estimated and what is guessed is marked, and is a part of the whole', async (t) => {
  const rows = tableOf(t, await read('?group=actor&format=csv'), 'actor')
  const of = (place: number): Record<string, string> | undefined => rows.find(({ actor }) => said(actor) === ACTORS[place])
  t.match(of(0), { requests: '2', estimated_requests: '1', guessed_requests: '0', unpriced_requests: '0' })
  const estimated = Number(of(0)?.['cost_nano_usd']) - EACH_NANO_USD
  t.ok(estimated > 0 && of(0)?.['estimated_cost'] === (estimated / 1e9).toFixed(9), 'an answer that nobody counted costs what it is estimated at')
  t.match(of(2), { requests: '2', estimated_requests: '0', guessed_requests: '1', web_searches: '2', cost_nano_usd: String(EACH_NANO_USD + EACH_NANO_USD * 2.5 + 2 * 50_000_000), unit_prices: /priority × 2\.5 \(guessed\), web search 50 a thousand \(guessed\)/ })
  t.match(of(3), { requests: '1', estimated_requests: '0', guessed_requests: '0', web_searches: '0', cost_nano_usd: String(EACH_NANO_USD), cost: '0.004500000', estimated_cost: '0.000000000' })
})

await t.test('a period without anything has no rows, and still says its currency and itself', async (t) => {
  for (const [since, until] of [['2020-01-01', '2020-02-01'], ['2020-02-01', '2020-01-01'], ['2100-01-01', '2100-02-01']] as const) {
    const csv = await read(`?group=actor&format=csv&since=${since}&until=${until}`)
    t.match(csv, /^actor,requests,.*,cost_nano_usd,cost,estimated_cost,currency,price_sources,unit_prices,[^\n]*\n$/)
    t.equal(byCommand('--group', 'actor', '--format', 'csv', '--since', since, '--until', until), csv)
    t.match(JSON.parse(await read(`?group=actor&since=${since}&until=${until}`)), { currency: 'USD', since: Date.parse(since), until: Date.parse(until), rows: [] })
    t.match(byCommand('--since', since, '--until', until), /prices: none\nUSD for a million tokens: none\n$/)
  }
})

await t.test('reports on what was done state the same of what it cost, under the same names', async (t) => {
  for (const by of ['actor', 'session', 'app']) {
    const csv = await read(`?by=${by}&format=csv`, '/weir/api/v1/audit/reports')
    const command = weir(['audit', 'report', '--by', by, '--format', 'csv', '--data-dir', gateway.dataDir]).stdout
    for (const [text, what] of [[csv, `${by} by the route`], [command, `${by} by the command`]] as const) {
      const spent = tableOf(t, text, what).filter(({ requests }) => Number(requests) > 0)
      statesPrices(t, spent, what)
      t.equal(sum(spent, 'requests'), REQUESTS, what)
    }
  }
})

await t.test('a name that holds a control is refused at the door, so that no record and no terminal ever has one', async (t) => {
  for (const named of [{ actor: 'line\nbreak' }, { actor: 'clear\u001b[2J' }, { groups: ['line\nbreak'] }, { org: 'a\rb' }]) {
    const { token } = identity.provider.issue({ actor: 'zoe', role: 'author', groups: [], org: 'acme', app: 'shop', environment: 'DEV', ttlMs: 3_600_000, ...named })
    const asked = await fetch(`${gateway.url}/weir/model/up/v1/models`, { headers: { authorization: `Bearer ${token}` } })
    t.equal(asked.status, 401, JSON.stringify(named))
  }
  // eslint-disable-next-line no-control-regex
  t.notMatch(byCommand('--group', USAGE_GROUPS.join(',')), /[\u0000-\u0009\u000b-\u001f]/)
})

t.end()
