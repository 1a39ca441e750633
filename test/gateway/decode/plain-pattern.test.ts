import fc from 'fast-check'
import t from 'tap'
import { PATTERN_LIMITS, readPlainPattern } from '../../../gateway/decode/plain-pattern.ts'

const matches = (pattern: string, text: string): boolean => {
  const read = readPlainPattern(pattern)
  if (typeof read === 'string') throw new TypeError(read)
  return new RegExp(`^(?:${read.source})$`).test(text)
}

await t.test('patterns match what they say', (t) => {
  for (const [pattern, yes, no] of [
    ['CN-[0-9]{8}', 'CN-12345678', 'CN-1234567'],
    ['CN-\\d{2,3}X?', 'CN-12', 'CN-1'],
    ['(DE|AT|CH)[A-Z]{2}\\.\\d', 'ATXY.1', 'ATXYz1'],
    ['(pre)?body', 'prebody', 'prprebody'],
    ['[A-Fa-f0-9_.]{4}', 'aF_.', 'aG_.'],
    ['a/b#c@d', 'a/b#c@d', 'a/b#c@e'],
    ['\\+49 \\d{3,5}', '+49 1234', '+49 12'],
    ['[a-c-]{4}', 'a-c-', 'a-d-'],
  ] as const) {
    t.ok(matches(pattern, yes), `${pattern} ${yes}`)
    t.notOk(matches(pattern, no), `${pattern} ${no}`)
  }
  t.end()
})

await t.test('what is not of the syntax is refused in words', (t) => {
  for (const [pattern, why] of [
    ['a+bcd', /repeat that is not/], ['abc*', /repeat that is not/], ['a{2,}bc', /repeat that is not/], ['abcd{2}{3}', /repeat that is not/], ['a{65}', /between 1 and 64/], ['a{3,2}bc', /between 1/], ['abcd{0}', /between 1/],
    ['(ab|cd)+ef', /repeats a group/], ['(ab|cd){2}', /repeats a group/], ['((ab)cd)', /more than words/], ['(a{2}b)cd', /not part/], ['([a-z]|bc)de', /more than words/], ['(?=a)bcd', /not part/], ['(ab|)cde', /empty word/], ['()abcd', /empty word/], ['(abcd', /without an end/], ['abcd)', /not part/],
    ['abcd.', /not part/], ['^abcd', /not part/], ['abcd$', /not part/], ['abcd|efgh', /not part/], ['abcd\\w', /stands for nothing/], ['abcd\\1', /stands for nothing/], ['abcd\\', /stands for nothing/], ['abcd\\\\', /backslash/],
    ['abcd"', /printable ASCII/], ['abcdé', /printable ASCII/], ['ab\ncd', /printable ASCII/], ['abcd[', /without an end/], ['abcd[]', /empty/], ['abc[^a]', /in a class/], ['abc[z-a]', /range/], ['abc[A-z]', /range/], ['abc[!-~]', /range/], ['abc[\\d]', /in a class/],
    ['abc', /fewer than 4/], ['[a-z]{0,9}', /fewer than 4/], ['a{64}b{64}c', /more than 128/], ['x-[a-z]{1,64}[a-z]{1,62}', /too many ways/], ['a'.repeat(300), /longer than 256/],
  ] as const) t.match(readPlainPattern(pattern), why, pattern)
  t.end()
})

const piece = fc.constantFrom('a', 'B', '7', '-', '[a-z]', '[A-Z0-9]', '\\d', '{2}', '{1,3}', '?', '(ab|c)', '(xy)?', '|', '(', ')', '[', ']', '.', '*', '+', '\\', '^', '$', '{', '}', '"', '(?=', '\\b', '[^a]')
const pattern = fc.oneof(fc.array(piece, { maxLength: 10 }).map((parts) => parts.join('')), fc.string({ maxLength: 20 }))

await t.test('what is read has the meaning of the regular expression, and its bounds hold', (t) => {
  fc.assert(fc.property(pattern, fc.array(fc.constantFrom('a', 'b', 'c', 'B', 'x', 'y', '7', '-', '.'), { maxLength: 12 }), (text, chars) => {
    const read = readPlainPattern(text)
    if (typeof read === 'string') return read !== ''
    if (read.steps > PATTERN_LIMITS.steps || /[*+]|\(\?[=!<]|\\[1-9bBwWsS]/.test(read.source.replaceAll(/\\[*+]/g, ''))) return false
    const said = chars.join('')
    return new RegExp(`^(?:${text})$`).test(said) === new RegExp(`^(?:${read.source})$`).test(said)
  }), { numRuns: 3_000 })
  t.end()
})
