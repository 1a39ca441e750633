import { join } from 'node:path'
import t from 'tap'
import type { PolicyBundleConfig } from '../../gateway/config.ts'
import { openPolicySource } from '../../gateway/open/policy-source.ts'
import { rsaKeys } from '../support/signing-keys.ts'
import { testFolder } from '../support/test-folder.ts'

const keys = rsaKeys()
const BUNDLE: PolicyBundleConfig = {
  bundle: 'https://bundles.acme.test/weir.tar.gz',
  publicKey: keys.publicKey,
  algorithm: 'RS256',
  keyId: null,
  scope: null,
  tokenVariable: null,
  pollMs: { min: 1_000, max: 1_000 },
  longPollSeconds: 0,
  allowUnsigned: false,
}

await t.test('keys, tokens and addresses that could not work stop the start and are not quoted', async (t) => {
  const dir = testFolder(t, { 'pub.pem': keys.publicKey, 'key.pem': keys.privateKey })
  const open = async (other: Partial<PolicyBundleConfig>, env: NodeJS.ProcessEnv = {}): Promise<unknown> =>
    (await openPolicySource({ ...BUNDLE, ...other }, { config: { dataDir: dir, allowOlderPolicy: false }, env, onWarning: () => {} })).server
  t.ok(await open({}))
  t.ok(await open({ publicKey: join(dir, 'pub.pem'), tokenVariable: 'T' }, { T: 'x' }))
  const refused: ReadonlyArray<readonly [Partial<PolicyBundleConfig>, NodeJS.ProcessEnv, RegExp]> = [
    [{ publicKey: null }, {}, /publicKey is missing/],
    [{ publicKey: join(dir, 'key.pem') }, {}, /private key/],
    [{ publicKey: join(dir, 'none.pem') }, {}, /could not be read/],
    [{ algorithm: 'ES256' }, {}, /does not fit/],
    [{ tokenVariable: 'T' }, {}, /not set/],
    [{ tokenVariable: 'T', bundle: 'http://bundles.acme.test/weir.tar.gz' }, { T: 'x' }, /over https/],
    [{ bundle: 'https://user:pass@bundles.acme.test/weir.tar.gz' }, {}, /holds a password/],
  ]
  for (const [other, env, message] of refused) await t.rejects(open(other, env), { code: 'WEIR_ERR_CONFIG_INVALID', message })
  await t.rejects(open({ bundle: 'https://user:pass@bundles.acme.test/' }), { message: /^(?!.*pass@)/s })
  t.ok(await open({ publicKey: null, allowUnsigned: true }))
})
