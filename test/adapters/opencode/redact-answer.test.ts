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

await t.test('addresses that mean something only beside the agent go, and all others stay', async (t) => {
  const internal = ['http://127.0.0.1:4096', 'http://localhost:1', 'https://LOCALHOST', 'http://10.1.2.3', 'http://192.168.0.1:80', 'http://172.16.0.1', 'http://172.31.9.9', 'http://169.254.169.254', 'http://[::1]:99', 'http://[fd00::1]', 'ws://127.0.0.1:1', 'http://u:p@127.0.0.1', 'http://0.0.0.0:1', 'http://127.1']
  for (const address of internal) t.strictSame(redactAnswer({ baseURL: `${address}/v1`, said: [`see ${address}, please`, address] }, []), { baseURL: 'http://redacted.invalid/v1', said: ['see http://redacted.invalid, please', 'http://redacted.invalid'] }, address)
  const other = ['https://opencode.ai/config.json', 'http://127.0.0.1.example.com/', 'http://1.127.0.0.1/', 'http://localhost.example.com', 'http://172.32.0.1', 'http://110.1.2.3', '10.1.2.3', 'http://host/127.0.0.1']
  t.strictSame(redactAnswer(other, []), other)
})

await t.test('a known secret goes wherever it stands', async () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), fc.string(), (value, name) => {
    const redacted = redactAnswer({ [name]: [value, 'xx-canary-xx', { deep: 'canary' }] }, ['canary'])
    return !JSON.stringify(Object.values(redacted as object)).includes('canary')
  }))
})
