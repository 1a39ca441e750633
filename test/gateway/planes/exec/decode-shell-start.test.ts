import fc from 'fast-check'
import t from 'tap'
import { decodeShellStart } from '../../../../gateway/planes/exec/decode-shell-start.ts'

/** What OpenCode 1.18.33 passes for `POST /session/{id}/shell`, as recorded from the real binary. */
const recorded = (quoted: string): string[] => [
  '-l', '-c', `\n        shopt -s expand_aliases\n        [[ -f ~/.bashrc ]] && source ~/.bashrc >/dev/null 2>&1 || true\n        cd -- "$1"\n        eval ${quoted}\n      `, 'opencode', '/workspace',
]

await t.test('the known forms give the text as it was written', async (t) => {
  const tool = decodeShellStart({ argv: ['-c', 'npm test'], cwd: '/workspace' })
  t.match(tool, { command: 'npm test', cwd: '/workspace', call: { readable: true, protocol: 'exec', native: 'shell', tool: 'run-shell', command: 'npm test', cwd: '/workspace' } })
  t.equal(decodeShellStart({ argv: recorded('"echo \'q\' \\"$HOME\\"\\nls"'), cwd: '/workspace' }).command, 'echo \'q\' "$HOME"\nls')
})

await t.test('the same command in both forms is the same call', async (t) => {
  const plain = decodeShellStart({ argv: ['-c', 'ls'], cwd: '/workspace' })
  t.equal(decodeShellStart({ argv: recorded('"ls"'), cwd: '/workspace' }).call.digest, plain.call.digest)
  t.not(decodeShellStart({ argv: ['-c', 'ls'], cwd: '/workspace/src' }).call.digest, plain.call.digest)
})

await t.test('a terminal is a call without a command', async (t) => {
  for (const argv of [['-l'], []]) t.match(decodeShellStart({ argv, cwd: '/workspace' }), { command: null, call: { readable: true, native: 'terminal', tool: 'other', command: null } })
})

await t.test('a form that only looks known is unreadable', async (t) => {
  const forms = [
    ['-c'], ['-c', 'a', 'b'], ['-lc', 'a'], ['a.sh'], ['-l', '-c', 'a'], ['-x', '-c', 'a', 'opencode', '/'], ['-l', '-c', 'a', 'opencode', '/'],
    recorded('"a"; rm -rf /; echo "b"'), recorded('"a" "b"'), recorded('$(id)'), recorded('["a"]'), [...recorded('"a"'), 'x'], recorded('"a"').map((part) => part.replace('cd --', 'rm -r --')),
    ['-c', 'a\0b'], ['-c', 'x'.repeat(60_001)],
  ]
  for (const argv of forms) t.match(decodeShellStart({ argv, cwd: '/workspace' }), { command: null, call: { readable: false } }, JSON.stringify(argv).slice(0, 80))
})

await t.test('a directory outside the workspace becomes the workspace', async (t) => {
  const at = (cwd: string): string => decodeShellStart({ argv: ['-c', 'ls'], cwd }).cwd
  t.equal(at('/workspace/src/'), '/workspace/src')
  for (const cwd of ['/', '/etc', '/workspace/..', '/workspace/../etc', '/workspacex', 'src', '', '/workspace/a\0b', '//workspace']) t.equal(at(cwd), '/workspace', JSON.stringify(cwd))
})

await t.test('any JSON decodes without a throw, the same way twice, and runs nothing that policy was not asked about', async () => {
  const request = fc.oneof(fc.jsonValue(), fc.record({ argv: fc.array(fc.oneof(fc.string(), fc.constantFrom('-c', '-l', 'opencode'))), cwd: fc.string() }))
  fc.assert(fc.property(request, (value) => {
    const start = decodeShellStart(value)
    const asked = start.call.readable ? start.call.command : null
    return start.command === asked && decodeShellStart(value).call.digest === start.call.digest && start.cwd.startsWith('/workspace')
  }))
})
