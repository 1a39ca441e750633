import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { loadConfig } from '../../gateway/config-file.ts'
import type { Budgets } from '../../gateway/core/budget.ts'
import type { Environment } from '../../gateway/core/actor.ts'
import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { openGateway } from '../../gateway/gateway.ts'
import type { BudgetStanding } from '../../gateway/open/budgets.ts'
import { openIdentity } from '../../gateway/identity/open-identity.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { startFakeUpstream, type FakeUpstream } from '../gateway/planes/model/fake-upstream.ts'
import { shortDir, writeConfig } from './gateway-process.ts'
import { ledgerOf } from './ledger-of.ts'
import { until } from './until.ts'

export const OUTPUT_TOKENS = 40
export const TOKENS = 140 // of one request of 400 bytes and its answer
const BYTES = 400

export interface Answer { readonly status: number, readonly rule: string | undefined, readonly text: string }

/** Who asks, and what. Default: an author of no group, of acme, for the shop, the model `m` of the provider `up`. */
export interface Asker {
  readonly actor?: string
  readonly role?: string
  readonly groups?: readonly string[]
  readonly org?: string
  readonly app?: string
  readonly environment?: Environment
  readonly token?: string
  readonly model?: string
  readonly provider?: string
}

export interface BudgetGateway {
  ask (asker?: Asker): Promise<Answer>
  /** Budgets as this asker is shown them, with a token for all apps and environments. */
  standings (asker: Asker): Promise<{ readonly rows: readonly BudgetStanding[] }>
  /** A token that another one of the same caller is not the same as. */
  token (asker: Asker): string
  /** Stores a key for the provider beside those that are there. @returns its id */
  addKey (value: string): Promise<string>
  metric (name: string): Promise<number>
  metrics (): Promise<string>
  entries (): Promise<LedgerEntry[]>
  reload (): Promise<unknown>
  /** Ends it and starts it again on the same data. */
  restart (): Promise<void>
  close (): Promise<void>
}

export interface BudgetStage {
  readonly upstream: FakeUpstream
  setBudgets (budgets: Budgets): void
  /** Another gateway with a ledger of its own and the same policy. */
  open (env?: NodeJS.ProcessEnv, settings?: object): Promise<BudgetGateway>
}

interface Test { teardown (cleanUp: () => unknown): void }

/** Real gateways with the shipped policy and these budgets, before an upstream that answers at once and says what it used. */
export async function budgetStage (t: Test, budgets: Budgets): Promise<BudgetStage> {
  const dir = shortDir(t)
  const policies = join(dir, 'policies')
  cpSync(join(packageRoot(), 'policies'), policies, { recursive: true })
  mkdirSync(join(policies, 'weir/data/budgets'))
  const setBudgets = (next: Budgets): void => writeFileSync(join(policies, 'weir/data/budgets/data.json'), JSON.stringify(next))
  setBudgets(budgets)
  const upstream = await startFakeUpstream()
  upstream.answer = (response, { body }) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole(Math.ceil(body.length / 4))))
  const open: Array<() => Promise<void>> = []
  t.teardown(async () => {
    for (const close of open) await close()
    upstream.close()
  })
  return {
    upstream,
    setBudgets,
    async open (env = {}, settings = {}) {
      const home = join(dir, `gateway-${open.length}`)
      const price = { perMillionInput: 1_000, perMillionOutput: 2_000 }
      const providers = { up: { format: 'openai-chat', baseUrl: upstream.baseUrl, keyless: true, models: { m: { price } } } }
      const gateway = await openOne(writeConfig(home, { dataDir: 'data', policies, providers, ...settings }), home, env)
      open.push(() => gateway.close())
      return gateway
    },
  }
}

async function openOne (file: string, home: string, env: NodeJS.ProcessEnv): Promise<BudgetGateway> {
  const config = loadConfig({ config: file, port: 0 }, env, home)
  mkdirSync(config.dataDir, { recursive: true })
  const start = async () => {
    const identity = openIdentity(config.dataDir, Date.now)
    const gateway = await openGateway({ config, identity, log: pino({ level: 'silent' }), env: process.env })
    return { gateway, identity, url: await gateway.listen() }
  }
  let running = await start()
  let isOpen = true
  const tokens = new Map<string, string>()
  function token ({ actor = 'alice@acme.test', role = 'author', groups = [], org = 'acme', app: usual = 'shop', environment = 'DEV' }: Asker, app: string | null = usual): string {
    return running.identity.provider.issue({ actor, role, groups, org, app, environment: app === null ? null : environment, ttlMs: 3_600_000 }).token
  }
  function usualToken ({ model: _model, provider: _provider, ...asker }: Asker): string {
    const key = JSON.stringify(asker)
    const known = tokens.get(key) ?? token(asker)
    tokens.set(key, known)
    return known
  }
  const gateway: BudgetGateway = {
    token,
    async ask (asker = {}) {
      const response = await fetch(`${running.url}/weir/model/${asker.provider ?? 'up'}/v1/chat/completions`, {
        method: 'POST', headers: { authorization: `Bearer ${asker.token ?? usualToken(asker)}`, 'content-type': 'application/json' }, body: PROMPT.replace('"m"', JSON.stringify(asker.model ?? 'm')),
      })
      const text = await response.text()
      const said = JSON.parse(text) as { error?: { rule?: string } }
      return { status: response.status, rule: said.error?.rule, text }
    },
    async addKey (value) {
      const response = await fetch(`${running.url}/weir/api/v1/keys/up`, {
        method: 'PUT', headers: { authorization: `Bearer ${token({ actor: 'olga@acme.test', role: 'operator' }, null)}`, 'content-type': 'application/json' }, body: JSON.stringify({ environment: 'DEV', value, add: true }),
      })
      return (await response.json() as { key: { id: string } }).key.id
    },
    async standings (asker) {
      const response = await fetch(`${running.url}/weir/api/v1/usage/budgets`, { headers: { authorization: `Bearer ${token(asker, null)}` } })
      return await response.json() as Awaited<ReturnType<BudgetGateway['standings']>>
    },
    async metrics () {
      const response = await fetch(`${running.url}/weir/metrics`, { headers: { authorization: `Bearer ${usualToken({ actor: 'olga@acme.test', role: 'operator' })}` } })
      return await response.text()
    },
    async metric (name) {
      const line = (await gateway.metrics()).split('\n').find((line) => line.startsWith(`${name} `))
      if (line === undefined) throw new Error(`there is no metric ${name}`)
      return Number(line.slice(name.length + 1))
    },
    entries: () => ledgerOf(config.dataDir),
    reload: () => running.gateway.reload(),
    async restart () {
      await running.gateway.close()
      running = await start()
    },
    async close () {
      if (isOpen) await running.gateway.close()
      isOpen = false
    },
  }
  return gateway
}

const PROMPT = promptOf(BYTES)

function promptOf (bytes: number): string {
  const empty = JSON.stringify({ model: 'm', stream: false, messages: [{ role: 'user', content: '' }] })
  return empty.replace('""', JSON.stringify('x'.repeat(bytes - empty.length)))
}

function whole (inputTokens: number): unknown {
  return {
    id: 'c1',
    object: 'chat.completion',
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: inputTokens, completion_tokens: OUTPUT_TOKENS, total_tokens: inputTokens + OUTPUT_TOKENS },
  }
}

/** Asks as somebody whose budget is another one until the model is known. */
export async function teach ({ ask }: BudgetGateway): Promise<void> {
  const other = { actor: 'olga@acme.test', role: 'operator' }
  await until(async () => (await ask(other)).rule !== 'budgets.unknown') // the journal is read in the background
  for (let i = 0; i < 40; i += 1) await ask(other)
}

/** Waits until everything that ran is in the sums. */
export async function settled (gateway: BudgetGateway): Promise<void> {
  await until(async () => await gateway.metric('weir_budget_holds') === 0)
}
