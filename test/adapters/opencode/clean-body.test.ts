import fc from 'fast-check'
import t from 'tap'
import { BODY_CLEANERS, type CleanBody } from '../../../adapters/opencode/clean-body.ts'
import { ROUTES } from '../../../adapters/opencode/routes.ts'
import { DIRECT_READS } from '../../../adapters/opencode/direct-reads.ts'
import { asGatewayError } from '../../../gateway/core/errors.ts'

function clean (route: string, body: Record<string, unknown>): CleanBody {
  const cleaner = BODY_CLEANERS.get(route)
  if (cleaner === undefined) throw new Error(`no cleaner for ${route}`)
  return cleaner(body)
}

const text = { type: 'text', text: 'hi' }

await t.test('every route that is cleaned or decided as a call has what it takes, and no other has', async (t) => {
  for (const { method, template, access } of ROUTES) {
    const isRebuilt = BODY_CLEANERS.has(`${method} ${template}`) || (method === 'GET' && DIRECT_READS.has(template))
    t.equal(isRebuilt, access === 'clean' || access === 'govern-call', `${method} ${template}`)
  }
})

await t.test('a new session asks for everything, and keeps the denials of the client after that', async (t) => {
  const { body } = clean('POST /session', {
    title: 't',
    workspaceID: 'wrk_1',
    surprise: 1,
    permission: [
      { permission: '*', pattern: '*', action: 'allow' }, { permission: 'question', pattern: '*', action: 'deny', extra: 1 }, { action: 'ask' }, 'x',
    ],
  })
  t.strictSame(body, {
    title: 't', permission: [{ permission: '*', pattern: '*', action: 'ask' }, { permission: 'question', pattern: '*', action: 'deny' }],
  })
  t.strictSame(clean('POST /session', {}).body, { permission: [{ permission: '*', pattern: '*', action: 'ask' }] })
})

await t.test('a change of a session touches its rules only when the client names some', async (t) => {
  t.strictSame(clean('PATCH /session/{sessionID}', { title: 't' }).body, { title: 't' })
  t.strictSame(clean('PATCH /session/{sessionID}', { permission: [{ permission: '*', pattern: '*', action: 'allow' }] }).body, {
    permission: [{ permission: '*', pattern: '*', action: 'ask' }],
  })
})

await t.test('tool switches of a prompt are dropped', async (t) => {
  t.strictSame(clean('POST /session/{sessionID}/message', { tools: { bash: true }, agent: 'build', parts: [text] }).body, { agent: 'build', parts: [text] })
})

await t.test('a file part is a read of exactly the path that is sent on', async (t) => {
  const { body, wishes } = clean('POST /session/{sessionID}/prompt_async', {
    parts: [{ type: 'file', mime: 'text/plain', url: 'file:///workspace/a%20b/../c.ts?start=1&end=9&x=1#y', source: { type: 'file', path: 'c.ts', text: { value: '@c', start: 0, end: 2 } } }],
  })
  t.strictSame(wishes, [{ native: 'read', args: { filePath: '/workspace/c.ts' } }])
  t.match(body, { parts: [{ url: 'file:///workspace/c.ts?start=1&end=9' }] })
})

await t.test('parts that could be read in two ways are refused', async (t) => {
  const urls = ['file://host/a', 'file:/a', 'FILE:///a', 'file:///a%2fb', 'file:///a%25b', 'file:///a%00b', 'http://x/', 'DATA:,x', '', ' data:,x', 'javascript:x', 1]
  for (const url of urls) {
    t.throws(() => clean('POST /session/{sessionID}/message', { parts: [{ type: 'file', mime: 'text/plain', url }] }), { code: 'WEIR_ERR_DECODE_MALFORMED' }, String(url))
  }
  for (const part of [{ type: 'reasoning' }, { type: 'TEXT' }, null, [], 'x', { type: 'file', mime: 'm', url: 'data:,x', source: { type: 'resource' } }]) {
    t.throws(() => clean('POST /session/{sessionID}/message', { parts: [part] }), { code: 'WEIR_ERR_DECODE_MALFORMED' })
  }
})

await t.test('a subtask is a delegation and a client shell line is a shell call', async (t) => {
  t.strictSame(clean('POST /session/{sessionID}/message', { parts: [{ type: 'subtask', prompt: 'p', description: 'd', agent: 'general' }] }).wishes, [
    { native: 'task', args: { description: 'd', prompt: 'p', subagent_type: 'general' } },
  ])
  t.strictSame(clean('POST /session/{sessionID}/shell', { agent: 'build', command: 'id' }), {
    body: { agent: 'build', command: 'id' }, wishes: [{ native: 'bash', args: { command: 'id' } }],
  })
})

await t.test('slash command arguments with a backtick or a path mention are refused, an address is not', async (t) => {
  for (const value of ['!`id`', '`', 'a @b', '@b', '(@b', 'é@b', '.@b']) {
    t.throws(() => clean('POST /session/{sessionID}/command', { command: 'review', arguments: value }), { code: 'WEIR_ERR_DENIED', rule: 'weir.command_arguments' }, value)
  }
  t.strictSame(clean('POST /session/{sessionID}/command', { command: 'review', arguments: 'a@b.test !important' }).body, { command: 'review', arguments: 'a@b.test !important' })
})

await t.test('a terminal can neither name its program nor its environment', async (t) => {
  t.strictSame(clean('POST /pty', { command: 'sh', args: ['-c', 'id'], cwd: '/etc', env: { A: 'b' }, title: 't' }).body, { title: 't' })
})

await t.test('any body is rebuilt or refused as malformed, and never gains an allow rule or a tool switch', async () => {
  const bodies = fc.oneof(
    fc.dictionary(fc.constantFrom('parts', 'permission', 'tools', 'agent', 'arguments', 'command', 'title', '__proto__', 'x'), fc.jsonValue()),
    fc.record({ permission: fc.array(fc.record({ permission: fc.string(), pattern: fc.string(), action: fc.constantFrom('allow', 'deny', 'ask', 'ALLOW') })) }),
    fc.record({ tools: fc.dictionary(fc.string(), fc.boolean()), parts: fc.constant([text]) })
  )
  fc.assert(fc.property(fc.constantFrom(...BODY_CLEANERS.keys()), bodies, (route, body) => {
    try {
      const { body: rebuilt } = clean(route, body as Record<string, unknown>)
      const rules = (rebuilt['permission'] ?? []) as { action: string }[]
      return !('tools' in rebuilt) && rules.every(({ action }) => action === 'ask' || action === 'deny')
    } catch (thrown) {
      return ['WEIR_ERR_DECODE_MALFORMED', 'WEIR_ERR_DENIED'].includes(asGatewayError(thrown).code)
    }
  }), { numRuns: 2000 })
})
