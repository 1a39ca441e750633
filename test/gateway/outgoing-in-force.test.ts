import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { MODEL_FORMATS, type ModelFormatName } from '../../adapters/model-format.ts'
import { loadConfig } from '../../gateway/config-file.ts'
import { openGateway } from '../../gateway/gateway.ts'
import { openIdentity } from '../../gateway/identity/open-identity.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { openVaultOf } from '../../gateway/vault/open-vault.ts'
import { shortDir, writeConfig } from '../support/gateway-process.ts'
import { EVERYTHING, NOT_PRIVATE, PRIVATE } from './outgoing/private.ts'
import { letters, NEAR_MISSES, SECRETS } from './outgoing/secrets.ts'
import { startFakeUpstream } from './planes/model/fake-upstream.ts'

const HELD_KEY = `held-${letters(40, 5)}`
const ACTIONS = {
  '*': { DEV: { secret: 'redact', private: 'redact', unscanned: 'record' } },
  reader: { DEV: { secret: 'block' } },
  operator: { DEV: { secret: 'record', private: 'block', unscanned: 'record' } },
  approver: { DEV: { secret: 'redact', private: 'record' } },
}

const dir = shortDir(t)
const policies = join(dir, 'policies')
cpSync(join(packageRoot(), 'policies'), policies, { recursive: true })
writeFileSync(join(policies, 'weir/data/outgoing/data.json'), JSON.stringify({ actions: ACTIONS, private: EVERYTHING }))
const upstream = await startFakeUpstream()
upstream.answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end('{}')
}
const providers = Object.fromEntries(MODEL_FORMATS.map((format) => [format, { format, baseUrl: upstream.baseUrl, models: { m: {} }, keyless: format !== 'openai-chat' }]))
const file = writeConfig(dir, { dataDir: 'data', policies, providers, unpriced: { perMillionInput: 1, perMillionOutput: 1 } })
const config = loadConfig({ config: file, port: 0 }, {}, dir)
mkdirSync(config.dataDir, { recursive: true })
await (await openVaultOf(config, process.env)).set({ provider: 'openai-chat', environment: 'DEV', app: null }, HELD_KEY, 'test')
const logged: string[] = []
const identity = openIdentity(config.dataDir, Date.now)
const gateway = await openGateway({ config, identity, log: pino({ level: 'debug' }, { write: (line: string) => { logged.push(line) } }), env: process.env })
t.teardown(async () => {
  await gateway.close()
  upstream.close()
})
const url = await gateway.listen()

/** A request in the form of each format, with the text where a user, a tool's arguments and a tool's result say it. */
const REQUESTS: Readonly<Record<ModelFormatName, (text: string) => readonly [path: string, body: object]>> = {
  'openai-chat': (text) => ['v1/chat/completions', {
    model: 'm',
    messages: [
      { role: 'user', content: text },
      { role: 'assistant', tool_calls: [{ id: 'c1', type: 'function', function: { name: 'write', arguments: JSON.stringify({ content: text }) } }] },
      { role: 'tool', tool_call_id: 'c1', content: JSON.stringify({ output: text }) },
    ]
  }],
  'openai-responses': (text) => ['v1/responses', {
    model: 'm',
    instructions: text,
    input: [
      { type: 'function_call', call_id: 'c1', name: 'write', arguments: JSON.stringify({ content: text }) },
      { type: 'function_call_output', call_id: 'c1', output: text },
    ]
  }],
  anthropic: (text) => ['v1/messages', {
    model: 'm',
    max_tokens: 10,
    system: text,
    messages: [
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'write', input: { content: text } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: text }] },
    ]
  }],
  gemini: (text) => ['v1beta/models/m:generateContent', {
    systemInstruction: { parts: [{ text }] },
    contents: [
      { role: 'model', parts: [{ functionCall: { name: 'write', args: { content: text } } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'write', response: { output: text } } }] },
    ]
  }],
}

async function ask (role: string, format: ModelFormatName, text: string, more: object = {}): Promise<{ readonly status: number, readonly said: string, readonly sent: string | null, readonly asked: string }> {
  const { token } = identity.provider.issue({ actor: `${role}@acme.test`, role, groups: [], org: 'acme', app: 'shop', environment: 'DEV', ttlMs: 3_600_000 })
  const [path, body] = REQUESTS[format](text)
  const before = upstream.seen.length
  const asked = JSON.stringify({ ...body, ...more })
  const response = await fetch(`${url}/weir/model/${format}/${path}`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: asked })
  return { status: response.status, said: await response.text(), sent: upstream.seen[before]?.body ?? null, asked }
}

const github = SECRETS.find(({ rule }) => rule === 'github')?.secret ?? ''

await t.test('a secret is taken out of requests in every format, and the rest reaches the provider byte by byte', async (t) => {
  for (const format of MODEL_FORMATS) {
    const { status, sent, asked } = await ask('author', format, `the token is ${github}, "use" it\n`)
    t.equal(status, 200, format)
    t.equal(sent, asked.replaceAll(github, '[redacted:github]'), format)
  }
})

await t.test('a secret is taken out of a stream that the gateway asks for its usage, and of what it is asked by', async (t) => {
  for (const more of [{}, { stream_options: null }, { stream_options: { note: github } }]) {
    const { status, sent } = await ask('author', 'openai-chat', `the token is ${github}`, { stream: true, ...more })
    t.equal(status, 200)
    t.match(JSON.parse(sent ?? ''), { model: 'm', stream: true, stream_options: { include_usage: true }, messages: [{ content: 'the token is [redacted:github]' }, {}, {}] })
    t.notMatch(sent, github)
  }
})

await t.test('each kind of secret is taken out', async (t) => {
  for (const { rule, text, secret } of SECRETS) {
    const { sent } = await ask('author', 'anthropic', text)
    t.match(sent, `[redacted:${rule}]`)
    t.notMatch(sent, JSON.stringify(secret).slice(1, -1), rule)
  }
})

await t.test('text without secrets is sent as it came', async (t) => {
  const { sent, asked } = await ask('author', 'openai-chat', NEAR_MISSES.join('\n'))
  t.equal(sent, asked)
})

await t.test('where data say block, nothing is sent, and the refusal names the kind', async (t) => {
  for (const format of MODEL_FORMATS) {
    const { status, said, sent } = await ask('reader', format, github)
    t.equal(status, 403, format)
    t.equal(sent, null)
    t.match(said, /must not leave: github/)
    t.notMatch(said, github)
  }
  t.equal((await ask('reader', 'anthropic', 'hello')).status, 200)
})

await t.test('where data say record, it is sent as it came', async (t) => {
  const { sent, asked } = await ask('operator', 'anthropic', github)
  t.equal(sent, asked)
})

await t.test('a key that the vault holds is taken out, for whichever provider it is', async (t) => {
  for (const format of MODEL_FORMATS) {
    const { sent } = await ask('author', format, `my key: ${HELD_KEY}`)
    t.match(sent, '[redacted:provider-key]')
    t.notMatch(sent, HELD_KEY)
  }
})

await t.test('private data are taken out, blocked or recorded by a word of their own', async (t) => {
  const text = `${PRIVATE.map(({ value }) => value).join('\n')}\n${github}`
  for (const format of MODEL_FORMATS) {
    const { sent, asked } = await ask('author', format, text)
    t.equal(sent, [...PRIVATE, { rule: 'github', value: github }].reduce((left, { rule, value }) => left.replaceAll(value, `[redacted:${rule}]`), asked), format)
  }
  const blocked = await ask('operator', 'anthropic', text)
  t.match(blocked, { status: 403, sent: null, said: /must not leave: br-cpf, card, customer, de-tax-id, email, es-dni, fr-nir, iban, it-fiscal-code, pl-pesel/ })
  for (const { value } of PRIVATE) t.notOk(blocked.said.includes(value))
  const recorded = await ask('approver', 'anthropic', text)
  t.equal(recorded.sent, recorded.asked.replaceAll(github, '[redacted:github]'), 'with the secret beside it taken out')
  t.match(await ask('reader', 'anthropic', 'bob@acme.com'), { status: 403 }, 'what the data do not name is blocked')
  const near = await ask('operator', 'openai-chat', NOT_PRIVATE.join('\n'))
  t.equal(near.sent, near.asked)
})

await t.test('a request that cannot be looked through is decided by data', async (t) => {
  const lookAlikes = `ghp_${'a'.repeat(20)} `.repeat(60_000)
  t.match(await ask('reader', 'anthropic', lookAlikes), { status: 403, sent: null, said: /could not be looked through/ })
  t.equal((await ask('author', 'anthropic', lookAlikes)).status, 200)
})

await t.test('the ledger says what was found and how often, and neither it nor the log says what it was', async (t) => {
  const files = readdirSync(config.dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const kept = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('\n') + logged.join('')
  t.ok(kept.includes('"findings":[{"rule":"github","kind":"secret","count":3}]'))
  for (const { rule, secret } of SECRETS) t.notOk(kept.includes(JSON.stringify(secret).slice(1, -1)), rule)
  for (const { value } of PRIVATE) t.notOk(kept.includes(value), value)
  t.notOk(kept.includes(HELD_KEY))
})
