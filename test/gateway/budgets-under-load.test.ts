import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { loadConfig } from '../../gateway/config-file.ts'
import type { Budget } from '../../gateway/core/budget.ts'
import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { openGateway } from '../../gateway/gateway.ts'
import { openIdentity } from '../../gateway/identity/open-identity.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { shortDir, writeConfig } from '../support/gateway-process.ts'
import { ledgerOf } from '../support/ledger-of.ts'
import { until } from '../support/until.ts'
import { event, finishChunk, startFakeUpstream, streamHead, textChunk, type FakeUpstream } from './planes/model/fake-upstream.ts'

const OUTPUT_TOKENS = 40
const PRICE = { perMillionInput: 1_000, perMillionOutput: 2_000 }
const NANO_PER_DOLLAR = 1_000_000_000
const REQUESTS = 200

interface World {
  readonly upstream: FakeUpstream
  /** Asks as that actor with so many bytes of prompt. */
  ask (actor: string, bytes: number, signal?: AbortSignal): Promise<{ status: number, rule: string | undefined }>
  /** Begins a streamed request as that actor and reads until so many characters have come; the stream goes on. */
  stream (actor: string, bytes: number, chars: number): Promise<ReadableStreamDefaultReader<Uint8Array>>
  metric (name: string): Promise<number>
  entries (): Promise<LedgerEntry[]>
  restart (): Promise<void>
}

/** A real gateway with the shipped policy and a budget, before an upstream that says what each request used. */
async function world (t: Test, limits: Budget['limits']): Promise<World> {
  const dir = shortDir(t)
  const policies = join(dir, 'policies')
  cpSync(join(packageRoot(), 'policies'), policies, { recursive: true })
  mkdirSync(join(policies, 'weir/data/budgets'))
  writeFileSync(join(policies, 'weir/data/budgets/data.json'), JSON.stringify({
    authors: { per: ['actor', 'environment'], match: { roles: ['author'], environments: ['DEV'] }, limits },
    operators: { match: { roles: ['operator'] }, limits: { requests_per_day: 1_000_000 } },
  }))
  const upstream = await startFakeUpstream()
  upstream.answer = (response, { body }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(whole(inputTokensOf(body))))
  }
  const file = writeConfig(dir, { dataDir: 'data', policies, providers: { up: { format: 'openai-chat', baseUrl: upstream.baseUrl, keyless: true, models: { m: { price: PRICE } } } } })
  const config = loadConfig({ config: file, port: 0 }, {}, dir)
  mkdirSync(config.dataDir, { recursive: true })
  const open = async () => {
    const identity = openIdentity(config.dataDir, Date.now)
    const gateway = await openGateway({ config, identity, log: pino({ level: 'silent' }), env: process.env })
    const url = await gateway.listen()
    const token = (role: string): string => identity.provider.issue({ actor: `${role}@acme.test`, role, groups: [], org: 'acme', app: 'shop', environment: 'DEV', ttlMs: 3_600_000 }).token
    return { gateway, url, tokens: { author: token('author'), operator: token('operator') } as Readonly<Record<string, string>> }
  }
  let running = await open()
  t.teardown(async () => {
    await running.gateway.close()
    upstream.close()
  })
  const post = (actor: string, body: string, signal?: AbortSignal): Promise<Response> => fetch(`${running.url}/weir/model/up/v1/chat/completions`, {
    method: 'POST', headers: { authorization: `Bearer ${running.tokens[actor]}`, 'content-type': 'application/json' }, body, ...(signal === undefined ? {} : { signal }),
  })
  return {
    upstream,
    async stream (actor, bytes, chars) {
      const reader = ((await post(actor, prompt(bytes, true))).body as ReadableStream<Uint8Array>).getReader()
      for (let got = 0; got < chars;) got += (await reader.read()).value?.length ?? Infinity
      return reader
    },
    async ask (actor, bytes, signal) {
      const response = await post(actor, prompt(bytes), signal)
      const said = await response.json() as { error?: { rule?: string } }
      return { status: response.status, rule: said.error?.rule }
    },
    async metric (name) {
      const response = await fetch(`${running.url}/weir/metrics`, { headers: { authorization: `Bearer ${running.tokens['operator']}` } })
      const line = (await response.text()).split('\n').find((line) => line.startsWith(`${name} `))
      if (line === undefined) throw new Error(`there is no metric ${name}`)
      return Number(line.slice(name.length + 1))
    },
    entries: () => ledgerOf(config.dataDir),
    async restart () {
      await running.gateway.close()
      running = await open()
    },
  }
}

function prompt (bytes: number, stream = false): string {
  const empty = JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: '' }] })
  return empty.replace('""', JSON.stringify('x'.repeat(bytes - empty.length)))
}

const inputTokensOf = (body: string): number => Math.ceil(body.length / 4)

function whole (inputTokens: number): unknown {
  return {
    id: 'c1',
    object: 'chat.completion',
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: inputTokens, completion_tokens: OUTPUT_TOKENS, total_tokens: inputTokens + OUTPUT_TOKENS },
  }
}

const costOf = (bytes: number): number => (Math.ceil(bytes / 4) * PRICE.perMillionInput + OUTPUT_TOKENS * PRICE.perMillionOutput) / 1_000_000

/** Lets the model answer often enough that its answers are known. Somebody else pays. */
async function teach ({ ask }: World, bytes: number): Promise<void> {
  await until(async () => (await ask('operator', bytes)).status === 200) // the journal is read in the background
  for (let i = 0; i < 40; i += 1) await ask('operator', bytes)
}

function spentBy (entries: readonly LedgerEntry[], actor: string): number {
  const own = new Set(entries.flatMap((entry) => entry.kind === 'decision' && entry.input.actor.id === actor ? [entry.index] : []))
  return entries.reduce((sum, entry) => {
    const usage = entry.kind === 'outcome' && own.has(entry.of) ? entry.detail['usage'] as { costNanoUsd: number } | undefined : undefined
    return sum + (usage?.costNanoUsd ?? 0)
  }, 0) / NANO_PER_DOLLAR
}

async function settled (made: World): Promise<void> {
  await until(async () => await made.metric('weir_budget_holds') === 0)
}

await t.test('200 requests at once against room for 50 spend at most the budget, and 49 or more are served', async (t) => {
  const budget = costOf(4_000) * 50
  const made = await world(t, { usd_per_day: budget })
  await teach(made, 4_000)
  const answers = await Promise.all(Array.from({ length: REQUESTS }, () => made.ask('author', 4_000)))
  const served = answers.filter(({ status }) => status === 200).length
  t.ok(served >= 49 && served <= 50, `${served} are served`)
  t.ok(answers.every(({ status, rule }) => status === 200 || (status === 403 && rule === 'budgets.used_up')))
  await settled(made)
  const entries = await made.entries()
  t.ok(spentBy(entries, 'author@acme.test') <= budget)
  t.same(entries.flatMap((entry) => entry.kind === 'event' && entry.name === 'budget-warning' && entry.actor === 'author@acme.test' ? [[entry.actor, entry.detail['percent']]] : []), [['author@acme.test', 50], ['author@acme.test', 80], ['author@acme.test', 100]])
  t.equal(await made.metric('weir_budget_warnings_total{percent="100"}'), 1)
  await made.restart()
  await until(async () => (await made.ask('author', 4_000)).rule === 'budgets.used_up')
  t.equal(await made.metric('weir_budget_warnings_total{percent="100"}'), 0, 'a restart repeats no warning')
})

await t.test('200 requests of unequal sizes at once spend at most the budget, and hardly less', async (t) => {
  const sizes = Array.from({ length: REQUESTS }, (_, i) => 400 * (1 + (i * 7) % 23))
  const budget = sizes.reduce((sum, bytes) => sum + costOf(bytes), 0) / 4
  const made = await world(t, { usd_per_day: budget })
  await teach(made, 4_000)
  const answers = await Promise.all(sizes.map((bytes) => made.ask('author', bytes)))
  t.ok(answers.some(({ status }) => status === 403))
  await settled(made)
  const spent = spentBy(await made.entries(), 'author@acme.test')
  t.ok(spent <= budget, `${spent} of ${budget}`)
  t.ok(spent >= budget * 0.98, `${spent} of ${budget}`)
})

await t.test('a place that a request gives back, whichever way it ends, is there for the next one', async (t) => {
  const made = await world(t, { requests_per_day: 2 })
  await teach(made, 400)
  const { upstream, ask } = made
  const usual = upstream.answer
  upstream.answer = (response) => response.writeHead(400).end('{}')
  for (let i = 0; i < 5; i += 1) t.equal((await ask('author', 400)).status, 400)
  upstream.answer = (response) => response.destroy()
  for (let i = 0; i < 5; i += 1) t.equal((await ask('author', 400)).status, 502)
  await settled(made)
  upstream.answer = usual
  t.same((await Promise.all([1, 2, 3, 4].map(() => ask('author', 400)))).map(({ status }) => status).sort(), [200, 200, 403, 403])
})

await t.test('a request that hangs holds its place, and leaves one record of use when its client leaves', async (t) => {
  const made = await world(t, { requests_per_day: 1 })
  await teach(made, 400)
  const leaving = new AbortController()
  const hanging = new Promise<void>((resolve) => { made.upstream.answer = () => resolve() })
  const left = t.rejects(made.ask('author', 400, leaving.signal))
  await hanging
  t.equal((await made.ask('author', 400)).rule, 'budgets.used_up')
  leaving.abort()
  await left
  await settled(made)
  t.equal((await made.ask('author', 400)).rule, 'budgets.used_up', 'the provider may bill what it was sent')
})

await t.test('a stream that grows beyond what it was held for takes the room of the next request while it runs', async (t) => {
  const made = await world(t, { tokens_per_day: 1_000 })
  await teach(made, 400)
  const usual = made.upstream.answer
  let finish: () => void = () => undefined
  made.upstream.answer = (response) => {
    streamHead(response)
    for (let i = 0; i < 8; i += 1) response.write(event(textChunk('x'.repeat(1_000))))
    finish = () => response.end(event(finishChunk('stop', { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 })) + event('[DONE]'))
  }
  const reader = await made.stream('author', 400, 8_000)
  made.upstream.answer = usual
  t.equal((await made.ask('author', 400)).rule, 'budgets.used_up')
  finish()
  while (!(await reader.read()).done) continue
  await settled(made)
  t.equal((await made.ask('author', 400)).status, 200, 'what the provider counts at its end is what stays')
})
