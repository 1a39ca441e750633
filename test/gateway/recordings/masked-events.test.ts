import fc from 'fast-check'
import t from 'tap'
import { createSecretRules, type FindSecrets } from '../../../gateway/outgoing/secret-rules.ts'
import { createMaskedEvents, type TerminalEvent } from '../../../gateway/recordings/masked-events.ts'

const SECRET = `canary-${'x'.repeat(200)}-canary`
const find: FindSecrets = (text) => {
  const start = text.indexOf(SECRET)
  return start < 0 ? [] : [{ start, end: start + SECRET.length, rule: 'test' }]
}

function through (texts: readonly string[], finders: readonly FindSecrets[]): readonly TerminalEvent[] {
  const masked = createMaskedEvents(finders)
  return [...texts.flatMap((text, at) => [...masked.push({ at, kind: at % 5 === 4 ? 'i' : 'o', text })]), ...masked.rest()]
}

const textOf = (events: readonly TerminalEvent[], wanted: string): string => events.filter(({ kind }) => kind === wanted).map(({ text }) => text).join('')

await t.test('a secret is masked wherever the terminal was cut, and everything else stays where it was', async () => {
  fc.assert(fc.property(fc.nat({ max: 60_000 }), fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 20 }), (place, cuts) => {
    const whole = `${'a'.repeat(place)}${SECRET}${'b'.repeat(20_000)}`
    const shown: string[] = []
    for (let from = 0, at = 0; from < whole.length; at += 1) {
      const length = cuts[at % cuts.length] ?? 1
      shown.push(whole.slice(from, from + length))
      from += length
    }
    const texts = shown.flatMap((text, at) => at % 4 === 3 ? [text, 'typed'] : [text])
    const events = through(texts, [find])
    return textOf(events, 'o') === whole.replace(SECRET, '*'.repeat(SECRET.length)) && !textOf(events, 'i').includes('*') && events.every(({ at }, i) => at >= (events[i - 1]?.at ?? 0))
  }))
})

await t.test('a change of size stays at its place, also in the middle of a secret', async (t) => {
  const masked = createMaskedEvents([find])
  const events = [{ at: 0, kind: 'o', text: `a${SECRET.slice(0, 9)}` }, { at: 1, kind: 'r', text: '132x50' }, { at: 2, kind: 'o', text: `${SECRET.slice(9)}b` }] as const
  t.strictSame([...events.flatMap((event) => masked.push(event)), ...masked.rest()], [
    { at: 0, kind: 'o', text: `a${'*'.repeat(9)}` }, { at: 1, kind: 'r', text: '132x50' }, { at: 2, kind: 'o', text: `${'*'.repeat(SECRET.length - 9)}b` },
  ])
})

await t.test('secrets are known by their look as well', async (t) => {
  const token = `ghp_${'a1B2c3D4e5F6g7H8i9J0'.repeat(2).slice(0, 36)}`
  t.equal(textOf(through([...`x ${token} y`], [createSecretRules()]), 'o').includes(token), false)
})
