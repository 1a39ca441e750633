import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { EntryBody, LedgerEntry } from '../../../gateway/core/ledger-entry.ts'
import { readForward } from '../../../gateway/forward/forward-config.ts'
import { openForwarders, type Forwarders } from '../../../gateway/forward/forwarders.ts'
import type { ForwarderFile } from '../../../gateway/forward/forward-schema.ts'
import { openJournal, type Journal } from '../../../gateway/ledger/journal.ts'
import { originOf } from '../../../gateway/transparency/log-place.ts'
import { isSigned, SECRET } from '../../support/hook-receiver.ts'
import { openInProcessGateway } from '../../support/in-process-gateway.ts'
import { testFolder } from '../../support/test-folder.ts'
import { until } from '../../support/until.ts'
import { everyBody } from '../ledger/formats/every-entry.ts'
import { ocsfProblems } from '../ledger/formats/ocsf-check.ts'
import { decisionBody, plainEvent } from '../ledger/bodies.ts'
import { startHttpReceiver, startSyslogReceiver, type HttpReceiver } from './receivers.ts'

type Files = Readonly<Record<string, ForwarderFile>>

interface Opened { readonly journal: Journal, readonly forwarders: Forwarders, readonly warnings: string[], record (...bodies: EntryBody[]): Promise<void>, close (): Promise<void> }

/** Forwarders on a real journal in this folder. */
async function open (t: Test, dir: string, files: Files): Promise<Opened> {
  const warnings: string[] = []
  const journalDir = join(dir, 'journal')
  const journal = await openJournal({ dir: journalDir, nowMs: Date.now, onWarning: (message) => { warnings.push(message) }, segmentBytes: 20_000 })
  const forwarders = await opening(journal, openForwarders({
    forwarders: readForward(files, dir), env: { SECRET, TOKEN: 'Bearer t' }, folder: join(dir, 'forward'), journalDir, head: () => journal.head().index, origin: () => originOf(journalDir), version: '0.1.0', record: (body) => journal.record(body), onWarning: (message) => { warnings.push(message) },
  }))
  forwarders.start()
  let closing: Promise<void> | null = null
  const close = async (): Promise<void> => {
    await forwarders.close()
    await journal.close()
  }
  const opened: Opened = {
    journal, forwarders, warnings, async record (...bodies) { await Promise.all(bodies.map((body) => journal.append(body))) }, close: async () => { await (closing ??= close()) },
  }
  t.teardown(() => opened.close())
  return opened
}

async function opening (journal: Journal, forwarders: Promise<Forwarders>): Promise<Forwarders> {
  try {
    return await forwarders
  } catch (error) {
    await journal.close()
    throw error
  }
}

const caughtUp = ({ forwarders, journal }: Opened): Promise<void> => until(() => forwarders.list().every(({ next }) => next > journal.head().index))
const indexesIn = (receiver: HttpReceiver): number[] => receiver.taken.flatMap(({ text }) => text.trim().split('\n').map((line) => (JSON.parse(line) as LedgerEntry).index))
const upTo = (last: number): number[] => Array.from({ length: last + 1 }, (_, index) => index)

await t.test('entries of every kind are posted in order and signed; what a receiver that fails, hangs and dies did not take comes again', async (t) => {
  const receiver = await startHttpReceiver(t)
  const answers = [{ status: 500 }, 'kill', 'hang'] as const
  receiver.answer = (_, count) => answers[count - 1] ?? { status: 204 }
  const opened = await open(t, testFolder(t), { siem: { to: 'http', url: receiver.url, secret: 'env:SECRET', headers: { authorization: 'env:TOKEN' }, batch: 40, timeout: '300ms' } })
  await opened.record(...everyBody())
  await receiver.came(3)
  await opened.record(plainEvent('token-revoked', { token: 'x' })) // while a receiver hangs
  await caughtUp(opened)
  t.same(indexesIn(receiver), upTo(opened.journal.head().index), 'each once, in order, though three attempts failed')
  const [first, second] = receiver.posts
  t.same([first?.text, first?.headers['webhook-id']], [second?.text, second?.headers['webhook-id']], 'the same entries come by the same id')
  for (const post of receiver.posts) t.ok(isSigned({ ...post, body: { type: '', timestamp: '', data: {} } }, SECRET) && post.headers.authorization === 'Bearer t' && /x-ndjson/.test(String(post.headers['content-type'])))
  t.match(opened.forwarders.list(), [{ name: 'siem', failed: 3, delivered: opened.journal.head().index + 1, dead: 0, problem: null }])
  t.same(opened.warnings.map((warning) => warning.replace(/: .*;/, ':')), ['the forwarder siem cannot go on for now: what it has to send stays in the ledger'], 'said once')
})

await t.test('a restart goes on behind what was taken, and an outcome still knows whose decision it was of', async (t) => {
  const receiver = await startHttpReceiver(t)
  const dir = testFolder(t)
  const files: Files = { bus: { to: 'http', url: receiver.url, format: 'cloudevents', environments: ['DEV'] } }
  const first = await open(t, dir, files)
  await first.record(decisionBody('allow'))
  await caughtUp(first)
  receiver.answer = () => 'hang'
  await first.record(decisionBody('deny'))
  await receiver.came(2)
  await first.close()
  receiver.answer = () => ({ status: 200 })
  const second = await open(t, dir, files)
  await second.record(plainEvent('gateway-started'))
  await caughtUp(second)
  const events = receiver.taken.flatMap(({ text }) => JSON.parse(text) as Array<Readonly<Record<string, unknown>>>)
  t.same(events.map(({ id }) => Number(id)), upTo(second.journal.head().index))
  const outcome = events.find(({ type }) => type === 'weir.ledger.outcome')
  t.match(outcome, { actor: 'alice@acme.test', environment: 'DEV', entryhash: /^[0-9a-f]{64}$/ }, 'the gateway closed it as unknown at its start')
  await second.close()
  writeFileSync(join(dir, 'forward', 'bus.next.json'), '{"next":')
  await t.rejects(open(t, dir, files), { code: 'WEIR_ERR_STORE', message: /bus\.next\.json cannot be read/ })
})

await t.test('an entry that is refused for good is put aside alone, and recorded, and no other waits for it', async (t) => {
  const receiver = await startHttpReceiver(t)
  receiver.answer = ({ text }) => ({ status: text.includes('group-gone') || text.includes('group-left') ? 422 : 200 })
  const dir = testFolder(t)
  const opened = await open(t, dir, { siem: { to: 'http', url: receiver.url, format: 'ocsf' } })
  await opened.record(...everyBody())
  await caughtUp(opened)
  const received = (): ReadonlyArray<{ readonly metadata: { readonly sequence: number } }> => receiver.taken.flatMap(({ text }) => text.trim().split('\n').map((line) => JSON.parse(line) as { readonly metadata: { readonly sequence: number } }))
  // One of the entries says the same of some other time: the one about these four comes after all of them.
  await until(() => received().some(({ metadata }) => metadata.sequence >= everyBody().length))
  const events = received()
  t.same(events.flatMap((event) => ocsfProblems(event as never)), [])
  const letters = readFileSync(join(dir, 'forward', 'siem.dead.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { readonly from: number, readonly to: number, readonly count: number })
  t.equal(statSync(join(dir, 'forward', 'siem.dead.jsonl')).mode & 0o777, 0o600)
  t.same([letters.length, letters.every(({ from, to, count }) => from === to && count === 1)], [4, true])
  t.same([...events.map(({ metadata }) => metadata.sequence), ...letters.map(({ from }) => from)].sort((a, b) => a - b), upTo(opened.journal.head().index))
  t.equal(events.length + letters.length - everyBody().length, 1, 'one entry about it, however many there were')
  await opened.close()
  t.match((await open(t, dir, { siem: { to: 'http', url: receiver.url, format: 'ocsf' } })).forwarders.list(), [{ dead: 4 }])
})

await t.test('OpenTelemetry logs: the form of the protocol, and what a collector says it threw away is counted and not sent again', async (t) => {
  const receiver = await startHttpReceiver(t)
  receiver.answer = (_, count) => count === 1 ? { status: 401 } : ({ status: 200, body: '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"x"}}' })
  const opened = await open(t, testFolder(t), { otel: { to: 'otlp', url: receiver.url, kinds: ['decision'] } })
  await opened.record(plainEvent('gateway-started'), decisionBody('deny'), decisionBody('pending'))
  await caughtUp(opened)
  t.equal(receiver.posts.length, 2, 'a wrong token is no fault of the entries')
  t.match(JSON.parse(receiver.posts[1]?.text ?? ''), {
    resourceLogs: [{
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'weir' } }, {}, { key: 'weir.ledger', value: { stringValue: /^weir-ledger\// } }] },
      scopeLogs: [{ logRecords: [{ timeUnixNano: /^\d{19}$/, severityNumber: 13, body: { stringValue: /^\{"index":1,/ }, attributes: [{ key: 'weir.index', value: { intValue: '1' } }] }, { severityNumber: 10 }] }],
    }],
  })
  t.match(opened.forwarders.list(), [{ delivered: 1, putAside: 1, dead: 1 }])
})

await t.test('syslog: octet-counted messages of RFC 5424 over TCP; what a receiver broke off unread, or never ended, comes again', async (t) => {
  const receiver = await startSyslogReceiver(t)
  receiver.mode = 'kill'
  const opened = await open(t, testFolder(t), { siem: { to: 'syslog', url: receiver.url, timeout: '300ms' } })
  await opened.record(decisionBody('deny'), plainEvent('gateway-started', { note: 'a\nb' }), decisionBody('allow'))
  await until(() => receiver.connections >= 1)
  receiver.mode = 'hold'
  await until(() => receiver.connections >= 2)
  receiver.mode = 'read'
  await caughtUp(opened)
  t.equal(receiver.messages.length, 3)
  t.match(receiver.messages[0], /^<108>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+ weir - decision - \ufeff\{"index":0,.*\}$/)
  t.match(receiver.messages[1], /^<110>1 .* - event - /)
  t.equal((JSON.parse(receiver.messages[2]?.split('\ufeff')[1] ?? '') as LedgerEntry).index, 2)
})

await t.test('syslog over TLS: to a receiver whose certificate holds, and to no other', async (t) => {
  const dir = testFolder(t)
  for (const name of ['good', 'other']) {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', join(dir, `${name}.key`), '-out', join(dir, `${name}.pem`)], { stdio: 'ignore' })
  }
  const receiver = await startSyslogReceiver(t, { key: readFileSync(join(dir, 'good.key'), 'utf8'), cert: readFileSync(join(dir, 'good.pem'), 'utf8') })
  const opened = await open(t, dir, { good: { to: 'syslog', url: receiver.url, ca: 'good.pem' }, other: { to: 'syslog', url: receiver.url, ca: 'other.pem' } })
  await opened.record(decisionBody('deny'), decisionBody('deny'))
  const stateOf = (name: string) => opened.forwarders.list().find((one) => one.name === name)
  await until(() => stateOf('good')?.next === 2 && stateOf('other')?.problem !== null)
  t.equal(receiver.messages.length, 2)
  t.match(stateOf('other'), { next: 0, delivered: 0 })
})

await t.test('what cannot be a receiver is refused, and nothing leaves the machine readable by chance', async (t) => {
  const read = (file: object) => () => readForward({ x: file as ForwarderFile }, '/')
  for (const file of [
    { to: 'http', url: 'http://siem.acme.test/x' }, { to: 'syslog', url: 'tcp://siem.acme.test:601' }, { to: 'syslog', url: 'https://siem.acme.test' }, { to: 'http', url: 'tls://siem.acme.test:1' },
    { to: 'syslog', url: 'tls://siem.acme.test' }, { to: 'otlp', url: 'https://otel.acme.test/v1/logs', format: 'ocsf' }, { to: 'syslog', url: 'tls://siem.acme.test:1', secret: 'env:X' },
    { to: 'http', url: 'https://siem.acme.test', certificate: 'a.pem' }, { to: 'http', url: 'https://siem.acme.test', timeout: '10ms' },
  ]) t.throws(read(file), { code: 'WEIR_ERR_CONFIG_INVALID', message: /ledger\.forward\.x/ }, JSON.stringify(file))
  t.doesNotThrow(read({ to: 'http', url: 'http://siem.acme.test/x', plaintext: true }))
  const dir = testFolder(t)
  await t.rejects(open(t, dir, { x: { to: 'http', url: 'https://siem.acme.test', secret: 'env:NONE' } }), { code: 'WEIR_ERR_CONFIG_INVALID', message: /NONE/ })
  await t.rejects(open(t, dir, { x: { to: 'http', url: 'https://siem.acme.test', ca: 'none.pem' } }), { code: 'WEIR_ERR_CONFIG_INVALID', message: /none\.pem/ })
})

await t.test('a gateway sends its ledger where weir.yaml says, from its own start on, and its metrics say how far it is', async (t) => {
  const receiver = await startHttpReceiver(t)
  const gateway = await openInProcessGateway(t, { settings: { ledger: { forward: { siem: { to: 'http', url: receiver.url } } } } })
  await until(() => receiver.taken.some(({ text }) => text.includes('"gateway-started"')))
  t.equal(indexesIn(receiver)[0], 0)
  const metricsNow = async (): Promise<string> => await (await fetch(`${gateway.url}/weir/metrics`, { headers: { authorization: `Bearer ${gateway.tokenFor('operator')}` } })).text()
  await until(async () => /weir_forward_lag_entries\{forwarder="siem"\} 0/.test(await metricsNow()))
  t.match(await metricsNow(), /weir_forward_entries_total\{forwarder="siem",result="delivered"\} [1-9]/)
  await gateway.close()
})
