import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import t from 'tap'
import { blankText, createBlanking, secretsOf } from '../../../../gateway/planes/client/blank-secrets.ts'

const SECRETS = ['first-secret-value', 'another-secret']

await t.test('a stream is blanked wherever it is cut, and keeps its length', async () => {
  const word = fc.oneof(fc.constantFrom(...SECRETS, 'first-secret-valu', 'first-', 'ü', ''), fc.string({ maxLength: 8 }))
  await fc.assert(fc.asyncProperty(fc.array(word, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 12 }), async (words, cuts) => {
    const text = words.join('')
    const bytes = Buffer.from(text)
    const stream = createBlanking(SECRETS)
    const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
    ends.forEach((end, at) => stream.write(Buffer.from(bytes.subarray(ends[at - 1] ?? 0, end))))
    stream.end()
    const out = await buffer(stream)
    return out.length === bytes.length && out.toString() === blankText(text, SECRETS)
  }), { numRuns: 500 })
})

await t.test('the agent\'s password counts in each spelling, and a short word never', async (t) => {
  const authorization = `Basic ${Buffer.from('opencode:a-long-password').toString('base64')}`
  const endpoint = { socketPath: '/s', authorization, directory: '/workspace' }
  t.strictSame(secretsOf({ modelToken: 'short', endpoint }), [authorization.slice(6), 'a-long-password', '127.0.0.1:4097'])
})
