import { createPrivateKey, createPublicKey } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { packBundle, unpackBundle, type BundleFiles } from '../../../../gateway/policy/bundle/archive.ts'
import { bundleHash, opaJson } from '../../../../gateway/policy/bundle/hash.ts'
import { signBundle, verifyBundle, type BundleTrust } from '../../../../gateway/policy/bundle/signature.ts'
import { findOpa } from '../../../../gateway/policy/opa-binary.ts'
import { defaultAlgorithm, demandFit, readPrivateKey, readPublicKey } from '../../../../gateway/policy/bundle/signing-key.ts'
import { readTarGz } from '../../../../gateway/policy/bundle/tar-reader.ts'
import { ecKeys, rsaKeys } from '../../../support/signing-keys.ts'
import { testFolder } from '../../../support/test-folder.ts'

const NOW_MS = 1_800_000_000_000
const NOW_S = NOW_MS / 1_000
const keys = rsaKeys()
const opa = await findOpa(process.env)

const FILES: BundleFiles = new Map([
  ['data.json', Buffer.from('{"b": [1, 1.0, 1e2, -0.0, 12345678901234567890], "a": {"<&>": "\\u2028é\\u0007/"}}')],
  ['weir/main.rego', Buffer.from('package weir\n\nimport rego.v1\n\ndecision := data.a\n')],
  ['.manifest', Buffer.from('{"revision":"r","roots":[""],"rego_version":0,"metadata":{"x":1.50}}')],
])

const trust: BundleTrust = { key: readPublicKey(keys.publicKey, 'RS256'), algorithm: 'RS256', keyId: null, scope: null }

function sign (files: BundleFiles = FILES, options: { keyId?: string, scope?: string, expiresAt?: number, signedAt?: number } = {}): BundleFiles {
  return signBundle(files, { key: createPrivateKey(keys.privateKey), algorithm: 'RS256', signedAt: NOW_S, ...options })
}

function changed (files: BundleFiles, name: string, text: string | null): BundleFiles {
  const copy = new Map(files)
  if (text === null) copy.delete(name)
  else copy.set(name, Buffer.from(text))
  return copy
}

await t.test('a signed bundle verifies and says when it was signed', async (t) => {
  t.strictSame(verifyBundle(sign(), trust, NOW_MS), { signedAt: NOW_S })
  t.strictSame(verifyBundle(readTarGz(await packBundle(sign())), trust, NOW_MS), { signedAt: NOW_S })
})

await t.test('whatever is not as signed is refused, each with its reason', (t) => {
  const cases: ReadonlyArray<readonly [string, BundleFiles, RegExp]> = [
    ['unsigned', FILES, /not signed/],
    ['changed rule', changed(sign(), 'weir/main.rego', 'package weir\n'), /not the one that was signed/],
    ['changed data', changed(sign(), 'data.json', '{"a":1}'), /not the one that was signed/],
    ['another number literal', changed(sign(), 'data.json', FILES.get('data.json')?.toString().replace('1.0', '1') ?? ''), /not the one that was signed/],
    ['changed manifest', changed(sign(), '.manifest', '{"revision":"s"}'), /not the one that was signed/],
    ['extra file', changed(sign(), 'policy.wasm', 'x'), /does not cover/],
    ['missing file', changed(sign(), 'weir/main.rego', null), /not there/],
    ['no files at all', new Map([...sign()].slice(-1)), /not there/],
    ['same key twice in data', changed(sign(changed(FILES, 'data.json', '{"a":1}')), 'data.json', '{"a":1,"a":1}'), /same key twice/],
    ['two signatures', changed(sign(), '.signatures.json', '{"signatures":["a","b"]}'), /one signature/],
    ['nonsense', changed(sign(), '.signatures.json', '{"signatures":["a.b.c"]}'), /configured key/],
  ]
  for (const [name, files, message] of cases) t.throws(() => verifyBundle(files, trust, NOW_MS), { code: 'WEIR_ERR_POLICY_SIGNATURE', message }, name)
  t.end()
})

await t.test('key, algorithm, key id, scope and times are those of the configuration', (t) => {
  const refuses = (files: BundleFiles, other: Partial<BundleTrust>, message: RegExp, nowMs = NOW_MS): void => {
    t.throws(() => verifyBundle(files, { ...trust, ...other }, nowMs), { code: 'WEIR_ERR_POLICY_SIGNATURE', message })
  }
  refuses(sign(), { key: createPublicKey(rsaKeys().publicKey) }, /configured key/)
  refuses(sign(), { algorithm: 'PS256' }, /configured key/)
  refuses(sign(), { keyId: 'ours' }, /another key/)
  refuses(sign(FILES, { keyId: 'theirs' }), { keyId: 'ours' }, /another key/)
  refuses(sign(FILES, { scope: 'write' }), {}, /another scope/)
  refuses(sign(), { scope: 'write' }, /another scope/)
  refuses(sign(FILES, { expiresAt: NOW_S - 1 }), {}, /expired/)
  refuses(sign(FILES, { signedAt: NOW_S + 3_600 }), {}, /future/)
  t.ok(verifyBundle(sign(FILES, { keyId: 'ours', scope: 'write', expiresAt: NOW_S + 1 }), { ...trust, keyId: 'ours', scope: 'write' }, NOW_MS))
  t.end()
})

await t.test('a token that chooses its own algorithm or key is refused', (t) => {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const [, payload = ''] = tokenOf(sign()).split('.')
  const none = `${encode({ alg: 'none' })}.${payload}.`
  const hmac = `${encode({ alg: 'HS256' })}.${payload}.${Buffer.from('x').toString('base64url')}`
  for (const token of [none, hmac]) {
    t.throws(() => verifyBundle(changed(sign(), '.signatures.json', JSON.stringify({ signatures: [token] })), trust, NOW_MS), { code: 'WEIR_ERR_POLICY_SIGNATURE' })
  }
  t.end()
})

await t.test('elliptic-curve and PSS signatures verify too', (t) => {
  const ec = ecKeys()
  const key = readPrivateKey(ec.privateKey, undefined)
  t.equal(defaultAlgorithm(key), 'ES256')
  const signed = signBundle(FILES, { key, algorithm: 'ES256', signedAt: NOW_S })
  t.ok(verifyBundle(signed, { ...trust, key: readPublicKey(ec.publicKey, 'ES256'), algorithm: 'ES256' }, NOW_MS))
  const pss = signBundle(FILES, { key: createPrivateKey(keys.privateKey), algorithm: 'PS256', signedAt: NOW_S })
  t.ok(verifyBundle(pss, { ...trust, algorithm: 'PS256' }, NOW_MS))
  t.end()
})

await t.test('keys that do not fit are refused where they are read, and a private key is no public one', (t) => {
  const invalid = { code: 'WEIR_ERR_CONFIG_INVALID' }
  t.throws(() => readPublicKey(keys.privateKey, 'RS256'), { ...invalid, message: /private key/ })
  t.throws(() => readPublicKey(keys.publicKey, 'ES256'), { ...invalid, message: /does not fit/ })
  t.throws(() => readPublicKey(ecKeys('secp384r1').publicKey, 'ES256'), { ...invalid, message: /does not fit/ })
  t.throws(() => readPublicKey(rsaKeys(1_024).publicKey, 'RS256'), { ...invalid, message: /shorter/ })
  t.throws(() => readPublicKey('nonsense', 'RS256'), invalid)
  t.throws(() => readPrivateKey('nonsense', undefined), invalid)
  t.throws(() => defaultAlgorithm(createPrivateKey(ecKeys('secp256k1').privateKey)), invalid)
  t.throws(() => demandFit(createPrivateKey(ecKeys().privateKey), 'RS256'), invalid)
  t.end()
})

await t.test('what opa signs, Weir verifies, and the other way round; on tampered bundles they agree', async (t) => {
  const dir = testFolder(t, { 'key.pem': keys.privateKey, 'pub.pem': keys.publicKey })
  const run = (...args: string[]): number => spawnSync(opa.path, args, { cwd: dir, encoding: 'utf8' }).status ?? -1
  for (const [name, content] of FILES) write(join(dir, 'src', name), content)
  t.equal(run('build', '-b', 'src', '--signing-key', 'key.pem', '--signing-alg', 'RS256', '-o', 'opa.tar.gz'), 0)
  const byOpa = unpackBundle(readFileSync(join(dir, 'opa.tar.gz')))
  t.same(verifyBundle(byOpa, trust, NOW_MS), { signedAt: null }, 'opa names no time')

  const good = sign()
  const variants: Readonly<Record<string, BundleFiles>> = {
    good,
    reformatted: changed(good, 'data.json', ` ${FILES.get('data.json')?.toString().replace('"b": [1, ', '"b":[1,\n')}`),
    'changed rule': changed(good, 'weir/main.rego', 'package weir\n'),
    'changed data': changed(good, 'data.json', '{}'),
    'number literal': changed(good, 'data.json', FILES.get('data.json')?.toString().replace('1e2', '100') ?? ''),
    'changed manifest': changed(good, '.manifest', '{"revision":"s","roots":[""]}'),
    'extra rule': changed(good, 'extra.rego', 'package extra\n'),
    'missing rule': changed(good, 'weir/main.rego', null),
    unsigned: FILES,
    'other scope': sign(FILES, { scope: 'other' }),
    'other key': signBundle(FILES, { key: createPrivateKey(rsaKeys().privateKey), algorithm: 'RS256', signedAt: NOW_S }),
    'broken token': changed(good, '.signatures.json', '{"signatures":["x"]}'),
  }
  for (const [name, files] of Object.entries(variants)) {
    writeFileSync(join(dir, 'v.tar.gz'), await packBundle(files))
    const native = run('build', '-b', 'v.tar.gz', '--verification-key', 'pub.pem', '--signing-alg', 'RS256', '-o', 'out.tar.gz') === 0
    t.equal(verifies(files), native, name)
    t.equal(native, ['good', 'reformatted'].includes(name), name)
  }
})

await t.test('any data hash as opa hashes them', async (t) => {
  const dir = testFolder(t, { 'key.pem': keys.privateKey })
  const samples = fc.sample(fc.dictionary(fc.string({ unit: 'binary', maxLength: 12 }), fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 })), { numRuns: 150, seed: 7 })
  const texts = samples.map((value) => JSON.stringify(value)).filter((text) => opaAccepts(text))
  const document = `{${texts.map((text, i) => `"${i}": ${text}`).join(', ')}, "literals": [1.0, 1e400, -0.0, 0.10, 1E+2, "\\u0041\\/\\b\\f\\u007f\\u2029<>&"]}`
  write(join(dir, 'src', 'data.json'), Buffer.from(document))
  const signed = spawnSync(opa.path, ['sign', '--signing-key', '../key.pem', '--signing-alg', 'RS256', '-b', '.'], { cwd: join(dir, 'src'), encoding: 'utf8' })
  t.equal(signed.status, 0, signed.stderr)
  const [, payload = ''] = tokenOf(new Map([['.signatures.json', readFileSync(join(dir, 'src', '.signatures.json'))]])).split('.')
  const { files } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { files: Array<{ name: string, hash: string }> }
  t.ok(texts.length > 100)
  t.equal(files.find(({ name }) => name.endsWith('data.json'))?.hash, bundleHash('data.json', Buffer.from(document)))
})

await t.test('the hashed form is its own hashed form, and means the same', (t) => {
  fc.assert(fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 5 }), (value) => {
    const text = JSON.stringify(value)
    if (!opaAccepts(text)) return true
    const form = opaJson(text)
    t.same(JSON.parse(form), JSON.parse(text))
    return opaJson(form) === form && opaJson(JSON.stringify(JSON.parse(text), null, 2)) === form
  }), { numRuns: 300 })
  t.end()
})

await t.test('any bytes as a signature are refused and nothing else is thrown', (t) => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map((text) => Buffer.from(text))), (bytes) => {
    try {
      verifyBundle(new Map([...FILES, ['.signatures.json', bytes]]), trust, NOW_MS)
      return false
    } catch (error) {
      return error instanceof Error && error.name === 'GatewayError'
    }
  }), { numRuns: 300 })
  t.end()
})

function verifies (files: BundleFiles): boolean {
  try {
    verifyBundle(files, trust, NOW_MS)
    return true
  } catch {
    return false
  }
}

// Lone surrogates are refused by Weir and replaced by Go; `__proto__` is a key that JavaScript's own copy would lose.
function opaAccepts (text: string): boolean {
  return !/\\ud[89a-f]/i.test(text) && !text.includes('__proto__')
}

function tokenOf (files: BundleFiles): string {
  const { signatures } = JSON.parse(Buffer.from(files.get('.signatures.json') ?? '').toString()) as { signatures: [string] }
  return signatures[0]
}

function write (file: string, content: Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}
