import fc from 'fast-check'
import t from 'tap'
import { redactAnswer } from '../../../adapters/opencode/redact-answer.ts'

await t.test('credentials go, everything that clients read stays', async (t) => {
  const answer = {
    provider: { local: { key: 'sk-1', env: ['LOCAL_API_KEY'], options: { apiKey: 'sk-2', baseURL: 'http://x/v1', headers: { 'x-team': 'blue' } }, models: { m: { limit: { output: 3 }, cost: { input: 1 } } } } },
    mcp: { a: { environment: { A: 'sk-3' }, oauth: { clientSecret: 'sk-4' }, url: 'http://y' } },
    keybinds: { leader: 'ctrl+x' },
    max_tokens: 5,
  }
  t.strictSame(redactAnswer(answer, []), {
    provider: { local: { key: '[redacted]', env: ['LOCAL_API_KEY'], options: { apiKey: '[redacted]', baseURL: 'http://x/v1', headers: { 'x-team': '[redacted]' } }, models: { m: { limit: { output: 3 }, cost: { input: 1 } } } } },
    mcp: { a: { environment: { A: '[redacted]' }, oauth: { clientSecret: '[redacted]' }, url: 'http://y' } },
    keybinds: { leader: 'ctrl+x' },
    max_tokens: 5,
  })
})

await t.test('a known secret goes wherever it stands', async () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), fc.string(), (value, name) => {
    const redacted = redactAnswer({ [name]: [value, 'xx-canary-xx', { deep: 'canary' }] }, ['canary'])
    return !JSON.stringify(Object.values(redacted as object)).includes('canary')
  }))
})
