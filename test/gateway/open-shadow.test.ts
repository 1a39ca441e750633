import { createPrivateKey } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { EntryBody } from '../../gateway/core/ledger-entry.ts'
import { journalDirOf, openJournal } from '../../gateway/ledger/journal.ts'
import { readEntries } from '../../gateway/ledger/read-entries.ts'
import { loadConfig } from '../../gateway/config-file.ts'
import { openShadow } from '../../gateway/open/shadow.ts'
import { packBundle, unpackBundle } from '../../gateway/policy/bundle/archive.ts'
import { signBundle } from '../../gateway/policy/bundle/signature.ts'
import { shadowedLedger } from '../../gateway/policy/shadow.ts'
import { startBundleServer } from '../support/bundle-server.ts'
import { rsaKeys } from '../support/signing-keys.ts'
import { ALICE, decided, governWith } from './ledger/bodies.ts'
import { answer, mainRego, openEngine, policyFolder } from './policy/opened-policy.ts'
import { testFolder } from '../support/test-folder.ts'

const fails = (cause: unknown): void => { throw cause }

await t.test('what a policy folder would decide otherwise is in the ledger, and the caller has the answer in force', async (t) => {
  const dataDir = testFolder(t)
  const dir = await policyFolder({ 'weir/main.rego': mainRego(`decision := ${answer('"deny"', '"x.no"')}`) })
  const journal = await openJournal({ dir: journalDirOf(dataDir), nowMs: () => Date.now(), onWarning: fails })
  const shadow = await openShadow({ policies: dir, dataDir, env: process.env, record: (body) => journal.record(body), onEvent: () => {}, onWarning: fails, onUnusable: fails })
  if (shadow === null) throw new Error('the shadow did not open')
  const { decision } = await governWith(shadowedLedger(journal, shadow), decided('allow'))({ kind: 'session' }, ALICE)
  t.equal(decision.verdict, 'allow')
  while (shadow.counts().compared < 1) await turn()
  shadow.close()
  await journal.close()
  const events: EntryBody[] = []
  for await (const entry of readEntries(journalDirOf(dataDir))) events.push(entry)
  t.match(events.at(-1), { kind: 'event', name: 'policy-shadow-difference', detail: { of: 0, from: { rule: 'weir.test_allow' }, to: { rule: 'x.no' }, revision: shadow.revision() } })
})

await t.test('a signed bundle on a server can be the shadow, and keeps apart from the policy in force', async (t) => {
  const keys = rsaKeys()
  const engine = await openEngine(await policyFolder({ 'weir/main.rego': mainRego(`decision := ${answer('"deny"', '"x.no"')}`) }))
  const server = await startBundleServer()
  t.teardown(() => server.close())
  server.publish(await packBundle(signBundle(unpackBundle(engine.archive()), { key: createPrivateKey(keys.privateKey), algorithm: 'RS256', signedAt: Math.floor(Date.now() / 1_000) })))
  const dataDir = testFolder(t)
  const policies = {
    bundle: server.url, publicKey: keys.publicKey, algorithm: 'RS256', keyId: null, scope: null, tokenVariable: null, pollMs: { min: 1_000, max: 1_000 }, longPollSeconds: 0, allowUnsigned: false,
  } as const
  const ports = { dataDir, env: process.env, record: fails, onEvent: () => {}, onWarning: () => {} }
  const shadow = await openShadow({ ...ports, policies, onUnusable: fails })
  t.equal(shadow?.revision(), engine.current().revision)
  shadow?.close()
  t.same(readdirSync(dataDir), ['shadow'], 'the last good bundle of the policy in force stands elsewhere')
  const codes: string[] = []
  t.equal(await openShadow({ ...ports, dataDir: testFolder(t), policies: { ...policies, publicKey: rsaKeys().publicKey }, onUnusable: ({ code }) => codes.push(code) }), null, 'signed by another')
  t.same(codes, ['WEIR_ERR_POLICY_SIGNATURE'])
})

await t.test('a shadow that does not compile is no shadow, and stops nothing', async (t) => {
  const dir = await policyFolder({ 'weir/main.rego': 'package weir\n\nnonsense nonsense\n' })
  const codes: string[] = []
  t.equal(await openShadow({ policies: dir, dataDir: testFolder(t), env: process.env, record: fails, onEvent: () => {}, onWarning: () => {}, onUnusable: ({ code }) => codes.push(code) }), null)
  t.strictSame(codes, ['WEIR_ERR_POLICY_BUILD'])
})

await t.test('the configuration names the folder relative to itself', async (t) => {
  const dir = testFolder(t)
  await writeFile(join(dir, 'weir.yaml'), 'shadow: ./policies-next\n')
  t.equal(loadConfig({}, {}, dir).shadow, join(dir, 'policies-next'))
  t.notOk('shadow' in loadConfig({}, {}, testFolder(t)))
})
