import t from 'tap'
import { createClassify } from '../../../gateway/classify/classify.ts'
import { loadShellParser } from '../../../gateway/classify/shell/parser.ts'
import type { Context } from '../../../gateway/core/actor.ts'
import type { Classification, ToolCall } from '../../../gateway/core/tool-call.ts'
import { data } from './sample-data.ts'

const context: Context = { plane: 'api', actor: { id: 'a', role: 'author', groups: [], org: 'o' }, app: 'shop', environment: 'DEV', session: null }
const links: Readonly<Record<string, string>> = { 'src/link': '../.env' }
const classify = createClassify({
  data: () => data, shell: await loadShellParser(), testCommand: () => 'npm test', readlink: (_, path) => links[path] ?? null,
})

function call (changes: Partial<ToolCall>): ToolCall {
  return { readable: true, protocol: 'opencode', native: 'x', tool: 'other', args: {}, targets: [], command: null, url: null, cwd: '/workspace', digest: '', ...changes }
}
const run = (command: string, cwd = '/workspace'): Classification => classify(call({ tool: 'run-shell', native: 'bash', command, cwd }), context)

await t.test('permission follows the strongest thing a call does', async (t) => {
  t.equal(classify(call({ tool: 'read-file', targets: [{ path: 'src/a.ts', access: 'read' }] }), context).permission, 'review')
  t.equal(classify(call({ tool: 'write-file', targets: [{ path: 'src/a.ts', access: 'write' }] }), context).permission, 'edit')
  t.equal(classify(call({ tool: 'write-file', targets: [{ path: 'package.json', access: 'write' }] }), context).permission, 'dependency')
  t.equal(classify(call({ tool: 'write-file', targets: [{ path: '.github/a.yml', access: 'write' }] }), context).permission, 'publish')
  t.equal(classify(call({ tool: 'delegate' }), context).permission, 'chat')
  t.equal(run('cat src/a.ts').permission, 'review')
  t.equal(run('git --no-pager status').permission, 'review')
  t.equal(run('cat a > src/b.ts').permission, 'edit')
  t.equal(run('cat a > /tmp/b').permission, 'review', 'scratch is no part of what is looked at')
  t.equal(run('make').permission, 'edit')
  t.equal(run('npm --silent install x').permission, 'dependency')
  t.equal(run('echo {} > package.json').permission, 'dependency')
  t.equal(run('cat a; git -C sub push').permission, 'publish')
  t.equal(run('cat $X').permission, 'edit', 'an opaque command is not only reading')
})

await t.test('a pattern of many brackets could be any file, and is not looked through', async (t) => {
  // Short enough for the shell's grammar to have no deadline: on a busy machine thousands are given up before there is a pattern.
  t.match(run(`ls ${'['.repeat(200)}x`).targets.map((target) => target.class), ['secret'])
})

await t.test('only the exact test command in the root is a test run', async (t) => {
  t.match(run(' npm test\n'), { tool: 'run-test', permission: 'review' })
  t.match(run('npm test; ls'), { tool: 'run-shell' })
  t.match(run('npm test', '/workspace/sub'), { tool: 'run-shell' })
})

await t.test('targets are classed through links, patterns and folders', async (t) => {
  t.match(run('cat src/link').targets, [{ path: '.env', class: 'secret', access: 'read' }])
  t.match(run('cat .e*').targets, [{ class: 'secret' }])
  t.match(run('rm -rf .').targets, [{ path: '.', access: 'delete', class: 'secret' }])
  t.match(run('rm -rf /workspace/*').targets, [{ class: 'policy' }], 'AGENTS.md is among them')
  const place = { path: 'src', class: 'source', access: 'read' }
  t.match(run('rm -rf *', '/workspace/src').targets, [place, { path: 'src/*', class: 'source', access: 'delete' }], 'the folder it runs in is read')
  t.match(run('cat x', '/workspace/src').targets, [place, { path: 'src/x' }])
  t.match(run('cd ..; cat x').targets, [{ class: 'outside' }, { path: 'x' }])
})

await t.test('a search for a secret is a secret target', async (t) => {
  const search = (native: string, args: ToolCall['args']): readonly string[] => classify(call({ tool: 'search', native, args, targets: [{ path: '.', access: 'read' }] }), context).targets.map((target) => target.class)
  t.ok(search('glob', { pattern: '**/.env' }).includes('secret'))
  t.ok(search('grep', { pattern: 'x', include: '.env*' }).includes('secret'))
  t.notOk(search('glob', { pattern: '**/*.ts' }).some((found) => found !== 'source'))
})

await t.test('data of a new policy count from the next call on, other classes of paths or the same', async (t) => {
  const shell = await loadShellParser()
  let inForce = data
  const classifyAnew = createClassify({ data: () => inForce, shell, testCommand: () => null, readlink: () => null })
  const facts = (): Classification => classifyAnew(call({ tool: 'run-shell', native: 'bash', command: 'ls vault/a.txt' }), context)
  t.match(facts(), { permission: 'review', targets: [{ class: 'source' }] })
  inForce = { ...data, programs: { ...data.programs, readonly: [['cat']] } }
  t.match(facts(), { permission: 'edit', targets: [{ class: 'source' }] }, 'the same classes, other programs')
  inForce = { ...data, path_classes: [{ class: 'secret', globs: ['vault/**'] }, ...data.path_classes] }
  t.match(facts(), { permission: 'review', targets: [{ class: 'secret' }] })
})
