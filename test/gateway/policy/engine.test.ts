import { appendFile, cp, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readCachedBundle, writeCachedBundle } from '../../../gateway/policy/bundle/cache.ts'
import { openPolicyEngine, type PolicyEvent } from '../../../gateway/policy/engine.ts'
import { cacheKey } from '../../../gateway/policy/build.ts'
import { partsIdentity } from '../../../gateway/policy/parts-identity.ts'
import { findOpa } from '../../../gateway/policy/opa-binary.ts'
import type { GatewayError } from '../../../gateway/core/errors.ts'
import { SESSION, WRITE } from '../../support/policy-inputs.ts'
import { answer, DATA, mainRego, openEngine, POLICIES, policyFolder } from './opened-policy.ts'
import { testFolder } from '../../support/test-folder.ts'

const DENY = mainRego(`decision := ${answer('"deny"', '"x.no"')}`)

await t.test('the policy that comes with Weir allows, queues and denies', async (t) => {
  const engine = await openEngine(POLICIES)
  const allow = engine.current().evaluate(WRITE)
  t.equal(allow.verdict, 'allow')
  t.equal(allow.rule, 'grants.granted')
  t.equal(allow.revision, engine.current().revision)
  t.ok(Object.isFrozen(allow))
  const queued = engine.current().evaluate({ ...WRITE, actor: { ...WRITE.actor, role: 'contributor' } })
  t.equal(queued.verdict, 'pending')
  const denied = engine.current().evaluate({ ...WRITE, targets: [{ path: '.env', class: 'secret', access: 'write' }] })
  t.equal(denied.rule, 'secret_paths.secret_touched')
  t.match(denied.feedback, /\.env\.example/)
  t.equal(engine.current().evaluate(SESSION).verdict, 'allow')
})

await t.test('rules have texts, and data the parts that classification reads', async (t) => {
  const engine = await openEngine(POLICIES)
  const rule = engine.rules().find(({ id }) => id === 'secret_paths.secret_touched')
  t.match(rule, { title: 'Secret touched', file: 'weir/rules/secret_paths/secret_paths.rego' })
  t.equal(engine.data().path_classes[0]?.class, 'config')
  t.ok(engine.data().programs.network.includes('curl'))
  t.ok(Object.isFrozen(engine.data().grants))
})

await t.test('the revision depends on rules and data and on nothing else', async (t) => {
  const first = await policyFolder({ 'weir/main.rego': DENY })
  const second = await policyFolder({ 'weir/main.rego': DENY, 'weir/main_test.rego': 'package weir_test\n', 'README.md': 'x' })
  const third = await policyFolder({ 'weir/main.rego': DENY, 'weir/data/data.json': JSON.stringify({ ...DATA, natives: { allow: ['x'] } }) })
  const [a, b, c] = await Promise.all([first, second, third].map(async (dir) => (await openEngine(dir)).current().revision))
  t.match(a, /^[0-9a-f]{64}$/)
  t.equal(a, b)
  t.not(a, c)
})

await t.test('a second start takes the bundle of the first, and a damaged one is built again', async (t) => {
  const dir = await policyFolder({ 'weir/main.rego': DENY })
  const cacheDir = await mkdtemp(join(tmpdir(), 'weir-test-cache-'))
  const opa = await findOpa(process.env)
  const cached: boolean[] = []
  const options = { dir, opa, cacheDir, onEvent: (event: PolicyEvent) => { if (event.name === 'policy-loaded') cached.push(event.cached) } }
  const first = await openPolicyEngine(options)
  const noOpa = { ...opa, run: async () => { throw new Error('not needed') } }
  const second = await openPolicyEngine({ ...options, opa: noOpa })
  t.equal(second.current().revision, first.current().revision)
  t.strictSame(second.current().evaluate(WRITE), first.current().evaluate(WRITE))
  const [key] = await readdir(cacheDir)
  await appendFile(join(cacheDir, key ?? '', 'bundle.tar.gz'), 'x')
  await openPolicyEngine(options)
  t.strictSame(cached, [false, true, false])
})

await t.test('what another Weir, another OPA or other rules made is not taken from the cache', async (t) => {
  const dir = testFolder(t, { syntax: { 'reads.js': 'export const reads = 1' }, data: {}, bundle: { 'archive.js': '', 'notes.md': '' } })
  const [first, opa] = await Promise.all([partsIdentity(dir), findOpa(process.env)])
  await writeFile(join(dir, 'bundle', 'notes.md'), 'not code')
  t.equal(await partsIdentity(dir), first)
  await writeFile(join(dir, 'syntax', 'reads.js'), 'export const reads = 2')
  const upgraded = await partsIdentity(dir)
  t.not(upgraded, first)
  const folder = { revision: 'a'.repeat(64), files: new Map<string, string>() }
  const keys = await Promise.all([
    cacheKey(folder, opa, first), cacheKey(folder, opa, upgraded), cacheKey(folder, { ...opa, identity: 'other' }, first),
    cacheKey({ ...folder, revision: 'b'.repeat(64) }, opa, first),
  ])
  t.equal(new Set(keys).size, keys.length)
  t.equal(await cacheKey(folder, opa, first), keys[0])
})

await t.test('several that store one bundle at once leave it whole', async (t) => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'weir-test-cache-'))
  const archive = Buffer.alloc(200_000, 'bundle')
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(Array.from({ length: 8 }, () => writeCachedBundle(cacheDir, 'key', archive)))
    t.same(await readCachedBundle(cacheDir, 'key'), archive)
  }
  t.same(await readdir(cacheDir), ['key'])
})

await t.test('a policy that does not compile stops the start and names file and line', async (t) => {
  const dir = await policyFolder({ 'weir/main.rego': `${DENY}\nbroken if input.x ==\n` })
  await t.rejects(openEngine(dir), { code: 'WEIR_ERR_POLICY_BUILD', message: /weir\/main\.rego:\d+/ })
})

await t.test('a built-in that is not on the list does not compile', async (t) => {
  for (const call of ['http.send({"method": "get", "url": "http://x"})', 'time.now_ns()', 'opa.runtime()', 'sprintf("%v", [1])', 'rand.intn("a", 2)', 'glob.match("a", [], "a")', 'replace("a", "", "b")']) {
    const dir = await policyFolder({ 'weir/main.rego': mainRego(`decision := ${call}`) })
    await t.rejects(openEngine(dir), { code: 'WEIR_ERR_POLICY_BUILD', message: /undefined function|rego_type_error/ }, call)
  }
})

await t.test('data of the wrong shape stop the start and are named', async (t) => {
  const dir = await policyFolder({ 'weir/main.rego': DENY, 'weir/data/data.json': JSON.stringify({ ...DATA, grants: { author: { DEV: { edit: 'yes' } } } }) })
  await t.rejects(openEngine(dir), { code: 'WEIR_ERR_POLICY_BUILD', message: /grants\/author\/DEV\/edit/ })
  const stranger = await policyFolder({ 'weir/main.rego': DENY, 'weir/data/data.json': JSON.stringify({ ...DATA, grants: { author: {} } }) })
  await t.rejects(openEngine(stranger), { code: 'WEIR_ERR_POLICY_BUILD', message: /role author/ })
})

await t.test('a rule package that is missing stops the start, since what stands beside it in a list would be off as well', async (t) => {
  const dir = testFolder(t)
  await cp(POLICIES, dir, { recursive: true })
  await rm(join(dir, 'weir', 'rules', 'outside_paths'), { recursive: true })
  await t.rejects(openEngine(dir), { code: 'WEIR_ERR_POLICY_BUILD', message: /weir\/main\/main\.rego reads data\.weir\.rules\.outside_paths/ })
})

await t.test('what looks like a rule or data and is not read stops the start', async (t) => {
  const linked = await policyFolder({ 'weir/main.rego': DENY, 'elsewhere/notes.txt': '' })
  await symlink(join(linked, 'weir'), join(linked, 'elsewhere', 'more'))
  await t.rejects(openEngine(linked), { message: /elsewhere\/more in the policy folder is a link/ })
  const file = await policyFolder({ 'weir/main.rego': DENY })
  await symlink(join(file, 'weir', 'main.rego'), join(file, 'weir', 'other.rego'))
  await t.rejects(openEngine(file), { message: /weir\/other\.rego in the policy folder is a link/ })
  await t.rejects(openEngine(await policyFolder({ 'weir/main.rego': DENY, 'weir/data/x/data.yaml': 'a: 1' })), { message: /is YAML/ })
  const bytes = await policyFolder({ 'weir/main.rego': DENY })
  await appendFile(join(bytes, 'weir', 'main.rego'), Buffer.from([0x23, 0xff, 0x0a]))
  await t.rejects(openEngine(bytes), { message: /weir\/main\.rego in the policy folder is not UTF-8/ })
  const device = await policyFolder({ 'weir/main.rego': DENY, 'weir/rules/data.json/x.txt': '' })
  t.ok(await openEngine(device), 'a folder of that name holds no data')
  const harmless = await policyFolder({ 'weir/main.rego': DENY })
  await symlink('/nowhere', join(harmless, 'README'))
  t.ok(await openEngine(harmless), 'a link to nothing holds no rule')
  await t.rejects(openEngine(await policyFolder({ 'weir/main.rego': DENY, 'weir/data/data.json': JSON.stringify(DATA).replace('{"roles":{}', '{"roles":{},"roles":{"a":{}}') })),
    { code: 'WEIR_ERR_POLICY_BUILD', message: /weir\/data\/data\.json:1:13: .*same key twice/ })
})

await t.test('a folder that is absent or holds no rule stops the start', async (t) => {
  await t.rejects(openEngine('/nonexistent/policies'), { code: 'WEIR_ERR_POLICY_BUILD' })
  await t.rejects(openEngine(await policyFolder({})), { code: 'WEIR_ERR_POLICY_BUILD', message: /no \.rego file/ })
})

await t.test('a policy that cannot decide, or lets everybody in, stops the start', async (t) => {
  const silent = await policyFolder({ 'weir/main.rego': mainRego(`decision := ${answer('"allow"', '"x.yes"')} if input.app == "never"`) })
  await t.rejects(openEngine(silent), { code: 'WEIR_ERR_POLICY_BUILD', message: /weir\.policy_undefined/ })
  const open = await policyFolder({ 'weir/main.rego': mainRego(`decision := ${answer('"allow"', '"x.yes"')}`) })
  await t.rejects(openEngine(open), { code: 'WEIR_ERR_POLICY_BUILD', message: /nobody has/ })
})

await t.test('a reload takes a good policy and keeps the old one when the new is bad', async (t) => {
  const dir = await policyFolder({ 'weir/main.rego': DENY })
  const events: string[] = []
  const engine = await openEngine(dir, (event) => events.push(event.name))
  const taken = engine.current()
  await writeFile(join(dir, 'weir/main.rego'), mainRego(`decision := ${answer('"deny"', '"x.other"')}`))
  t.match(await engine.reload(), { ok: true, changed: true })
  t.equal(engine.current().evaluate(WRITE).rule, 'x.other')
  t.equal(taken.evaluate(WRITE).rule, 'x.no', 'a decision under way ends with the policy it began with')
  const good = engine.current().revision
  await writeFile(join(dir, 'weir/main.rego'), 'package weir\n\nnonsense nonsense\n')
  const bad = await engine.reload()
  t.equal(bad.ok, false)
  t.match((bad as { error: GatewayError }).error.message, /weir\/main\.rego:3/)
  t.equal(bad.revision, good)
  t.equal(engine.current().revision, good)
  t.equal(engine.current().evaluate(WRITE).rule, 'x.other')
  await rm(dir, { recursive: true })
  t.equal((await engine.reload()).ok, false)
  t.equal(engine.current().evaluate(WRITE).rule, 'x.other')
  t.strictSame(events, ['policy-loaded', 'policy-loaded', 'policy-rejected', 'policy-rejected'])
})

await t.test('reloads asked for at once happen one after the other', async (t) => {
  const dir = await policyFolder({ 'weir/main.rego': DENY })
  const engine = await openEngine(dir)
  await writeFile(join(dir, 'weir/main.rego'), mainRego(`decision := ${answer('"deny"', '"x.other"')}`))
  const results = await Promise.all([engine.reload(), engine.reload(), engine.reload()])
  t.strictSame(results.map((result) => result.ok && result.changed), [true, false, false])
})
