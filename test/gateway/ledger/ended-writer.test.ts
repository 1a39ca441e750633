import { once } from 'node:events'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { pino } from 'pino'
import t from 'tap'
import type { Worker } from 'node:worker_threads'
import { openInProcessGateway } from '../../support/in-process-gateway.ts'
import { ledgerOf } from '../../support/ledger-of.ts'
import { startFakeUpstream } from '../planes/model/fake-upstream.ts'

// The thread that writes the ledger ends under a running gateway: as a machine without memory ends it.

const threads = createRequire(import.meta.url)('node:worker_threads') as { Worker: typeof Worker }
const started: Worker[] = []
const Real = threads.Worker
threads.Worker = class extends Real {
  constructor (...given: ConstructorParameters<typeof Worker>) {
    super(...given)
    if (String(given[0]).endsWith('/write-thread.js')) started.push(this)
  }
}
syncBuiltinESMExports()
t.teardown(() => {
  threads.Worker = Real
  syncBuiltinESMExports()
})

const upstream = await startFakeUpstream()
t.teardown(() => upstream.close())
upstream.answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}')

const logged: string[] = []
const log = pino({ level: 'warn' }, { write: (line: string) => { logged.push(line) } })
const gateway = await openInProcessGateway(t, { log, settings: { providers: { up: { format: 'openai-chat', baseUrl: upstream.baseUrl, keyless: true, models: { m: {} } } } } })
const headers = { authorization: `Bearer ${gateway.tokenFor('author')}`, 'content-type': 'application/json' }
let asked = 0

interface Answer { readonly status: number, readonly command: string, readonly entry: number | undefined, readonly code: string | undefined }

async function decide (): Promise<Answer> {
  asked += 1
  const command = `echo ${asked}`
  const answer = await fetch(`${gateway.url}/weir/api/v1/decisions`, { method: 'POST', headers, body: JSON.stringify({ protocol: 'opencode', tool: 'bash', args: { command } }) })
  const { entry, error } = await answer.json() as { readonly entry?: number, readonly error?: { readonly code: string } }
  return { status: answer.status, command, entry, code: error?.code }
}

async function askModel (): Promise<number> {
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }] })
  return (await fetch(`${gateway.url}/weir/model/up/v1/chat/completions`, { method: 'POST', headers, body })).status
}

async function stateOf (path: string): Promise<{ readonly status: number, readonly body: unknown }> {
  const answer = await fetch(`${gateway.url}/weir/${path}`)
  return { status: answer.status, body: await answer.json() }
}

const ENDED = { problems: [/written no more.*started again/] }

await t.test('with its thread gone, each call is refused at once, nothing takes effect, and health and readiness say it', async (t) => {
  t.equal((await decide()).status, 200)
  t.equal(await askModel(), 200)
  t.match([await stateOf('health'), await stateOf('ready')], [{ status: 200 }, { status: 200 }])
  const [thread, ...others] = started
  if (thread === undefined || others.length > 0) throw new Error(`${started.length} threads write the ledger`)
  const before = upstream.seen.length
  const gone = once(thread, 'exit')
  await thread.terminate()
  await gone
  t.match(await stateOf('ready'), { status: 503, body: { status: 'not ready', ...ENDED } }, 'before anything was asked')
  t.match(await stateOf('health'), { status: 503, body: { status: 'failed', ...ENDED } })
  const refused = [...await Promise.all(Array.from({ length: 20 }, decide)), await decide(), await decide()]
  t.same([...new Set(refused.map(({ status, code }) => `${status} ${code}`))], ['503 WEIR_ERR_LEDGER_APPEND'])
  for (let i = 0; i < 3; i++) t.equal(await askModel(), 503)
  t.equal(upstream.seen.length, before, 'nothing reached the provider')
  t.equal(logged.filter((line) => line.includes('written no more')).length, 1, 'the log says it once')
  t.match(await stateOf('ready'), { status: 503, body: ENDED })
})

await t.test('the gateway ends all the same, and what it acknowledged is in the ledger, alone', async (t) => {
  await gateway.close()
  const commands = (await ledgerOf(gateway.dataDir)).flatMap((entry) => entry.kind === 'decision' && entry.input.kind === 'tool-call' ? [entry.input.command?.text] : [])
  t.same(commands, ['echo 1'])
})

t.end()
