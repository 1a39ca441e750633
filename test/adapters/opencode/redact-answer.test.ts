import fc from 'fast-check'
import t from 'tap'
import { redactAnswer, withoutAddresses } from '../../../adapters/opencode/redact-answer.ts'

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

await t.test('they go without a scheme too, when they name a port, and so do sockets in the file system', async (t) => {
  const hosts = ['127.0.0.1:4096', 'localhost:4096', 'LOCALHOST:1', '0.0.0.0:80', '10.1.2.3:8080', '192.168.0.1:1', '172.20.0.1:443', '169.254.169.254:80', '[::1]:4096', '[::]:4096', '[::ffff:127.0.0.1]:80', '[fd00::1]:9', '[fe80::1%eth0]:9', '::1:4096']
  for (const host of hosts) {
    for (const [text, clean] of [[`connect ECONNREFUSED ${host}`, 'connect ECONNREFUSED redacted.invalid'], [`"${host}/v1"`, '"redacted.invalid/v1"'], [`tcp://${host}, or (${host}).`, 'tcp://redacted.invalid, or (redacted.invalid).'], [`user@${host}`, 'user@redacted.invalid']] as const) {
      t.equal(withoutAddresses(text), clean, text)
    }
  }
  for (const path of ['/weir/agent/agent.sock', '/tmp/weir-x1/run/model.sock', '/a.sock', 'unix:///var/run/docker.sock', 'unix:/var/run/docker.sock']) {
    for (const [text, clean] of [[`connect ENOENT ${path}`, 'connect ENOENT [socket]'], [`"${path}": gone.`, '"[socket]": gone.'], [`at ${path}.`, 'at [socket].']] as const) t.equal(withoutAddresses(text), clean, text)
  }
  const others = [
    '10.1.2.3', '127.0.0.1', 'localhost', 'v10.1.2.3:4', 'x127.0.0.1:80', '1.127.0.0.1:80', '127.0.0.1.example.com:80', 'localhost.example.com:80', 'my-localhost:80', 'mylocalhost:80', '8.8.8.8:53', '172.32.0.1:80', '110.1.2.3:80',
    'https://host/127.0.0.1:80', 'https://opencode.ai:443/config.json', '[12:30]:5', '[10:30:12]:5', 'std::1:5', 'a::1:5', 'src/cart.ts:12:5', 'localhost:port', '127.0.0.1:80ms', '10.1.2.3:4:5', '[1]: 10.0', 'gpt-10.0.0.1',
    '/workspace/a.socket', '/workspace/a.sock.js', 'src/a.sock', 'a.sock', '~/.x.sock', 'https://host/a.sock',
  ]
  t.strictSame(redactAnswer(others, []), others)
})

await t.test('a long text takes no longer than its length', async (t) => {
  for (const piece of ['/+', '/a', '127.', '10.1', '[::ffff:', '::1:', 'unix:', 'http://@', '/.sock']) t.type(withoutAddresses(`${piece.repeat(200_000)}.sock://`), 'string', piece)
})

await t.test('a known secret goes wherever it stands', async () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), fc.string(), (value, name) => {
    const redacted = redactAnswer({ [name]: [value, 'xx-canary-xx', { deep: 'canary' }] }, ['canary'])
    return !JSON.stringify(Object.values(redacted as object)).includes('canary')
  }))
})
