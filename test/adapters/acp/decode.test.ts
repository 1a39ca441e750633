import fc from 'fast-check'
import t from 'tap'
import { decodeAcpCall } from '../../../adapters/acp/decode.ts'

const CWD = '/workspace'
const PATCH = '--- a/.env\n+++ b/.env\n@@ -1 +1 @@\n-x\n+y\n'
const permission = (toolCall: object, name?: string): unknown => decodeAcpCall('session/request_permission', { toolCall, ...(name === undefined ? {} : { name }) }, CWD)
const terminal = (args: object): unknown => decodeAcpCall('terminal/create', args, CWD)
const prompt = (...prompt: object[]): unknown => decodeAcpCall('session/prompt', { prompt }, CWD)

await t.test('requests for files name the file and what is done to it', async (t) => {
  t.match(decodeAcpCall('fs/read_text_file', { path: '/workspace/a.md', line: 2 }, CWD), { readable: true, protocol: 'acp', tool: 'read-file', targets: [{ path: '/workspace/a.md', access: 'read' }] })
  t.match(decodeAcpCall('fs/write_text_file', { path: 'a.md', content: 'x' }, CWD), { tool: 'write-file', targets: [{ path: 'a.md', access: 'write' }] })
  for (const args of [{}, { path: '' }, { path: 7 }, { path: 'a\0b' }, { path: 'x'.repeat(5_000) }]) t.match(decodeAcpCall('fs/read_text_file', args, CWD), { readable: false })
  t.match(decodeAcpCall('fs/write_text_file', { path: 'a.md' }, CWD), { readable: false })
  t.match(decodeAcpCall('fs/write_text_file', { path: 'a.patch', content: PATCH }, CWD), { targets: [{ path: 'a.patch', access: 'write' }, { path: '.env', access: 'write' }] }, 'a patch names what it changes')
})

await t.test('a terminal is decided as the command that any editor would start', async (t) => {
  t.match(terminal({ command: 'npm test && ls' }), { tool: 'run-shell', command: 'npm test && ls', cwd: CWD })
  t.match(terminal({ command: 'npm', args: ['run', 'build'], cwd: '/workspace/src' }), { command: 'npm run build', cwd: '/workspace/src' })
  t.match(terminal({ command: 'bash', args: ['-lc', 'rm -rf x'] }), { command: 'rm -rf x' })
  t.match(terminal({ command: 'make', env: [{ name: 'LD_PRELOAD', value: 'a b' }] }), { command: "LD_PRELOAD='a b' make" })
})

await t.test('a terminal that editors would start differently is unreadable', async (t) => {
  for (const args of [
    { command: 'echo', args: ['a; rm -rf b'] }, { command: 'a b', args: ['c'] }, { command: 'bash', args: ['-c', 'ls', 'extra words'] }, { command: ' ' },
    { command: 'ls', args: [1] }, { command: 'ls', env: [{ name: 'A=B;rm', value: 'x' }] }, { command: 'ls', env: [{ name: 'A' }] }, { command: 'ls', cwd: 5 }, { command: 'a\0b' },
  ]) t.match(terminal(args), { readable: false }, JSON.stringify(args))
})

await t.test('a permission is decided by every path and every word that it shows', async (t) => {
  t.match(permission({ kind: 'edit', locations: [{ path: 'a.md' }], content: [{ type: 'diff', path: '.env' }], rawInput: { filepath: 'b.md' } }, 'edit'), {
    native: 'edit', tool: 'write-file', targets: [{ path: 'b.md', access: 'write' }, { path: 'a.md' }, { path: '.env' }],
  })
  t.match(permission({ kind: 'edit', content: [{ type: 'diff', path: 'a.patch', newText: PATCH }] }), { targets: [{ path: 'a.patch' }, { path: '.env', access: 'write' }] })
  t.match(permission({ kind: 'edit', rawInput: { filePath: 'a.patch', content: PATCH } }), { targets: [{ path: 'a.patch' }, { path: '.env' }] })
  t.match(permission({ kind: 'edit', content: [{ type: 'diff', newText: PATCH }] }), { readable: false }, 'it names no file of its own')
  t.match(permission({ kind: 'delete', locations: [{ path: 'a.md' }] }), { native: 'session/request_permission', targets: [{ access: 'delete' }] })
  t.match(permission({ kind: 'execute', rawInput: { command: 'ls', cwd: '/workspace/src' } }, 'bash'), { tool: 'run-shell', command: 'ls', cwd: '/workspace/src' })
  t.match(permission({ kind: 'execute', rawInput: { command: ['bash', '-lc', 'ls; id'] } }), { command: 'ls; id' })
  t.match(permission({ kind: 'execute', rawInput: { command: ['echo', "it's"] } }), { command: "echo 'it'\\''s'" })
  t.match(permission({ kind: 'search', rawInput: { pattern: '*.env' } }, 'glob'), { native: 'glob', tool: 'search', args: { pattern: '*.env' }, targets: [{ path: '.' }] })
  t.match(permission({ kind: 'fetch', rawInput: { url: 'https://x.test' } }), { tool: 'fetch-url', url: 'https://x.test' })
  t.match(permission({ kind: 'think', rawInput: { prompt: 'look at @.env' } }, 'task'), { tool: 'delegate', targets: [{ path: '/workspace/.env', access: 'read' }] })
  t.match(permission({ kind: 'other' }, 'todowrite'), { native: 'todowrite', tool: 'other' })
  t.match(permission({ kind: 'constructor' }, 'x\ny'), { native: 'session/request_permission', tool: 'other' })
})

await t.test('a permission that does not say what it is for is unreadable', async (t) => {
  for (const toolCall of [{ kind: 'read' }, { kind: 'edit', rawInput: {} }, { kind: 'execute', rawInput: {} }, { kind: 'execute', rawInput: { command: ['ls', 1] } }, { kind: 'search' }, { kind: 'fetch' }]) {
    t.match(permission(toolCall), { readable: false }, JSON.stringify(toolCall))
  }
})

await t.test('a prompt is decided by the files it refers to and what its slash commands do', async (t) => {
  t.match(prompt({ type: 'resource_link', uri: 'file:///workspace/a%20b.md' }), { tool: 'read-file', targets: [{ path: '/workspace/a b.md', access: 'read' }] })
  t.match(prompt({ type: 'text', text: '/review @.env' }), { tool: 'delegate', targets: [{ path: '/workspace/.env', access: 'read' }] })
  for (const parts of [
    [{ type: 'text', text: ' /init !`id`' }], [{ type: 'text', text: '/init ' }, { type: 'text', text: '!`id`' }], [{ type: 'text', text: '/init !' }, { type: 'text', text: '`id`' }],
    [{ type: 'text', text: ' ' }, { type: 'text', text: '/init !`id`' }],
    [{ type: 'resource_link', uri: 'https://x.test/a' }], [{ type: 'resource_link', uri: 'file://host/a' }], [{ type: 'resource_link', uri: 'file:///%ff' }], [{ type: 'resource_link' }],
  ]) t.match(prompt(...parts), { readable: false }, JSON.stringify(parts))
})

await t.test('what an editor sets has a name of its own', async (t) => {
  t.match(decodeAcpCall('session/set_mode', { modeId: 'plan' }, CWD), { native: 'session/set_mode:plan', tool: 'other' })
  t.match(decodeAcpCall('session/set_config_option', { configId: 'mode', value: 'plan' }, CWD), { native: 'session/set_mode:plan' })
  t.match(decodeAcpCall('session/set_config_option', { configId: 'model', value: 'a/b' }, CWD), { native: 'session/set_config_option:model' })
  t.match(decodeAcpCall('session/set_config_option', { configId: 'sandbox', value: 'off' }, CWD), { native: 'session/set_config_option:sandbox' })
  t.match(decodeAcpCall('session/set_mode', { modeId: 'a b' }, CWD), { readable: false })
})

await t.test('whatever comes is decoded or unreadable, with a digest of all of it', async (t) => {
  const methods = ['fs/read_text_file', 'fs/write_text_file', 'terminal/create', 'session/request_permission', 'session/prompt', 'session/set_mode', 'session/set_config_option', 'toString', '']
  fc.assert(fc.property(fc.constantFrom(...methods), fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('path', 'command', 'args', 'env', 'toolCall', 'prompt', 'kind', 'rawInput', 'modeId', '__proto__'), fc.jsonValue())), (method, args) => {
    const call = decodeAcpCall(method, args, CWD)
    return /^[0-9a-f]{64}$/.test(call.digest) && (!call.readable || call.targets.every(({ path }) => path !== ''))
  }))
  let deep: unknown = 'x'
  for (let level = 0; level < 100; level += 1) deep = { toolCall: deep }
  t.match(decodeAcpCall('session/request_permission', deep, CWD), { readable: false })
  t.match(decodeAcpCall('session/new', {}, CWD), { readable: false })
})
