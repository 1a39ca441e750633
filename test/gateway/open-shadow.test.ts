import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { EntryBody } from '../../gateway/core/ledger-entry.ts'
import { journalDirOf, openJournal } from '../../gateway/ledger/journal.ts'
import { readEntries } from '../../gateway/ledger/read-entries.ts'
import { loadConfig } from '../../gateway/config-file.ts'
import { openShadow } from '../../gateway/open-shadow.ts'
import { shadowedLedger } from '../../gateway/policy/shadow.ts'
import { ALICE, decided, governWith } from './ledger/bodies.ts'
import { answer, mainRego, policyFolder } from './policy/opened-policy.ts'

const fails = (cause: unknown): void => { throw cause }

await t.test('what a policy folder would decide otherwise is in the ledger, and the caller has the answer in force', async (t) => {
  const dataDir = t.testdir()
  const dir = await policyFolder({ 'weir/main.rego': mainRego(`decision := ${answer('"deny"', '"x.no"')}`) })
  const journal = await openJournal({ dir: journalDirOf(dataDir), nowMs: () => Date.now(), onWarning: fails })
  const shadow = await openShadow({ dir, dataDir, env: process.env, record: (body) => journal.record(body), onEvent: () => {}, onUnusable: fails })
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

await t.test('a shadow that does not compile is no shadow, and stops nothing', async (t) => {
  const dir = await policyFolder({ 'weir/main.rego': 'package weir\n\nnonsense nonsense\n' })
  const codes: string[] = []
  t.equal(await openShadow({ dir, dataDir: t.testdir(), env: process.env, record: fails, onEvent: () => {}, onUnusable: ({ code }) => codes.push(code) }), null)
  t.strictSame(codes, ['WEIR_ERR_POLICY_BUILD'])
})

await t.test('the configuration names the folder relative to itself', async (t) => {
  const dir = t.testdir()
  await writeFile(join(dir, 'weir.yaml'), 'shadow: ./policies-next\n')
  t.equal(loadConfig({}, {}, dir).shadow, join(dir, 'policies-next'))
  t.notOk('shadow' in loadConfig({}, {}, t.testdir()))
})
