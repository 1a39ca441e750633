import t from 'tap'
import { fitKind, NO_OBLIGATIONS, OBLIGATION_LIMITS, obligationsOf } from '../../../gateway/core/obligations.ts'

const flag = (text: string) => ({ modify: [{ op: 'add-flag', flag: text }] })

await t.test('obligations that are known pass as they are', (t) => {
  for (const known of [
    { own_only: true }, { redact: ['aws', 'provider-key'] }, { modify: [{ op: 'set', arg: 'timeout', value: 5 }, { op: 'remove', arg: 'x.y' }] }, flag('--dry-run'), flag('-lock=false'),
    { modify: [{ op: 'redact', kind: 'secret' }, { op: 'redact', kind: 'private' }] },
  ]) t.equal(obligationsOf(known), known)
  t.equal(obligationsOf({}), NO_OBLIGATIONS)
  t.end()
})

await t.test('one part that is not known, or malformed, makes all of them unknown', (t) => {
  const set = { op: 'set', arg: 'a', value: 1 }
  for (const unknown of [
    null, [], 'own_only', { own_only: true, notify: 'bob' }, { own_only: 'yes' }, { redact: [] }, { redact: ['AWS'] }, { redact: ['aws', ''] }, { redact: 'aws' }, { modify: [] },
    { redact: Array.from({ length: OBLIGATION_LIMITS.redactions + 1 }, () => 'aws') }, { modify: Array.from({ length: OBLIGATION_LIMITS.operations + 1 }, () => set) },
    { modify: [set, { op: 'replace', arg: 'a' }] }, { modify: [{ ...set, also: 1 }] }, { modify: [{ op: 'set', arg: 'a' }] }, { modify: [{ ...set, value: null }] }, { modify: [{ ...set, value: NaN }] },
    { modify: [{ ...set, value: 'x'.repeat(OBLIGATION_LIMITS.textChars + 1) }] }, { modify: [{ ...set, arg: '__proto__' }] }, { modify: [{ op: 'remove', arg: 'a', value: 1 }] },
    { modify: [{ op: 'redact' }] }, { modify: [{ op: 'redact', kind: 'all' }] }, { modify: [{ op: 'redact', kind: 'secret', arg: 'a' }] },
    flag('dry-run'), flag('--'), flag('-a b'), flag('--a;b'), flag('--a$(b)'), flag('--a\n'), flag('--a#'), flag(`--${'a'.repeat(200)}`),
  ]) t.equal(obligationsOf(unknown), null, JSON.stringify(unknown))
  t.end()
})

await t.test('each obligation is of one kind of question', (t) => {
  t.ok(fitKind({ own_only: true }, 'route'))
  t.ok(fitKind({ redact: ['aws'] }, 'model-request'))
  t.ok(fitKind({ modify: [] }, 'tool-call'))
  t.notOk(fitKind({ modify: [] }, 'model-request'))
  t.notOk(fitKind({ own_only: true, redact: ['aws'] }, 'route'))
  t.end()
})
