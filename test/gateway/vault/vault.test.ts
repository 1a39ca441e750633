import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readMasterKey } from '../../../gateway/vault/master-key.ts'
import { openVault } from '../../../gateway/vault/vault.ts'

const VALUE = 'sk-canary-0123456789abcdef'
const broken = { code: 'WEIR_ERR_VAULT' }
const malformed = { code: 'WEIR_ERR_DECODE_MALFORMED' }

await t.test('a key that was set is there after a restart, for its provider and environment alone', async (t) => {
  const options = { file: join(t.testdir(), 'deep', 'vault.json'), masterKey: randomBytes(32) }
  const vault = await openVault(options)
  const { id } = await vault.set('openai', 'DEV', `  ${VALUE}\n`)
  const again = await openVault(options)
  t.same(again.keys('openai', 'DEV'), [{ id, value: VALUE, weight: 1 }])
  t.same(again.keys('openai', 'PROD'), [])
  t.same(again.keys('other', 'DEV'), [])
  t.match(again.list(), [{ id, provider: 'openai', environment: 'DEV' }])
  t.notMatch(JSON.stringify(again.list()), VALUE)
})

await t.test('the file is for its owner, holds no key in the clear, and leaves no temporary file', async (t) => {
  const dir = t.testdir()
  const vault = await openVault({ file: join(dir, 'vault.json'), masterKey: randomBytes(32) })
  await Promise.all([vault.set('a', 'DEV', VALUE), vault.set('b', 'DEV', VALUE), vault.set('c', 'PROD', VALUE)])
  t.equal(statSync(join(dir, 'vault.json')).mode & 0o777, 0o600)
  const text = readFileSync(join(dir, 'vault.json'), 'utf8')
  t.notMatch(text, VALUE)
  t.notMatch(text, Buffer.from(VALUE).toString('base64'))
  t.same(readdirSync(dir), ['vault.json'])
  t.equal(vault.list().length, 3)
})

await t.test('setting a key again replaces it, removing it takes it away', async (t) => {
  const vault = await openVault({ file: join(t.testdir(), 'vault.json'), masterKey: randomBytes(32) })
  const first = await vault.set('a', 'DEV', VALUE)
  const second = await vault.set('a', 'DEV', 'another-value')
  t.not(first.id, second.id)
  t.equal(vault.keys('a', 'DEV')[0]?.value, 'another-value')
  t.equal(vault.list().length, 1)
  t.equal(await vault.remove('a', 'DEV'), true)
  t.equal(await vault.remove('a', 'DEV'), false)
  t.same(vault.keys('a', 'DEV'), [])
})

await t.test('a provider may have several keys, and one can take another\'s place without a moment without any', async (t) => {
  const options = { file: join(t.testdir(), 'vault.json'), masterKey: randomBytes(32) }
  const vault = await openVault(options)
  const old = await vault.set('a', 'DEV', VALUE)
  await vault.set('a', 'TEST', VALUE)
  const added = await vault.set('a', 'DEV', 'another-value', { add: true, weight: 7 })
  t.same((await openVault(options)).keys('a', 'DEV'), [{ id: old.id, value: VALUE, weight: 1 }, { id: added.id, value: 'another-value', weight: 7 }])
  t.equal(vault.keys('a', 'DEV'), vault.keys('a', 'DEV'), 'the array is the same until the keys change')
  t.equal(await vault.remove('a', 'TEST', old.id), false, 'an id is looked for under its own name')
  t.equal(await vault.remove('a', 'DEV', old.id), true)
  t.same(vault.list().map(({ id, weight }) => [id, weight]), [[vault.keys('a', 'TEST')[0]?.id, undefined], [added.id, 7]])
  await vault.set('a', 'DEV', 'a-third')
  t.same(vault.keys('a', 'DEV').map(({ value }) => value), ['a-third'], 'without add, all of them are replaced')
})

await t.test('a weight is whole, bounded and sealed with its key, and the number of keys has a limit', async (t) => {
  const file = join(t.testdir(), 'vault.json')
  const masterKey = randomBytes(32)
  const vault = await openVault({ file, masterKey })
  for (const weight of [0, -1, 1.5, 1_001, NaN]) await t.rejects(vault.set('a', 'DEV', VALUE, { weight }), malformed)
  await vault.set('a', 'DEV', VALUE, { weight: 7 })
  const text = readFileSync(file, 'utf8')
  for (const changed of [text.replace('"weight": 7', '"weight": 700'), text.replace(/"weight": 7,/, ''), text.replace('"weight": 7', '"weight": "7"')]) {
    t.not(changed, text)
    writeFileSync(file, changed)
    await t.rejects(openVault({ file, masterKey }), broken)
  }
  writeFileSync(file, text)
  for (let i = 1; i < 32; i += 1) await vault.set('a', 'DEV', `value-${i}`, { add: true })
  await t.rejects(vault.set('a', 'DEV', 'one-more', { add: true }), malformed)
  t.equal(vault.keys('a', 'DEV').length, 32)
})

await t.test('a key that another process set is seen', async (t) => {
  const options = { file: join(t.testdir(), 'vault.json'), masterKey: randomBytes(32) }
  let nowMs = 1_000
  const vault = await openVault({ ...options, nowMs: () => nowMs })
  await (await openVault(options)).set('a', 'DEV', VALUE)
  nowMs += 1_000
  t.equal(vault.keys('a', 'DEV')[0]?.value, VALUE)
})

await t.test('a record that was changed, moved or sealed with another key does not open', async (t) => {
  const file = join(t.testdir(), 'vault.json')
  const masterKey = randomBytes(32)
  await (await openVault({ file, masterKey })).set('a', 'DEV', VALUE)
  const text = readFileSync(file, 'utf8')
  await t.rejects(openVault({ file, masterKey: randomBytes(32) }), broken)
  for (const changed of [text.replace('"DEV"', '"PROD"'), text.replace('"a"', '"b"'), text.replace(/"data": "./, '"data": "!'), text.replace(/"tag": ".{4}/, '"tag": "'), text.slice(0, -9), '{}', '{"version":2,"records":[]}', '']) {
    t.not(changed, text)
    writeFileSync(file, changed)
    await t.rejects(openVault({ file, masterKey }), broken, changed)
  }
})

await t.test('a vault that became unreadable while open gives no key', async (t) => {
  const file = join(t.testdir(), 'vault.json')
  let nowMs = 1_000
  const vault = await openVault({ file, masterKey: randomBytes(32), nowMs: () => nowMs })
  await vault.set('a', 'DEV', VALUE)
  writeFileSync(file, 'x')
  nowMs += 1_000
  t.throws(() => vault.keys('a', 'DEV'), broken)
  t.throws(() => vault.keys('a', 'DEV'), broken)
})

await t.test('values and names that could become something else are refused, and not repeated', async (t) => {
  const vault = await openVault({ file: join(t.testdir(), 'vault.json'), masterKey: randomBytes(32) })
  for (const value of ['', '  ', 'a b', 'a\r\nx-admin: 1', 'a\u0000', 'clé', 'x'.repeat(9_000)]) {
    await t.rejects(vault.set('a', 'DEV', value), malformed)
  }
  for (const provider of ['', '../a', 'a b', 'x'.repeat(70)]) await t.rejects(vault.set(provider, 'DEV', VALUE), malformed)
  await vault.set('a', 'DEV', 'bad value').catch((error: unknown) => t.notMatch(String(error), 'bad value'))
})

await t.test('the master key is made once, for its owner, and read again', async (t) => {
  const dataDir = join(t.testdir(), 'data')
  const key = readMasterKey({ dataDir, env: {} })
  t.equal(key.length, 32)
  t.same(readMasterKey({ dataDir, env: {} }), key)
  t.equal(statSync(join(dataDir, 'master.key')).mode & 0o777, 0o600)
  chmodSync(join(dataDir, 'master.key'), 0o644)
  t.throws(() => readMasterKey({ dataDir, env: {} }), broken)
})

await t.test('the master key may come from the environment, in hex or base64', async (t) => {
  const key = randomBytes(32)
  const dataDir = t.testdir()
  t.same(readMasterKey({ dataDir, env: { WEIR_MASTER_KEY: key.toString('hex') } }), key)
  t.same(readMasterKey({ dataDir, env: { WEIR_MASTER_KEY: key.toString('base64') } }), key)
  t.throws(() => readMasterKey({ dataDir, env: { WEIR_MASTER_KEY: 'short' } }), broken)
  t.same(readdirSync(dataDir), [])
})
