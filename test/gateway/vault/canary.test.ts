import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { MODEL_FORMATS, type ModelFormatName } from '../../../adapters/model-format.ts'
import { openClientStage } from '../../clients/client-stage.ts'
import { weir, writeConfig } from '../../support/gateway-process.ts'
import { WIRES } from '../../support/scripted-provider.ts'
import { startCollector } from '../telemetry/collector.ts'

/** In every key, with characters that JSON and URLs write otherwise. */
const CORE = `/Zx"9${'qT4vW8'.repeat(4)}+m5=`
/** One key per format. Each is used in every way below, and must then be nowhere. */
const KEYS = Object.fromEntries(MODEL_FORMATS.map((format, i) => [format, `canary${i}${CORE}${i}`])) as Readonly<Record<ModelFormatName, string>>

const collector = await startCollector()
t.teardown(() => collector.close())
const logged: string[] = []
const stage = await openClientStage(t, 'openai-chat', {
  log: pino({ level: 'trace' }, { write: (line: string) => { logged.push(line) } }),
  env: { OTEL_METRIC_EXPORT_INTERVAL: '200' },
  settings: { telemetry: { otlp: collector.url }, limits: { upstreamHeadersMs: 300, upstreamIdleMs: 300 }, unpriced: { perMillionInput: 1, perMillionOutput: 1 } },
  providers: (baseUrl) => Object.fromEntries(MODEL_FORMATS.map((format) => [format, { format, baseUrl, models: { m: {} }, retries: { attempts: 1 } }])),
})
const answers: string[] = []
const operator = { authorization: `Bearer ${stage.tokenFor('operator')}`, 'content-type': 'application/json' }

async function taken (response: Response): Promise<number> {
  answers.push(JSON.stringify([...response.headers]), await response.text().catch(() => ''))
  return response.status
}

async function setKey (format: ModelFormatName): Promise<number> {
  return await taken(await fetch(`${stage.url}/weir/api/v1/keys/${format}`, { method: 'PUT', headers: operator, body: JSON.stringify({ environment: 'DEV', app: 'shop', value: KEYS[format] }) }))
}

const REQUESTS: Readonly<Record<ModelFormatName, (stream: boolean) => readonly [path: string, body: object]>> = {
  'openai-chat': (stream) => ['v1/chat/completions', { model: 'm', stream, messages: [{ role: 'user', content: 'hi' }] }],
  'openai-responses': (stream) => ['v1/responses', { model: 'm', stream, input: 'hi' }],
  anthropic: (stream) => ['v1/messages', { model: 'm', stream, max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }],
  gemini: (stream) => [`v1beta/models/m:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`, { contents: [{ parts: [{ text: 'hi' }] }] }],
}

async function ask (format: ModelFormatName, { stream = false, signal }: { readonly stream?: boolean, readonly signal?: AbortSignal } = {}): Promise<number> {
  const [path, body] = REQUESTS[format](stream)
  return await taken(await fetch(`${stage.url}/weir/model/${format}/${path}`, {
    method: 'POST', headers: { ...operator, authorization: `Bearer ${stage.tokenFor('author')}` }, body: JSON.stringify(body), ...(signal === undefined ? {} : { signal }),
  }))
}

/** What a key looks like wherever somebody wrote it in another way. */
function formsOf (part: string): readonly string[] {
  const bytes = Buffer.from(part)
  const quoted = JSON.stringify(part).slice(1, -1)
  // As the middle of something longer, base64 begins at another bit.
  const base64 = [0, 1, 2].flatMap((shift) => ['base64', 'base64url'].map((form) => Buffer.concat([Buffer.alloc(shift), bytes]).toString(form as BufferEncoding).slice(4, -4)))
  return [part, quoted, quoted.replaceAll('/', '\\/'), encodeURIComponent(part), encodeURI(part), bytes.toString('hex'), bytes.toString('hex').toUpperCase(), ...base64, part.slice(5, 25)]
}

for (const format of MODEL_FORMATS) {
  const key = KEYS[format]
  const wire = WIRES[format]
  await t.test(`${format}: the key is used, and no client's answer has it`, async (t) => {
    t.equal(await setKey(format), 200)
    stage.upstream.answer = (response, { url, body }) => {
      const streams = wire.streams(url, JSON.parse(body))
      // What a careless provider does with a key: its answers, its headers and its errors say it.
      response.writeHead(200, { 'content-type': streams ? 'text/event-stream' : 'application/json', 'x-request-id': key, 'request-id': key, 'set-cookie': key })
      const step = { text: `your key is ${key}.` }
      response.end(streams ? wire.events(step, 1).join('') : JSON.stringify(wire.whole(step, 1)).replaceAll('/', '\\/'))
    }
    const before = stage.upstream.seen.length
    t.equal(await ask(format), 200)
    t.equal(await ask(format, { stream: true }), 200)
    t.ok(answers.at(-1)?.includes('[redacted]'), 'in its place stands what it was')
    for (const { headers } of stage.upstream.seen.slice(before)) t.ok(Object.values(headers).join('\n').includes(key), 'it is used')
    stage.fail(400, { error: { message: `bad key ${key}`, param: { url: `https://x/?key=${key}` } } }, { 'x-request-id': key, 'x-ratelimit-remaining': key })
    t.equal(await ask(format), 400)
    stage.upstream.answer = (response) => response.writeHead(500, { 'content-type': 'text/html' }).end(`<p>${key}</p>`)
    t.equal(await ask(format), 500)
    stage.upstream.answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(`{"key":"${key}`)
    t.not(await ask(format), 200)
    stage.upstream.answer = (response) => response.writeHead(307, { location: `/?key=${encodeURIComponent(key)}` }).end()
    t.equal(await ask(format), 502)
    stage.upstream.answer = () => undefined
    t.equal(await ask(format), 502)
    t.match(answers.at(-1), 'WEIR_ERR_UPSTREAM_TIMEOUT')
    const gone = stage.hang(': begun\n\n')
    const hang = stage.upstream.answer
    const reached = new Promise<void>((resolve) => {
      stage.upstream.answer = (response, request) => {
        hang(response, request)
        resolve()
      }
    })
    const leaving = new AbortController()
    const left = ask(format, { stream: true, signal: leaving.signal }).catch(() => null)
    await Promise.race([reached, left])
    leaving.abort()
    await Promise.all([left, gone])
    stage.fail(401, { error: { message: `Incorrect API key provided: ${key}` } })
    t.equal(await ask(format), 401, 'and it rests')
    await ask(format)
  })
}

await t.test('no route, log, metric, export, file or command says a key', async (t) => {
  for (const path of ['keys', 'audit', 'usage', 'sessions', 'approvals', 'policy', 'opencode'].map((name) => `api/v1/${name}`).concat('metrics', 'health', 'ready')) {
    t.equal(await taken(await fetch(`${stage.url}/weir/${path}`, { headers: operator })), 200, path)
  }
  for (const body of [{ environment: 'DEV', app: 'shop', value: KEYS.gemini, weight: 'much' }, { environment: 'NOWHERE', value: KEYS.gemini }, { environment: 'DEV', value: `${KEYS.gemini}\u0000` }, { environment: 'DEV', app: 'shop', value: KEYS.gemini, add: true, grace: '1m' }]) {
    t.ok(await taken(await fetch(`${stage.url}/weir/api/v1/keys/gemini`, { method: 'PUT', headers: operator, body: JSON.stringify(body) })) >= 400, 'a refusal of it')
  }
  await collector.more()
  const processes = [readFileSync('/proc/self/cmdline', 'latin1'), readFileSync('/proc/self/environ', 'latin1')]
  await stage.close()
  const config = writeConfig(join(stage.dataDir, '..'), { dataDir: 'data', providers: {} })
  const commands = [['keys', 'list'], ['keys', 'set', 'no/name', '--env', 'DEV']]
    .map((words) => weir([...words, '--config', config], { input: KEYS.anthropic }))
  t.same(commands.map(({ code }) => code === 0), [true, false])
  const files = readdirSync(stage.dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  for (const part of ['vault.json', 'journal', 'PG_VERSION']) t.ok(files.some((file) => file.includes(part)), `${part} is looked at`)
  const sinks: ReadonlyArray<readonly [name: string, text: string]> = [
    ['an answer', answers.join('\n')],
    ['the log', logged.join('')],
    ['an export', collector.bodies.join('\n') + JSON.stringify(collector.headers)],
    ['a process', processes.join('\n')],
    ['a command', commands.map(({ stdout, stderr }) => stdout + stderr).join('\n')],
    ...files.map((file) => [file.slice(stage.dataDir.length), readFileSync(file, 'latin1')] as const),
  ]
  t.same([logged.length > 0, answers.length > 60, collector.bodies.length > 0], [true, true, true], 'there is something to look at')
  for (const form of formsOf(CORE)) for (const [name, text] of sinks) if (text.includes(form)) t.fail(`${name} has a key as ${form}`)
})
