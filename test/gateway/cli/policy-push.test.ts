import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CommandFailed, processIo, type Io } from '../../../gateway/cli/io.ts'
import { policyCommand } from '../../../gateway/cli/policy/policy.ts'
import { unpackBundle } from '../../../gateway/policy/bundle/archive.ts'
import { verifyBundle } from '../../../gateway/policy/bundle/signature.ts'
import { readPublicKey } from '../../../gateway/policy/bundle/signing-key.ts'
import { startBundleServer } from '../../support/bundle-server.ts'
import { rsaKeys } from '../../support/signing-keys.ts'
import { answer, mainRego, policyFolder } from '../policy/opened-policy.ts'
import { testFolder } from '../../support/test-folder.ts'

const DENY = mainRego(`decision := ${answer('"deny"', '"x.no"')}`)
const keys = rsaKeys()
const SECRET = 'upload-secret-1234'

async function weirPolicy (cwd: string, env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  let text = ''
  const io: Io = { ...processIo(), cwd, env: { ...process.env, ...env }, stdout (part) { text += part }, stderr (part) { text += part } }
  await policyCommand(io).exitOverride().parseAsync(['node', 'policy', ...args])
  return text
}

await t.test('a folder is built, signed and pushed, and its revision is printed each time', async (t) => {
  const dir = testFolder(t, { 'key.pem': keys.privateKey })
  const policies = await policyFolder({ 'weir/main.rego': DENY })
  const server = await startBundleServer({ token: SECRET })
  t.teardown(() => server.close())
  const { revision } = JSON.parse(await weirPolicy(dir, {}, 'build', policies, '-o', 'bundle.tar.gz', '--json')) as { revision: string }
  t.match(await weirPolicy(dir, {}, 'sign', '--key', 'key.pem', '--key-id', 'ours', '--scope', 'prod', '--expires', '90d', 'bundle.tar.gz'), `revision ${revision}, signed by RS256`)
  const pushed = await weirPolicy(dir, { PUSH_TOKEN: SECRET }, 'push', '--to', `${server.url}?sig=hidden`, '--token', 'env:PUSH_TOKEN', 'bundle.tar.gz')
  t.match(pushed, `revision ${revision} is at ${server.url}`)
  t.notMatch(pushed, /hidden|upload-secret/)
  t.match(server.requests.map(({ method, status }) => [method, status]), [['HEAD', 404], ['PUT', 201]])
  t.equal(server.requests[1]?.headers['if-none-match'], '*')
  const trust = { key: readPublicKey(keys.publicKey, 'RS256'), algorithm: 'RS256', keyId: 'ours', scope: 'prod' } as const
  t.ok(verifyBundle(unpackBundle(readFileSync(join(dir, 'bundle.tar.gz'))), trust, Date.now()).signedAt)
  await weirPolicy(dir, { PUSH_TOKEN: SECRET }, 'push', '--to', server.url, '--token', 'env:PUSH_TOKEN', 'bundle.tar.gz')
  t.match(server.requests.at(-1)?.headers['if-match'], /^"[0-9a-f]{64}"$/)
})

await t.test('the same folder gives the same bytes', async (t) => {
  const dir = testFolder(t, {})
  const policies = await policyFolder({ 'weir/main.rego': DENY })
  await weirPolicy(dir, {}, 'build', policies, '-o', 'a.tar.gz')
  await weirPolicy(dir, {}, 'build', policies, '-o', 'b.tar.gz')
  t.ok(readFileSync(join(dir, 'a.tar.gz')).equals(readFileSync(join(dir, 'b.tar.gz'))))
})

await t.test('a push that another one overtakes is refused', async (t) => {
  const dir = testFolder(t, { 'key.pem': keys.privateKey })
  await weirPolicy(dir, {}, 'build', await policyFolder({ 'weir/main.rego': DENY }), '-o', 'bundle.tar.gz')
  await weirPolicy(dir, {}, 'sign', '--key', 'key.pem', 'bundle.tar.gz')
  const server = await startBundleServer()
  t.teardown(() => server.close())
  server.publish(Buffer.from('first'))
  const overtaken = server.answered(({ method }) => method === 'HEAD').then(() => server.publish(Buffer.from('theirs')))
  await t.rejects(weirPolicy(dir, {}, 'push', '--to', server.url, 'bundle.tar.gz'), { code: 'WEIR_ERR_DECIDED' })
  await overtaken
})

await t.test('an unsigned bundle, a wrong token, a token in the clear and an absent server are refused', async (t) => {
  const dir = testFolder(t, { 'key.pem': keys.privateKey })
  const server = await startBundleServer({ token: SECRET })
  t.teardown(() => server.close())
  await weirPolicy(dir, {}, 'build', await policyFolder({ 'weir/main.rego': DENY }), '-o', 'bundle.tar.gz')
  await t.rejects(weirPolicy(dir, {}, 'push', '--to', server.url, 'bundle.tar.gz'), { message: /not signed/ })
  await weirPolicy(dir, { KEY: keys.privateKey }, 'sign', '--key', 'env:KEY', 'bundle.tar.gz')
  const wrong = { PUSH_TOKEN: 'wrong-token' }
  await t.rejects(weirPolicy(dir, wrong, 'push', '--to', server.url, '--token', 'env:PUSH_TOKEN', 'bundle.tar.gz'), { code: 'WEIR_ERR_POLICY_FETCH', message: /answered 401/ })
  await t.rejects(weirPolicy(dir, wrong, 'push', '--to', 'http://bundles.example/b', '--token', 'env:PUSH_TOKEN', 'bundle.tar.gz'), { code: 'WEIR_ERR_CONFIG_INVALID' })
  await t.rejects(weirPolicy(dir, wrong, 'push', '--to', server.url, '--token', SECRET, 'bundle.tar.gz'), CommandFailed)
  await t.rejects(weirPolicy(dir, wrong, 'push', '--to', 'http://127.0.0.1:1/b', 'bundle.tar.gz'), { code: 'WEIR_ERR_POLICY_FETCH' })
})

await t.test('a key on the command line, an encrypted key without its passphrase and a key of the wrong kind are refused', async (t) => {
  const encrypted = createPrivateKey(keys.privateKey).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' }).toString()
  const dir = testFolder(t, { 'key.pem': encrypted })
  await weirPolicy(dir, {}, 'build', await policyFolder({ 'weir/main.rego': DENY }), '-o', 'bundle.tar.gz')
  await t.rejects(weirPolicy(dir, {}, 'sign', '--key', keys.privateKey, 'bundle.tar.gz'), { message: /command line/ })
  await t.rejects(weirPolicy(dir, {}, 'sign', '--key', 'key.pem', 'bundle.tar.gz'), { code: 'WEIR_ERR_CONFIG_INVALID', message: /passphrase/ })
  await t.rejects(weirPolicy(dir, { WEIR_SIGNING_PASSPHRASE: 'open' }, 'sign', '--key', 'key.pem', '--alg', 'ES256', 'bundle.tar.gz'), { code: 'WEIR_ERR_CONFIG_INVALID' })
  t.match(await weirPolicy(dir, { WEIR_SIGNING_PASSPHRASE: 'open' }, 'sign', '--key', 'key.pem', '--alg', 'PS256', 'bundle.tar.gz'), /signed by PS256/)
})
