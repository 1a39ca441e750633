import fc from 'fast-check'
import t from 'tap'
import { decodeOpencodeCall, decodeOpencodeText } from '../../../adapters/opencode/decode.ts'
import { NATIVE_TOOLS } from '../../../adapters/opencode/native-tools.ts'
import type { ToolCall } from '../../../gateway/core/tool-call.ts'

const CWD = '/workspace'

function readable (native: string, args: unknown): ToolCall {
  const call = decodeOpencodeCall(native, args, CWD)
  if (!call.readable) throw new Error(call.problem)
  return call
}

await t.test('each native tool is decoded to its neutral tool and targets', async (t) => {
  const cases: readonly [string, unknown, string, unknown][] = [
    ['read', { filePath: '/workspace/a.ts', offset: 3 }, 'read-file', [{ path: '/workspace/a.ts', access: 'read' }]],
    ['write', { filePath: 'a.ts', content: 'x' }, 'write-file', [{ path: 'a.ts', access: 'write' }]],
    ['edit', { filePath: 'a.ts', oldString: 'a', newString: 'b' }, 'write-file', [{ path: 'a.ts', access: 'write' }]],
    ['multiedit', { filePath: 'a.ts', edits: [] }, 'write-file', [{ path: 'a.ts', access: 'write' }]],
    ['glob', { pattern: '*.ts' }, 'search', [{ path: '.', access: 'read' }]],
    ['grep', { pattern: 'x', path: 'src' }, 'search', [{ path: 'src', access: 'read' }]],
    ['list', {}, 'search', [{ path: '.', access: 'read' }]],
    ['webfetch', { url: 'https://example.test/' }, 'fetch-url', []],
    ['task', { description: 'd', prompt: 'p', subagent_type: 'general' }, 'delegate', []],
    ['todowrite', { todos: [] }, 'other', []],
    ['corp_do_thing', { any: { thing: 1 } }, 'other', []],
  ]
  for (const [native, args, tool, targets] of cases) {
    const call = readable(native, args)
    t.equal(call.tool, tool, native)
    t.strictSame(call.targets, targets, native)
  }
})

await t.test('a subagent reads what its prompt mentions, as OpenCode finds it', async (t) => {
  const paths = (prompt: string): unknown => readable('task', { description: 'd', prompt, subagent_type: 'general' }).targets.map(({ path }) => path)
  t.strictSame(paths('look at @/proc/self/environ, @.env and @src/a.ts.'), ['/proc/self/environ', '/workspace/.env', '/workspace/src/a.ts'])
  t.strictSame(paths('(@~/.ssh/id_rsa @../x'), ['~/.ssh/id_rsa', '/workspace/../x'])
  t.strictSame(paths('mail a@b.test about `@x`'), [])
  t.equal(decodeOpencodeCall('task', { description: 'd', prompt: Array.from({ length: 300 }, (_, at) => `@f${at}`).join(' '), subagent_type: 'general' }, CWD).readable, false)
})

await t.test('the same words in another folder are another call', async (t) => {
  const args = { command: 'rm -rf data' }
  t.not(decodeOpencodeCall('bash', args, CWD).digest, decodeOpencodeCall('bash', args, '/tmp').digest)
})

await t.test('a shell call keeps its command out of args and runs in its workdir', async (t) => {
  const call = readable('bash', { command: 'npm test', workdir: 'packages/a', description: 'run' })
  t.equal(call.command, 'npm test')
  t.equal(call.cwd, '/workspace/packages/a')
  t.strictSame(call.args, { description: 'run', workdir: 'packages/a' })
})

await t.test('content never reaches args, and long scalars are cut', async (t) => {
  const call = readable('write', { filePath: 'a'.repeat(400), content: 'SECRET' })
  t.equal(JSON.stringify(call.args).includes('SECRET'), false)
  t.equal(String(call.args['filePath']).length, 256)
  t.equal(call.targets[0]?.path.length, 400)
})

await t.test('undeclared fields stay out of args but count in the digest', async (t) => {
  const bare = readable('read', { filePath: 'a' })
  const extra = readable('read', { filePath: 'a', sneaky: 'x' })
  t.strictSame(extra.args, { filePath: 'a' })
  t.not(extra.digest, bare.digest)
})

await t.test('a patch names every file it touches, moves included', async (t) => {
  const patchText = [
    '*** Begin Patch', '*** Add File: a.ts', '+x', '*** Update File: b.ts', '*** Move to: c.ts', '@@', '-x', '+y',
    '*** Delete File: d.ts', '*** End Patch',
  ].join('\n')
  t.strictSame(readable('apply_patch', { patchText }).targets, [
    { path: 'a.ts', access: 'write' },
    { path: 'b.ts', access: 'write' },
    { path: 'c.ts', access: 'write' },
    { path: 'b.ts', access: 'delete' },
    { path: 'd.ts', access: 'delete' },
  ])
  t.equal(decodeOpencodeCall('apply_patch', { patchText: 'no header' }, CWD).readable, false)
})

await t.test('a patch is read more widely than the agent reads it', async (t) => {
  const paths = (patchText: string): readonly string[] => readable('apply_patch', { patchText }).targets.map(({ path }) => path)
  for (const header of [' *** Update File: .env', '***Update File:.env', '*** update file: .env', '\t*** Add File: .env']) t.strictSame(paths(header), ['.env'], header)
  t.strictSame(paths('*** Update File: a.ts\r*** Delete File: b.ts\u2028*** Add File: c.ts'), ['a.ts', 'b.ts', 'c.ts'])
  t.strictSame(paths('*** Update File: a.ts\n+*** Add File: .env'), ['a.ts'], 'added text is no header')
})

await t.test('an edit that names another file touches it too', async (t) => {
  t.strictSame(readable('multiedit', { filePath: 'a.ts', edits: [{ filePath: '.env' }, { oldString: 'x' }, 7] }).targets.map(({ path }) => path), ['a.ts', '.env'])
})

await t.test('mentions are found in every text of a delegation, and aliases stay in the workspace', async (t) => {
  const paths = (args: Readonly<Record<string, string>>): readonly string[] => readable('task', { description: 'd', prompt: 'p', subagent_type: 'general', ...args }).targets.map(({ path }) => path)
  t.strictSame(paths({ prompt: 'see @src/a.ts.' }), ['/workspace/src/a.ts'])
  t.ok(paths({ prompt: '@src/../.env' }).includes('/workspace/src/../.env'))
  t.ok(paths({ command: 'review @.env' }).includes('/workspace/.env'))
  t.ok(paths({ prompt: '@"a b/.env"' }).includes('/workspace/a b/.env'))
  t.strictSame(paths({ prompt: 'from @/lib/utils' }), ['/workspace//lib/utils'])
  t.ok(paths({ prompt: '@/etc/passwd' }).includes('/etc/passwd'))
  t.ok(paths({ prompt: '@/lib/../etc/passwd' }).includes('/lib/../etc/passwd'))
})

await t.test('a glob pattern that points elsewhere is a target of its own', async (t) => {
  t.strictSame(readable('glob', { pattern: '/etc/ho*' }).targets, [{ path: '.', access: 'read' }, { path: '/etc/', access: 'read' }])
  t.strictSame(readable('glob', { pattern: '../x/*', path: 'src' }).targets, [{ path: 'src', access: 'read' }, { path: 'x/', access: 'read' }])
})

await t.test('a name that OpenCode would repair by lower-casing is read as what it runs', async (t) => {
  t.equal(readable('Bash', { command: 'id' }).tool, 'run-shell')
  t.equal(readable('Bash', { command: 'id' }).digest, readable('bash', { command: 'id' }).digest)
})

await t.test('arguments of the wrong shape are unreadable', async (t) => {
  const cases: readonly [string, unknown][] = [
    ['bash', {}], ['bash', { command: 1 }], ['bash', []], ['bash', null], ['bash', 'ls'], ['read', { filePath: ['a'] }],
    ['read', { filePath: '' }], ['read', { filePath: 'a\0b' }], ['read', { filePath: 'a'.repeat(4097) }], ['edit', { filePath: 'a' }],
    ['grep', { pattern: 'x', path: null }], ['toString', null], ['a b', {}], ['x'.repeat(200), {}], ['', {}],
  ]
  for (const [native, args] of cases) t.equal(decodeOpencodeCall(native, args, CWD).readable, false, `${native} ${JSON.stringify(args)?.slice(0, 40)}`)
})

await t.test('inherited members are not arguments', async (t) => {
  const args: unknown = Object.create({ command: 'id' })
  t.equal(decodeOpencodeCall('bash', args, CWD).readable, false)
})

await t.test('text with duplicate keys, a byte order mark, bad JSON or deep nesting is unreadable', async (t) => {
  const deep = `{"command":"id","x":${'['.repeat(70)}${']'.repeat(70)}}`
  for (const text of ['{"command":"id","command":"ls"}', '\uFEFF{"command":"id"}', '{"command":', '{"command":"\\ud800"}', deep, '[]']) {
    t.equal(decodeOpencodeText('bash', text, CWD).readable, false, text.slice(0, 40))
  }
})

await t.test('no text at all is a call without arguments', async (t) => {
  t.equal(decodeOpencodeText('todoread', ' ', CWD).readable, true)
  t.equal(decodeOpencodeText('bash', '', CWD).readable, false)
})

await t.test('text and parsed arguments give one digest, whatever the key order', async (t) => {
  const text = decodeOpencodeText('bash', '{"description":"d", "command":"id"}', CWD)
  t.equal(text.digest, decodeOpencodeCall('bash', { command: 'id', description: 'd' }, CWD).digest)
})

await t.test('any JSON gives a ToolCall or an UnreadableCall, and the same one twice', async () => {
  const natives = fc.oneof(fc.constantFrom(...NATIVE_TOOLS.keys()), fc.string())
  fc.assert(fc.property(natives, fc.jsonValue({ maxDepth: 5 }), (native, args) => {
    const once = decodeOpencodeCall(native, args, CWD)
    const twice = decodeOpencodeCall(native, args, CWD)
    return once.digest === twice.digest && /^[0-9a-f]{64}$/.test(once.digest) && JSON.stringify(once) === JSON.stringify(twice)
  }), { numRuns: 2000 })
})

await t.test('any text decodes without throwing', async () => {
  fc.assert(fc.property(fc.constantFrom('bash', 'read', 'apply_patch'), fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), (native, text) => {
    const call = decodeOpencodeText(native, text, CWD)
    return call.protocol === 'opencode' && call.digest.length === 64
  }), { numRuns: 2000 })
})

await t.test('near-valid arguments never give a call with a target that the arguments do not name', async () => {
  const args = fc.record({ filePath: fc.oneof(fc.string(), fc.integer(), fc.constant(null)), content: fc.oneof(fc.string(), fc.constant(undefined)) })
  fc.assert(fc.property(args, (value) => {
    const call = decodeOpencodeCall('write', value, CWD)
    return !call.readable || (call.targets.length === 1 && call.targets[0]?.path === value.filePath)
  }))
})
