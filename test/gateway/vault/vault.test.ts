import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Environment } from '../../../gateway/core/actor.ts'
import type { Slot } from '../../../gateway/vault/key-name.ts'
import { masterKeyOf } from '../../../gateway/vault/master-key.ts'
import { openVault } from '../../../gateway/vault/vault.ts'
import { testFolder } from '../../support/test-folder.ts'

const VALUE = 'sk-canary-0123456789abcdef'
const broken = { code: 'WEIR_ERR_VAULT' }
const malformed = { code: 'WEIR_ERR_DECODE_MALFORMED' }
const BY = 'alice@acme.test'

function slot (provider: string, environment: Environment = 'DEV', app: string | null = null): Slot {
  return { provider, environment, app }
}

function masterKeys (key = randomBytes(32)): { current: ReturnType<typeof masterKeyOf>, next: null } {
  return { current: masterKeyOf(key), next: null }
}

await t.test('a key that was set is there after a restart, for its provider and environment alone', async (t) => {
  const options = { file: join(testFolder(t), 'deep', 'vault.json'), masterKeys: masterKeys() }
  const vault = await openVault(options)
  const { id } = await vault.set(slot('openai'), `  ${VALUE}\n`, BY)
  const again = await openVault(options)
  t.same(again.keys('openai', 'DEV'), [{ id, value: VALUE, weight: 1 }])
  t.same(again.keys('openai', 'PROD'), [])
  t.same(again.keys('other', 'DEV'), [])
  t.match(again.list(), [{ id, provider: 'openai', environment: 'DEV' }])
  t.notMatch(JSON.stringify(again.list()), VALUE)
})

await t.test('the file is for its owner, holds no key in the clear, and leaves no temporary file', async (t) => {
  const dir = testFolder(t)
  const vault = await openVault({ file: join(dir, 'vault.json'), masterKeys: masterKeys() })
  await Promise.all([vault.set(slot('a'), VALUE, BY), vault.set(slot('b'), VALUE, BY), vault.set(slot('c', 'PROD'), VALUE, BY)])
  t.equal(statSync(join(dir, 'vault.json')).mode & 0o777, 0o600)
  const text = readFileSync(join(dir, 'vault.json'), 'utf8')
  t.notMatch(text, VALUE)
  t.notMatch(text, Buffer.from(VALUE).toString('base64'))
  t.same(readdirSync(dir), ['vault-lock', 'vault.json'])
  t.same(readdirSync(join(dir, 'vault-lock')), [])
  t.equal(vault.list().length, 3)
})

await t.test('setting a key again replaces it, removing it takes it away', async (t) => {
  const vault = await openVault({ file: join(testFolder(t), 'vault.json'), masterKeys: masterKeys() })
  const first = await vault.set(slot('a'), VALUE, BY)
  const second = await vault.set(slot('a'), 'another-value', BY)
  t.not(first.id, second.id)
  t.equal(vault.keys('a', 'DEV')[0]?.value, 'another-value')
  t.equal(vault.list().length, 1)
  t.equal((await vault.remove(slot('a'), BY)).length, 1)
  t.equal((await vault.remove(slot('a'), BY)).length, 0)
  t.same(vault.keys('a', 'DEV'), [])
})

await t.test('a provider may have several keys, and one can take another\'s place without a moment without any', async (t) => {
  const options = { file: join(testFolder(t), 'vault.json'), masterKeys: masterKeys() }
  const vault = await openVault(options)
  const old = await vault.set(slot('a'), VALUE, BY)
  await vault.set(slot('a', 'TEST'), VALUE, BY)
  const added = await vault.set(slot('a'), 'another-value', BY, { add: true, weight: 7 })
  t.same((await openVault(options)).keys('a', 'DEV'), [{ id: old.id, value: VALUE, weight: 1 }, { id: added.id, value: 'another-value', weight: 7 }])
  t.equal(vault.keys('a', 'DEV'), vault.keys('a', 'DEV'), 'the array is the same until the keys change')
  t.equal((await vault.remove(slot('a', 'TEST'), BY, old.id)).length, 0, 'an id is looked for under its own name')
  t.equal((await vault.remove(slot('a'), BY, old.id)).length, 1)
  t.same(vault.list().map(({ id, weight }) => [id, weight]), [[vault.keys('a', 'TEST')[0]?.id, undefined], [added.id, 7]])
  await vault.set(slot('a'), 'the-third', BY)
  t.same(vault.keys('a', 'DEV').map(({ value }) => value), ['the-third'], 'without add, all of them are replaced')
})

await t.test('a weight is whole, bounded and sealed with its key, and the number of keys has a limit', async (t) => {
  const file = join(testFolder(t), 'vault.json')
  const keys = masterKeys()
  const vault = await openVault({ file, masterKeys: keys })
  for (const weight of [0, -1, 1.5, 1_001, NaN]) await t.rejects(vault.set(slot('a'), VALUE, BY, { weight }), malformed)
  await vault.set(slot('a'), VALUE, BY, { weight: 7 })
  const text = readFileSync(file, 'utf8')
  for (const changed of [text.replace('"weight": 7', '"weight": 700'), text.replace(/"weight": 7,/, ''), text.replace('"weight": 7', '"weight": "7"')]) {
    t.not(changed, text)
    writeFileSync(file, changed)
    await t.rejects(openVault({ file, masterKeys: keys }), broken)
  }
  writeFileSync(file, text)
  for (let i = 1; i < 32; i += 1) await vault.set(slot('a'), `value-no-${i}`, BY, { add: true })
  await t.rejects(vault.set(slot('a'), 'one-more', BY, { add: true }), malformed)
  t.equal(vault.keys('a', 'DEV').length, 32)
})

await t.test('a key that another process set is seen', async (t) => {
  const options = { file: join(testFolder(t), 'vault.json'), masterKeys: masterKeys() }
  let nowMs = 1_000
  const vault = await openVault({ ...options, nowMs: () => nowMs })
  await (await openVault(options)).set(slot('a'), VALUE, BY)
  nowMs += 1_000
  t.equal(vault.keys('a', 'DEV')[0]?.value, VALUE)
})

await t.test('a record that was changed, moved or sealed with another key does not open', async (t) => {
  const file = join(testFolder(t), 'vault.json')
  const keys = masterKeys()
  await (await openVault({ file, masterKeys: keys })).set(slot('a'), VALUE, BY)
  const text = readFileSync(file, 'utf8')
  await t.rejects(openVault({ file, masterKeys: masterKeys() }), broken)
  for (const changed of [text.replace('"DEV"', '"PROD"'), text.replace('"a"', '"b"'), text.replace(/"data": "./, '"data": "!'), text.replace(/"tag": ".{4}/, '"tag": "'), text.slice(0, -9), '{}', '{"version":3,"records":[]}', '{"version":2,"records":[]}', '']) {
    t.not(changed, text)
    writeFileSync(file, changed)
    await t.rejects(openVault({ file, masterKeys: keys }), broken, changed)
  }
})

await t.test('a vault that became unreadable while open gives no key', async (t) => {
  const file = join(testFolder(t), 'vault.json')
  let nowMs = 1_000
  const vault = await openVault({ file, masterKeys: masterKeys(), nowMs: () => nowMs })
  await vault.set(slot('a'), VALUE, BY)
  writeFileSync(file, 'x')
  nowMs += 1_000
  t.throws(() => vault.keys('a', 'DEV'), broken)
  t.throws(() => vault.keys('a', 'DEV'), broken)
})

await t.test('values and names that could become something else are refused, and not repeated', async (t) => {
  const vault = await openVault({ file: join(testFolder(t), 'vault.json'), masterKeys: masterKeys() })
  for (const value of ['', '  ', 'a b c d e f', 'sk-4567', 'abcdefgh\r\nx-admin: 1', 'abcdefgh\u0000', 'clé-abcdefgh', 'x'.repeat(9_000)]) {
    await t.rejects(vault.set(slot('a'), value, BY), malformed)
  }
  for (const provider of ['', '../a', 'a b', 'x'.repeat(70)]) await t.rejects(vault.set(slot(provider), VALUE, BY), malformed)
  await vault.set(slot('a'), 'bad value', BY).catch((error: unknown) => t.notMatch(String(error), 'bad value'))
})

await t.test('an app has its own keys, and those of its environment without any', async (t) => {
  const options = { file: join(testFolder(t), 'vault.json'), masterKeys: masterKeys() }
  const vault = await openVault(options)
  const common = await vault.set(slot('a'), VALUE, BY)
  const own = await vault.set(slot('a', 'DEV', 'shop'), 'key-of-the-shop', BY)
  const idsFor = (app?: string) => vault.keys('a', 'DEV', app).map(({ id }) => id)
  t.same([idsFor(), idsFor('shop'), idsFor('other')], [[common.id], [own.id], [common.id]])
  t.equal(vault.keys('a', 'DEV', 'shop'), vault.keys('a', 'DEV', 'shop'))
  t.same(vault.keys('a', 'PROD', 'shop'), [])
  await vault.remove(slot('a'), BY)
  t.same([idsFor(), idsFor('shop'), idsFor('other')], [[], [own.id], []], 'only those of the environment are gone')
  for (const app of ['', '../x', 'a b']) await t.rejects(vault.set(slot('a', 'DEV', app), VALUE, BY), malformed)
  const text = readFileSync(options.file, 'utf8')
  for (const changed of [text.replace('"app": "shop"', '"app": "other"'), text.replace(/"app": "shop",/, '')]) {
    t.not(changed, text)
    writeFileSync(options.file, changed)
    await t.rejects(openVault(options), broken)
  }
})

await t.test('a key that is replaced can be used to the end of its grace, after the new one, and is then removed', async (t) => {
  let nowMs = 1_000
  const options = { file: join(testFolder(t), 'vault.json'), masterKeys: masterKeys(), nowMs: () => nowMs }
  const vault = await openVault(options)
  await t.rejects(vault.rotate(slot('a'), VALUE, BY, { graceMs: 0 }), { code: 'WEIR_ERR_KEY_MISSING' })
  const old = await vault.set(slot('a'), VALUE, BY, { weight: 5 })
  const before = vault.keys('a', 'DEV')
  for (const graceMs of [-1, 0.5, 1e12]) await t.rejects(vault.rotate(slot('a'), 'the-new-key', BY, { graceMs }), malformed)
  const { key, retired } = await vault.rotate(slot('a'), 'the-new-key', BY, { graceMs: 500 })
  t.match(retired, [{ id: old.id, retires: 1_500 }])
  t.equal(key.weight, 5, 'it takes the share of the one it replaces')
  const [first, second] = vault.keys('a', 'DEV')
  t.match([first, second], [{ id: old.id, value: VALUE }, { id: key.id, value: 'the-new-key', weight: 5 }])
  t.ok((first?.weight ?? 1) < 1e-3, 'no request chooses it while the new one works')
  t.equal(before[0]?.value, VALUE, 'a request that has begun keeps the key it has')
  const text = readFileSync(options.file, 'utf8')
  writeFileSync(options.file, text.replace('"retires": 1500', '"retires": 9999'))
  await t.rejects(openVault(options), broken, 'the end of a grace is sealed')
  writeFileSync(options.file, text)
  nowMs = 1_500
  t.same(vault.keys('a', 'DEV').map(({ id }) => id), [key.id], 'at once, without a look at the file')
  await vault.prune('weir')
  t.same(vault.list().map(({ id }) => id), [key.id])
  t.notMatch(readFileSync(options.file, 'utf8').split('"changes"')[0], old.id)
  await t.rejects(vault.rotate(slot('a'), VALUE, BY, { graceMs: 0, id: old.id }), { code: 'WEIR_ERR_KEY_MISSING' })
})

await t.test('each change is written with what it changes, by whom, and stays until it is recorded', async (t) => {
  const options = { file: join(testFolder(t), 'vault.json'), masterKeys: masterKeys() }
  const vault = await openVault(options)
  const first = await vault.set(slot('a'), VALUE, BY)
  const second = await vault.set(slot('a'), 'another-value', BY)
  await vault.rotate(slot('a'), 'the-new-key', BY, { graceMs: 0 })
  await vault.prune('weir')
  const waiting = (await openVault(options)).changes()
  t.match(waiting.map(({ name, by, detail }) => [name, by, detail['keyId'], detail['reason']]), [
    ['key-set', BY, first.id, undefined],
    ['key-removed', BY, first.id, 'replaced'],
    ['key-set', BY, second.id, undefined],
    ['key-set', BY, String, undefined],
    ['key-retired', BY, second.id, undefined],
    ['key-removed', 'weir', second.id, 'retired'],
  ])
  await vault.acknowledge(new Set(waiting.slice(0, 5).map(({ id }) => id)))
  t.same((await openVault(options)).changes(), waiting.slice(5))
  await vault.remove(slot('nobody'), BY)
  t.same(vault.changes(), waiting.slice(5), 'what changed nothing is no change')
})

await t.test('two processes that write at once lose nothing of each other', async (t) => {
  const options = { file: join(testFolder(t), 'vault.json'), masterKeys: masterKeys() }
  const [one, other] = [await openVault(options), await openVault(options)]
  await Promise.all([1, 2, 3, 4].flatMap((n) => [one.set(slot('a'), `from-the-one-${n}`, BY, { add: true }), other.set(slot('a'), `from-the-other-${n}`, BY, { add: true })]))
  const found = await openVault(options)
  t.equal(found.list().length, 8)
  t.equal(found.changes().length, 8)
})

await t.test('no data key seals two values, and none is in the clear', async (t) => {
  const options = { file: join(testFolder(t), 'vault.json'), masterKeys: masterKeys() }
  const vault = await openVault(options)
  await vault.set(slot('a'), VALUE, BY)
  await vault.set(slot('b'), VALUE, BY)
  const { records } = JSON.parse(readFileSync(options.file, 'utf8')) as { records: Array<{ data: string, key: object }> }
  const [a, b] = records
  // Under one key and with each other's data key, the records open as little as under another master key.
  writeFileSync(options.file, JSON.stringify({ ...JSON.parse(readFileSync(options.file, 'utf8')) as object, records: [{ ...a, key: b?.key }, b] }))
  await t.rejects(openVault(options), broken)
})
