import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { packBundle, unpackBundle } from '../../../../gateway/policy/bundle/archive.ts'
import { createBundleClient } from '../../../../gateway/policy/bundle/client.ts'
import { signBundle, type SignOptions } from '../../../../gateway/policy/bundle/signature.ts'
import { bundleSource, type BundleSource, type BundleSourceOptions } from '../../../../gateway/policy/bundle/source.ts'
import { openBundleStore } from '../../../../gateway/policy/bundle/store.ts'
import { openPolicyEngine, type PolicyEngine, type PolicyEvent } from '../../../../gateway/policy/engine.ts'
import { readPublicKey } from '../../../../gateway/policy/bundle/signing-key.ts'
import { startBundleServer, type BundleServer } from '../../../support/bundle-server.ts'
import { rsaKeys } from '../../../support/signing-keys.ts'
import { WRITE } from '../../../support/policy-inputs.ts'
import { answer, mainRego, openEngine, policyFolder } from '../opened-policy.ts'
import { testFolder } from '../../../support/test-folder.ts'

const keys = rsaKeys()
const NOW_S = Math.floor(Date.now() / 1_000)

async function built (rule: string): Promise<Uint8Array> {
  return (await openEngine(await policyFolder({ 'weir/main.rego': mainRego(`decision := ${answer('"deny"', `"x.${rule}"`)}`) }))).archive()
}

async function signed (archive: Uint8Array, options: Partial<SignOptions> = {}): Promise<Uint8Array> {
  return await packBundle(signBundle(unpackBundle(archive), { key: createPrivateKey(keys.privateKey), algorithm: 'RS256', signedAt: NOW_S, ...options }))
}

async function tampered (archive: Uint8Array): Promise<Uint8Array> {
  return await packBundle(new Map([...unpackBundle(archive), ['extra.rego', Buffer.from('package extra\n')]]))
}

const A = await built('a')
const B = await built('b')

interface Opened {
  readonly engine: PolicyEngine
  readonly source: BundleSource
  readonly events: PolicyEvent[]
  /** Resolves with the next thing that happens to policy. */
  next (): Promise<PolicyEvent>
}

async function open (url: string, dir: string, other: Partial<BundleSourceOptions> = {}): Promise<Opened> {
  const events: PolicyEvent[] = []
  const waiting: Array<(event: PolicyEvent) => void> = []
  const onEvent = (event: PolicyEvent): void => {
    events.push(event)
    for (const resolve of waiting.splice(0)) resolve(event)
  }
  const source = bundleSource({
    client: createBundleClient(new URL(url), null),
    store: openBundleStore(dir),
    trust: { key: readPublicKey(keys.publicKey, 'RS256'), algorithm: 'RS256', keyId: null, scope: null },
    poll: { minMs: 100, maxMs: 100, longPollSeconds: 30 },
    allowOlder: false,
    nowMs: Date.now,
    onWarning: () => {},
    ...other,
  })
  return { engine: await openPolicyEngine({ source, onEvent }), source, events, next: async () => await new Promise((resolve) => waiting.push(resolve)) }
}

async function serve (t: { teardown (cleanUp: () => Promise<void>): void }, archive: Uint8Array | null, longPoll = true): Promise<BundleServer> {
  const server = await startBundleServer({ longPoll })
  t.teardown(() => server.close())
  if (archive !== null) server.publish(archive)
  return server
}

function ruleOf (engine: PolicyEngine): string {
  return engine.current().evaluate(WRITE).rule
}

function codes (events: readonly PolicyEvent[]): string[] {
  return events.map((event) => 'error' in event ? `${event.name} ${event.error.code}` : event.name)
}

await t.test('a signed bundle decides, with the rules\' texts and reads it was built with', async (t) => {
  const server = await serve(t, await signed(A))
  const { engine, source } = await open(server.url, testFolder(t))
  t.equal(ruleOf(engine), 'x.a')
  t.match(engine.current().revision, /^[0-9a-f]{64}$/)
  t.match(source.status(), { fetched: { new: 1, same: 0, failed: 0 }, signedAt: NOW_S })
  t.match(server.requests[0]?.headers, { prefer: 'modes=snapshot' })
})

await t.test('a reload takes a newer bundle and asks for nothing twice', async (t) => {
  const server = await serve(t, await signed(A))
  const { engine } = await open(server.url, testFolder(t))
  t.match(await engine.reload(), { ok: true, changed: false })
  t.equal(server.requests.at(-1)?.status, 304)
  server.publish(await signed(B))
  t.match(await engine.reload(), { ok: true, changed: true })
  t.equal(ruleOf(engine), 'x.b')
})

await t.test('unsigned, tampered, expired, older and unusable bundles leave the old one in force', async (t) => {
  const server = await serve(t, await signed(A))
  const { engine, events } = await open(server.url, testFolder(t))
  const cases: ReadonlyArray<readonly [string, Uint8Array, string]> = [
    ['unsigned', B, 'WEIR_ERR_POLICY_SIGNATURE'],
    ['tampered', await tampered(await signed(B)), 'WEIR_ERR_POLICY_SIGNATURE'],
    ['expired', await signed(B, { expiresAt: NOW_S - 1 }), 'WEIR_ERR_POLICY_SIGNATURE'],
    ['older', await signed(B, { signedAt: NOW_S - 1 }), 'WEIR_ERR_POLICY_OLDER'],
    ['no archive', Buffer.from('nonsense'), 'WEIR_ERR_POLICY_BUILD'],
    ['no wasm', await signed(await packBundle(new Map([...unpackBundle(B)].filter(([name]) => name !== 'policy.wasm')))), 'WEIR_ERR_POLICY_BUILD'],
    ['data beside data.json', await signed(await packBundle(new Map([...unpackBundle(B), ['more/data.json', Buffer.from('{}')]]))), 'WEIR_ERR_POLICY_BUILD'],
  ]
  for (const [name, archive, code] of cases) {
    server.publish(archive)
    t.match(await engine.reload(), { ok: false, error: { code } }, name)
    t.match(await engine.reload(), { ok: false, error: { code } }, `${name}, when asked again`)
    t.equal(server.requests.at(-1)?.status, 304, 'it is not fetched again')
    t.equal(ruleOf(engine), 'x.a')
  }
  t.equal(engine.rejected().get('WEIR_ERR_POLICY_SIGNATURE'), 6)
  t.equal(codes(events).filter((name) => name === 'policy-loaded').length, 1)
  server.publish(await signed(B))
  t.match(await engine.reload(), { ok: true, changed: true }, 'and the next good one is taken')
})

await t.test('a policy that lets everybody in is not taken, and the good one is kept for the next start', async (t) => {
  const server = await serve(t, await signed(A))
  const dir = testFolder(t)
  const { engine } = await open(server.url, dir)
  const ajar = await policyFolder({ 'weir/main.rego': mainRego(`decision := ${answer('"allow"', '"x.open"')}`) })
  await t.rejects(openEngine(ajar), { code: 'WEIR_ERR_POLICY_BUILD' })
  const manifest = unpackBundle(B)
  server.publish(await signed(await packBundle(new Map([...manifest, ['policy.wasm', Buffer.from('\0asm\x01\0\0\0', 'latin1')]]))))
  t.equal((await engine.reload()).ok, false)
  const again = await open(server.url, dir)
  t.equal(ruleOf(again.engine), 'x.a')
  t.equal(codes(again.events)[0], 'policy-loaded')
})

await t.test('without the server the last good bundle starts, readable by its owner alone', async (t) => {
  const server = await startBundleServer()
  server.publish(await signed(A))
  const dir = join(testFolder(t), 'bundle')
  await open(server.url, dir)
  await server.close()
  const { engine, events } = await open(server.url, dir)
  t.equal(ruleOf(engine), 'x.a')
  t.strictSame(codes(events), ['policy-loaded', 'policy-unreachable WEIR_ERR_POLICY_FETCH'])
  t.equal(statSync(join(dir, 'bundle.tar.gz')).mode & 0o777, 0o600)
  t.equal(statSync(dir).mode & 0o777, 0o700)
})

await t.test('without the server, a kept bundle that was changed does not start', async (t) => {
  const server = await startBundleServer()
  server.publish(await signed(A))
  const dir = testFolder(t)
  await open(server.url, dir)
  await server.close()
  writeFileSync(join(dir, 'bundle.tar.gz'), await tampered(readFileSync(join(dir, 'bundle.tar.gz'))))
  await t.rejects(open(server.url, dir), { code: 'WEIR_ERR_POLICY_FETCH' })
  await t.rejects(open(server.url, mkdtempSync(join(tmpdir(), 'weir-test-'))), { code: 'WEIR_ERR_POLICY_FETCH' })
})

await t.test('a start remembers the order, and an operator can go back once', async (t) => {
  const server = await serve(t, await signed(B))
  const dir = testFolder(t)
  await open(server.url, dir)
  server.publish(await signed(A, { signedAt: NOW_S - 60 }))
  const kept = await open(server.url, dir)
  t.equal(ruleOf(kept.engine), 'x.b')
  t.strictSame(codes(kept.events), ['policy-loaded', 'policy-rejected WEIR_ERR_POLICY_OLDER'])
  const back = await open(server.url, dir, { allowOlder: true })
  t.equal(ruleOf(back.engine), 'x.a')
  server.publish(await signed(B, { signedAt: NOW_S - 120 }))
  t.match(await back.engine.reload(), { ok: false, error: { code: 'WEIR_ERR_POLICY_OLDER' } }, 'but only once')
  t.equal(ruleOf((await open(server.url, dir)).engine), 'x.a', 'and the next start goes on from there')
})

await t.test('the order holds when the kept bundle is damaged', async (t) => {
  const server = await serve(t, await signed(B))
  const dir = testFolder(t)
  await open(server.url, dir)
  writeFileSync(join(dir, 'bundle.tar.gz'), 'damaged')
  server.publish(await signed(A, { signedAt: NOW_S - 60 }))
  await t.rejects(open(server.url, dir), { code: 'WEIR_ERR_POLICY_OLDER' })
})

await t.test('a new bundle comes into force without being asked for, over long polls and short ones', async (t) => {
  for (const longPoll of [true, false]) {
    const server = await serve(t, await signed(A), longPoll)
    const { engine, next } = await open(server.url, mkdtempSync(join(tmpdir(), 'weir-test-')))
    t.teardown(engine.watch())
    const loaded = next()
    server.publish(await signed(B))
    t.match(await loaded, { name: 'policy-loaded' })
    t.equal((await engine.reload()).ok, true)
    t.equal(ruleOf(engine), 'x.b')
    t.equal(server.requests.some(({ headers }) => headers['prefer'] === 'modes=snapshot;wait=30'), true)
  }
})

await t.test('a request that the server holds ends when something new is there', async (t) => {
  const server = await serve(t, await signed(A))
  const { engine, next } = await open(server.url, testFolder(t))
  t.teardown(engine.watch())
  await server.held()
  const loaded = next()
  server.publish(await signed(B))
  t.match(await loaded, { name: 'policy-loaded' })
})

await t.test('a refused bundle is reported once, however often the server is asked', async (t) => {
  const server = await serve(t, await signed(A), false)
  const { engine, events } = await open(server.url, testFolder(t))
  t.teardown(engine.watch())
  server.publish(await tampered(await signed(B)))
  for (let polls = 0; polls < 4; polls += 1) await server.answered(() => true)
  t.equal(codes(events).filter((name) => name.startsWith('policy-rejected')).length, 1)
  t.equal(ruleOf(engine), 'x.a')
})

await t.test('a bundle signed ahead of a clock that is behind is taken once the clock is right, and not fetched until then', async (t) => {
  const server = await serve(t, await signed(A, { signedAt: NOW_S - 3_600 }), false)
  let behindMs = 600_000
  const { engine, events, next } = await open(server.url, testFolder(t), { nowMs: () => Date.now() - behindMs })
  t.teardown(engine.watch())
  const rejected = next()
  server.publish(await signed(B))
  t.match(await rejected, { name: 'policy-rejected', error: { code: 'WEIR_ERR_POLICY_SIGNATURE', message: /in the future.*clock/ } })
  const fetched = server.requests.filter(({ status }) => status === 200).length
  for (let polls = 0; polls < 3; polls += 1) await server.answered(() => true)
  t.equal(server.requests.filter(({ status }) => status === 200).length, fetched)
  const loaded = next()
  behindMs = 0
  t.match(await loaded, { name: 'policy-loaded' })
  t.equal(ruleOf(engine), 'x.b')
  t.equal(codes(events).filter((name) => name.startsWith('policy-rejected')).length, 1)
})

await t.test('a bundle that plain opa built and signed is taken: without texts, and with all of the input', async (t) => {
  const plain = unpackBundle(A)
  const manifest = JSON.parse(Buffer.from(plain.get('.manifest') ?? '').toString()) as Record<string, unknown>
  const { metadata: _, ...rest } = manifest
  const server = await serve(t, await signed(await packBundle(new Map([...plain, ['.manifest', Buffer.from(JSON.stringify({ ...rest, revision: 'v1' }))]]))))
  const { engine } = await open(server.url, testFolder(t))
  t.equal(ruleOf(engine), 'x.a')
  t.match(engine.current().revision, /^[0-9a-f]{64}$/, 'a digest: the word of another builder says nothing of the content')
  t.strictSame(engine.rules(), [])
})

await t.test('a redirect to another origin, an error and an empty answer are refused', async (t) => {
  const cases: ReadonlyArray<readonly [RegExp, number, Record<string, string>]> = [
    [/another origin/, 302, { location: 'http://127.0.0.2:1/bundle' }],
    [/more than 5 times/, 302, { location: '/again' }],
    [/to nowhere/, 302, {}],
    [/answered 503/, 503, {}],
    [/answered 204/, 204, {}],
    [/nothing changed/, 304, {}],
  ]
  for (const [message, status, headers] of cases) {
    const server = createServer((_request, response) => response.writeHead(status, headers).end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => { server.closeAllConnections(); server.close() })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    await t.rejects(open(url, mkdtempSync(join(tmpdir(), 'weir-test-'))), { code: 'WEIR_ERR_POLICY_FETCH', message })
  }
})

await t.test('more bytes than a bundle may have are refused before they are kept', async (t) => {
  const server = createServer((_request, response) => {
    const chunk = Buffer.alloc(1 << 20)
    const more = (): void => { while (!response.destroyed && response.write(chunk)); }
    response.on('drain', more)
    more()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  await t.rejects(open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, testFolder(t)), { code: 'WEIR_ERR_POLICY_FETCH', message: /more than 33554432 bytes/ })
})
