import t from 'tap'
import { cloudEvent } from '../../../../gateway/ledger/formats/cloud-event.ts'
import { bodyOf, lineOf } from '../../../../gateway/ledger/formats/entry-formats.ts'
import { OCSF_VERSION, ocsfEvent } from '../../../../gateway/ledger/formats/ocsf.ts'
import { everyEntry } from './every-entry.ts'
import { OCSF, ocsfProblems } from './ocsf-check.ts'

const SOURCE = { origin: 'weir-ledger/0123456789abcdef', version: '0.1.0' }
const entries = everyEntry()

await t.test('every kind of entry is an API Activity as OCSF publishes it, and holds the entry', (t) => {
  t.equal(OCSF_VERSION, OCSF.version)
  for (const found of entries) {
    const event = ocsfEvent(found, SOURCE)
    t.same(ocsfProblems(event), [], `entry ${found.entry.index}`)
    t.same(JSON.parse(String(event['raw_data'])), JSON.parse(JSON.stringify(found.entry)))
  }
  t.not(ocsfProblems({ ...ocsfEvent(entries[0] as typeof entries[0] & object, SOURCE), extra: 1 }).length, 0, 'the check sees what the schema does not have')
  const byVerdict = (verdict: string) => ocsfEvent(entries.find(({ entry }) => entry.kind === 'decision' && entry.decision.verdict === verdict) as typeof entries[0] & object, SOURCE)
  t.match(byVerdict('allow'), { action_id: 1, disposition_id: 1, status_id: 1, severity_id: 1, type_uid: 600303, policy: { uid: 'weir.test_allow' }, actor: { user: { uid: 'alice@acme.test' } } })
  t.match(byVerdict('deny'), { action_id: 2, disposition_id: 2, status_id: 2, severity_id: 3, status_code: 'weir.test_deny' })
  t.match(byVerdict('pending'), { action_id: 99, action: 'pending', status_id: 99, status: 'pending', severity_id: 2 })
  const outcome = entries.find(({ entry, of }) => entry.kind === 'outcome' && of !== null)
  t.match(outcome === undefined ? {} : ocsfEvent(outcome, SOURCE), { actor: { user: { uid: 'alice@acme.test' } }, metadata: { correlation_uid: `${SOURCE.origin}/0` } }, 'an outcome is the actor\'s of its decision')
  t.end()
})

// CloudEvents 1.0.2, "Context Attributes" and "Type System"
const NAME = /^[a-z0-9]{1,20}$/
const TEXT = /^[^\p{Cc}\p{Cs}\p{Cn}]+$/u
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

await t.test('every kind of entry is a CloudEvent: required attributes, names, types, an id of its own', (t) => {
  const events = entries.map((found) => cloudEvent(found, SOURCE))
  for (const { data, ...attributes } of events) {
    t.match(attributes, { specversion: '1.0', id: /./, source: SOURCE.origin, type: /^weir\.ledger\.(decision|outcome|event\.[a-z-]+)$/, time: RFC3339, datacontenttype: 'application/json' })
    for (const [name, value] of Object.entries(attributes)) t.ok(NAME.test(name) && TEXT.test(String(value)), `${name}: ${String(value)}`)
    t.type(data, 'object')
  }
  t.equal(new Set(events.map(({ id }) => id)).size, entries.length)
  const batch = bodyOf('cloudevents', entries, SOURCE)
  t.match(batch.type, /^application\/cloudevents-batch\+json/)
  t.same(JSON.parse(batch.text), JSON.parse(JSON.stringify(events)))
  t.end()
})

await t.test('what is a line stays one, whatever is in it', (t) => {
  for (const format of ['jsonl', 'csv', 'ocsf', 'cloudevents'] as const) {
    for (const found of entries) t.notMatch(lineOf(format, found, SOURCE), format === 'csv' ? /\r/ : /[\r\n]/)
  }
  t.match(bodyOf('csv', entries, SOURCE).text, /^index,time,kind.*\n0,2026-.*,decision,allow,weir\.test_allow,alice@acme\.test,shop,DEV,wses_alice,model,write-file,write src\/cart\.ts,/)
  t.equal(bodyOf('jsonl', entries, SOURCE).text.split('\n').length, entries.length + 1)
  t.end()
})
