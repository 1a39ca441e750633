import { createCipheriv, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { decodeMasterKey, masterKeyOf } from '../../../gateway/vault/master-key.ts'
import { readMasterKeys } from '../../../gateway/vault/master-key-source.ts'
import { openVaultOf, rotateMasterKeyOf } from '../../../gateway/vault/open-vault.ts'
import { openVault } from '../../../gateway/vault/vault.ts'
import { testFolder } from '../../support/test-folder.ts'

const VALUE = 'sk-canary-0123456789abcdef'
const BY = 'local:alice'
const slot = { provider: 'a', environment: 'DEV', app: null } as const
const broken = { code: 'WEIR_ERR_VAULT' }

function emptyDir (t: Test): string {
  const dir = testFolder(t)
  chmodSync(dir, 0o700)
  return dir
}

function textOf (dataDir: string): string {
  return readFileSync(join(dataDir, 'vault.json'), 'utf8')
}

await t.test('the master key is made once, for its owner, and read again', async (t) => {
  const dataDir = join(testFolder(t), 'data')
  const { current } = await readMasterKeys({ dataDir, env: {} })
  t.match(current, { id: /^mk_[\w-]{16}$/ })
  t.same(await readMasterKeys({ dataDir, env: {} }), { current, next: null })
  t.equal(statSync(join(dataDir, 'master.key')).mode & 0o777, 0o600)
  chmodSync(join(dataDir, 'master.key'), 0o644)
  await t.rejects(readMasterKeys({ dataDir, env: {} }), broken)
})

await t.test('master keys may come from the environment, in hex or base64', async (t) => {
  const key = randomBytes(32)
  const dataDir = emptyDir(t)
  for (const encoding of ['hex', 'base64'] as const) {
    t.same(await readMasterKeys({ dataDir, env: { WEIR_MASTER_KEY: key.toString(encoding), WEIR_MASTER_KEY_NEXT: key.toString(encoding) } }), { current: masterKeyOf(key), next: masterKeyOf(key) })
  }
  const error = await readMasterKeys({ dataDir, env: { WEIR_MASTER_KEY: 'short-secret' } }).catch((thrown: unknown) => thrown)
  t.match(error, broken)
  t.notMatch(String(error), 'short-secret')
  t.same(readdirSync(dataDir), [])
  t.throws(() => masterKeyOf(randomBytes(16)), broken)
})

await t.test('a command gives the master key, without a shell and without ours in its environment', async (t) => {
  const key = randomBytes(32).toString('base64')
  const dataDir = emptyDir(t)
  const by = async (script: string, ...args: string[]) => (await readMasterKeys({ dataDir, env: { PATH: process.env['PATH'], SOURCE: key, WEIR_MASTER_KEY_NEXT: key }, command: [process.execPath, '-e', script, ...args] })).current
  t.same(await by('console.log(process.env.SOURCE)'), decodeMasterKey(key, ''))
  t.same(await by('console.log(process.argv[1] === "$(id); x" && process.env.WEIR_MASTER_KEY_NEXT === undefined ? process.env.SOURCE : "")', '$(id); x'), decodeMasterKey(key, ''))
  const failures = {
    'exit code 3': 'console.error(process.env.SOURCE); process.exit(3)',
    'more than a key': 'console.log(process.env.SOURCE.repeat(100))',
    'a signal': 'process.kill(process.pid, "SIGKILL")',
    'must be 32 bytes': 'console.log(process.env.SOURCE.slice(9))',
  }
  for (const [reason, script] of Object.entries(failures)) {
    const error = await by(script, key).then(() => null, (thrown: unknown) => thrown as Error)
    t.match(error, { ...broken, message: reason })
    t.notOk(`${error?.message} ${JSON.stringify(error?.cause ?? null)}`.includes(key.slice(9, 30)))
  }
  await t.rejects(readMasterKeys({ dataDir, env: {}, command: ['/nowhere/to/be/found'] }), { ...broken, message: /ENOENT/ })
})

await t.test('a rotation puts every data key under the new master key, and the old one opens nothing', async (t) => {
  const place = { dataDir: emptyDir(t) }
  const vault = await openVaultOf(place, {})
  await vault.set(slot, VALUE, BY)
  await vault.set({ ...slot, app: 'shop' }, `${VALUE}-shop`, BY)
  const old = readFileSync(join(place.dataDir, 'master.key'), 'utf8')
  const before = JSON.parse(textOf(place.dataDir)) as { master: string, records: Array<{ data: string }> }
  const { from, to, keys } = await rotateMasterKeyOf(place, {}, BY)
  const after = JSON.parse(textOf(place.dataDir)) as { master: string, records: Array<{ data: string, key: { master: string } }> }
  t.same([from, keys], [before.master, 2])
  t.same([after.master, ...after.records.map(({ key }) => key.master)], [to, to, to])
  t.same(after.records.map(({ data }) => data), before.records.map(({ data }) => data), 'no value is sealed again')
  t.same(readdirSync(place.dataDir).sort(), ['master.key', 'vault-lock', 'vault.json'])
  t.not(readFileSync(join(place.dataDir, 'master.key'), 'utf8'), old)
  const again = await openVaultOf(place, {})
  t.equal(again.keys('a', 'DEV', 'shop')[0]?.value, `${VALUE}-shop`)
  t.match(again.changes().at(-1), { name: 'master-key-rotated', by: BY, detail: { from, to, keys: 2 } })
  await t.rejects(openVaultOf(place, { WEIR_MASTER_KEY: old }), { ...broken, message: new RegExp(`${to}.*${from}`) })
})

await t.test('a rotation that was cut off at any point leaves a vault that opens, and is ended by the next', async (t) => {
  const place = { dataDir: emptyDir(t) }
  const file = (name: string): string => join(place.dataDir, name)
  await (await openVaultOf(place, {})).set(slot, VALUE, BY)
  const [oldKey, oldVault] = [readFileSync(file('master.key')), readFileSync(file('vault.json'))]
  await rotateMasterKeyOf(place, {}, BY)
  const [newKey, newVault] = [readFileSync(file('master.key')), readFileSync(file('vault.json'))]
  const points = { 'the next key is made': oldVault, 'the vault is written': newVault }
  for (const [point, vault] of Object.entries(points)) {
    writeFileSync(file('master.key'), oldKey, { mode: 0o600 })
    writeFileSync(file('master.key.next'), newKey, { mode: 0o600 })
    writeFileSync(file('vault.json'), vault)
    const opened = await openVaultOf(place, {})
    t.equal(opened.keys('a', 'DEV')[0]?.value, VALUE, point)
    const added = await opened.set({ ...slot, provider: 'b' }, `${VALUE}-b`, BY)
    await rotateMasterKeyOf(place, {}, BY)
    t.same(readFileSync(file('master.key')), newKey)
    t.notOk(existsSync(file('master.key.next')))
    const ended = await openVaultOf(place, {})
    t.same([ended.keys('a', 'DEV')[0]?.value, ended.keys('b', 'DEV')[0]?.id], [VALUE, added.id], point)
  }
})

await t.test('a gateway that runs goes on through a rotation, and finds the new key by itself where it is a file', async (t) => {
  const place = { dataDir: emptyDir(t) }
  await (await openVaultOf(place, {})).set(slot, VALUE, BY)
  await (await openVaultOf(place, {})).set({ ...slot, provider: 'd' }, `${VALUE}-d`, BY)
  let nowMs = Date.now()
  let rereads = 0
  const running = await openVault({
    file: join(place.dataDir, 'vault.json'),
    masterKeys: await readMasterKeys({ dataDir: place.dataDir, env: {} }),
    rereadMasterKeys: async () => { rereads += 1; return await readMasterKeys({ dataDir: place.dataDir, env: {} }) },
    nowMs: () => nowMs,
  })
  // Sealed anew under the id it has: what is remembered of it does not open it any more.
  await (await openVaultOf(place, {})).rotate({ ...slot, provider: 'd' }, `${VALUE}-d2`, BY, { graceMs: 3_600_000 })
  await rotateMasterKeyOf(place, {}, BY)
  await (await openVaultOf(place, {})).set({ ...slot, provider: 'b' }, `${VALUE}-b`, BY)
  nowMs += 1_000
  t.equal(running.keys('a', 'DEV')[0]?.value, VALUE, 'what it knew, it still opens')
  await running.set({ ...slot, provider: 'c' }, `${VALUE}-c`, BY)
  t.ok(rereads > 0)
  t.same(['a', 'b', 'c'].map((provider) => running.keys(provider, 'DEV')[0]?.value), [VALUE, `${VALUE}-b`, `${VALUE}-c`])
  t.same(running.keys('d', 'DEV').map(({ value }) => value), [`${VALUE}-d`, `${VALUE}-d2`])
  t.same((await openVaultOf(place, {})).list().map(({ provider }) => provider), ['a', 'd', 'd', 'b', 'c'])
})

await t.test('a gateway whose key is given from outside goes on, refuses what it cannot open, and writes nothing under the old key', async (t) => {
  const place = { dataDir: emptyDir(t) }
  const [old, next] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')]
  const atStart = { WEIR_MASTER_KEY: old }
  const running = await openVaultOf(place, atStart)
  await running.set(slot, VALUE, BY)
  await t.rejects(rotateMasterKeyOf(place, atStart, BY), { ...broken, message: /WEIR_MASTER_KEY_NEXT/ })
  await t.rejects(rotateMasterKeyOf(place, { ...atStart, WEIR_MASTER_KEY_NEXT: old }, BY), broken)
  t.match(await rotateMasterKeyOf(place, { ...atStart, WEIR_MASTER_KEY_NEXT: next }, BY), { keys: 1, kept: 'outside' })
  await (await openVaultOf(place, { WEIR_MASTER_KEY: next })).set({ ...slot, provider: 'b' }, `${VALUE}-b`, BY)
  await t.rejects(running.set({ ...slot, provider: 'c' }, `${VALUE}-c`, BY), { ...broken, message: /must be started with it/ })
  t.equal(running.keys('a', 'DEV')[0]?.value, VALUE)
  t.throws(() => running.keys('b', 'DEV'), broken)
  t.same((await openVaultOf(place, { ...atStart, WEIR_MASTER_KEY_NEXT: next })).list().map(({ provider }) => provider), ['a', 'b'])
  await t.rejects(openVaultOf(place, atStart), broken)
  t.notOk(existsSync(join(place.dataDir, 'master.key')))
})

await t.test('a value that was changed does not open with a data key that is remembered', async (t) => {
  const place = { dataDir: emptyDir(t) }
  const env = { WEIR_MASTER_KEY: randomBytes(32).toString('hex') }
  let nowMs = Date.now()
  const running = await openVault({ file: join(place.dataDir, 'vault.json'), masterKeys: await readMasterKeys({ ...place, env }), nowMs: () => nowMs })
  await running.set(slot, VALUE, BY)
  await rotateMasterKeyOf(place, { ...env, WEIR_MASTER_KEY_NEXT: randomBytes(32).toString('hex') }, BY)
  writeFileSync(join(place.dataDir, 'vault.json'), textOf(place.dataDir).replace('"DEV"', '"PROD"'))
  nowMs += 1_000
  t.throws(() => running.keys('a', 'PROD'), broken)
})

/** A file as the first version wrote it. */
function firstVersion (key: Buffer, extra: object = {}): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(JSON.stringify(['weir-vault-1', 'a', 'DEV', 'key_1', 7])))
  const data = Buffer.concat([cipher.update(VALUE), cipher.final()])
  const sealed = { nonce: nonce.toString('base64'), tag: cipher.getAuthTag().toString('base64'), data: data.toString('base64') }
  return JSON.stringify({ version: 1, records: [{ id: 'key_1', provider: 'a', environment: 'DEV', created: 1, weight: 7, ...sealed, ...extra }] })
}

await t.test('a file of the first version is read, and given data keys by the next write or rotation', async (t) => {
  for (const write of ['set', 'rotate'] as const) {
    const place = { dataDir: join(emptyDir(t), write) }
    const { current } = await readMasterKeys({ ...place, env: {} })
    const file = join(place.dataDir, 'vault.json')
    writeFileSync(file, firstVersion(current.key))
    const vault = await openVaultOf(place, {})
    t.same(vault.keys('a', 'DEV'), [{ id: 'key_1', value: VALUE, weight: 7 }])
    if (write === 'set') await vault.set({ ...slot, provider: 'b' }, `${VALUE}-b`, BY)
    else await rotateMasterKeyOf(place, {}, BY)
    t.match(JSON.parse(textOf(place.dataDir)), { version: 2, records: [{ id: 'key_1', weight: 7, key: { master: /^mk_/ } }] })
    t.same((await openVaultOf(place, {})).keys('a', 'DEV'), [{ id: 'key_1', value: VALUE, weight: 7 }])
    for (const extra of [{ app: 'shop' }, { retires: 9e15 }]) {
      writeFileSync(file, firstVersion(current.key, extra))
      await t.rejects(openVaultOf(place, {}), broken, 'what that version did not authenticate is not believed')
    }
    renameSync(file, `${file}.old`)
  }
})

t.end()
