import fc from 'fast-check'
import t from 'tap'
import { callWork } from '../../../adapters/opencode/call-work.ts'
import { nativeAsk } from '../../../adapters/opencode/native-ask.ts'

type Files = Readonly<Record<string, string | Buffer>>

/** What a call makes of one file of these, as text; null when that is not said, 'gone' when there is no file then. */
async function madeOf (native: string, args: unknown, path: string, files: Files): Promise<string | null> {
  const made = await callWork(native, JSON.stringify(args))?.(path, async (asked) => files[asked] === undefined ? null : Buffer.from(files[asked])) ?? null
  return made === null ? null : made.content?.toString() ?? 'gone'
}

const made = async (native: string, args: unknown, before: string | null): Promise<string | null> => await madeOf(native, args, 'a', before === null ? {} : { a: before })
const patched = async (lines: readonly string[], path: string, files: Files): Promise<string | null> => await madeOf('apply_patch', { patchText: ['*** Begin Patch', ...lines, '*** End Patch'].join('\n') }, path, files)
const ask = (native: string, argumentsText: string): Readonly<Record<string, unknown>> => nativeAsk({ id: 'per_1', agentSession: 'ses_1', native, argumentsText })

await t.test('what a write or an edit makes of a file is said only when its arguments alone say it', async (t) => {
  t.equal(await made('write', { filePath: 'a', content: 'x\n' }, null), 'x\n')
  t.equal(await made('write', { filePath: 'a', content: 'x\n' }, 'old'), 'x\n')
  t.equal(await made('edit', { oldString: 'b', newString: 'c' }, 'abd'), 'acd')
  t.equal(await made('edit', { oldString: 'b', newString: 'c', replaceAll: true }, 'bab'), 'cac')
  t.equal(await made('edit', { oldString: 'b', newString: '$&' }, 'abd'), 'a$&d', 'nothing is a pattern')
  for (const [args, before] of [[{ oldString: 'b', newString: 'c' }, 'bab'], [{ oldString: 'x', newString: 'c' }, 'ab'], [{ oldString: '', newString: 'c' }, ''], [{ oldString: 'b', newString: 'c' }, null], [{ oldString: 'b' }, 'b'], [{ oldString: 'b', newString: 'c', replaceAll: 'true' }, 'bb']] as const) {
    t.equal(await made('edit', args, before), null, JSON.stringify([args, before]))
  }
  t.equal(await made('write', { filePath: 'a' }, null), null)
  t.equal(await made('bash', { command: 'echo x > a' }, null), null)
  t.equal(callWork('write', '{"content":"a","content":"b"}'), null, 'two readers could read two contents')
})

await t.test('bytes that are no text survive an edit and a patch beside them', async (t) => {
  const before = Buffer.concat([Buffer.from([0xff, 0x00, 0x80, 0x0a]), Buffer.from('ä one\n')])
  const after = Buffer.concat([Buffer.from([0xff, 0x00, 0x80, 0x0a]), Buffer.from('ä zwölf\n')])
  const patchText = '*** Begin Patch\n*** Update File: a\n@@\n-ä one\n+ä zwölf\n*** End Patch'
  for (const [native, args] of [['edit', { oldString: 'one', newString: 'zwölf' }], ['apply_patch', { patchText }]] as const) {
    t.same((await callWork(native, JSON.stringify(args))?.('a', async () => before))?.content, after, native)
  }
})

await t.test('many edits of one file are made one after the other, and none of them counts alone', async (t) => {
  const [one, two] = [{ oldString: 'a', newString: 'bb' }, { filePath: 'x', oldString: 'b', newString: 'c', replaceAll: true }]
  t.equal(await made('multiedit', { filePath: 'x', edits: [one, two] }, 'a'), 'cc')
  for (const edits of [[], [one, one], [one, { ...two, filePath: 'y' }], [one, 'x'], 'x', Array.from({ length: 1_001 }, () => two)]) t.equal(await made('multiedit', { filePath: 'x', edits }, 'a'), null, JSON.stringify(edits).slice(0, 99))
})

await t.test('a patch adds, changes, moves and deletes files, each as its sections say', async (t) => {
  const lines = ['*** Add File: new.js', '+one', '+two', '*** Update File: /workspace/src/a.js', '@@ class B', ' go () {', '-  return 1', '+  return 2', ' }', '@@', '-end', '+the end', '*** End of File', '*** Update File: old.js', '*** Move to: moved.js', '@@', '-x', '+y', '*** Delete File: gone.js']
  const files = { 'src/a.js': 'class A\ngo () {\n  return 1\n}\n  class B  \ngo () {\n  return 1\n}\nend\n', 'old.js': 'x\n', 'gone.js': '' }
  const seen = async (path: string): Promise<string | null> => await patched(lines, path, files)
  t.equal(await seen('new.js'), 'one\ntwo\n')
  t.equal(await seen('src/a.js'), 'class A\ngo () {\n  return 1\n}\n  class B  \ngo () {\n  return 2\n}\nthe end\n')
  t.same([await seen('old.js'), await seen('moved.js'), await seen('gone.js'), await seen('other.js')], ['gone', 'y\n', 'gone', null])
})

await t.test('a patch that can be read in two ways, or that fits in two places, says nothing', async (t) => {
  const files = { a: 'x\ny\nx\nz\n', b: 'b\n', 'sub/c': 'c' }
  const update = ['*** Update File: a', '@@', '-y', '+Y']
  t.equal(await patched(update, 'a', files), 'x\nY\nx\nz\n')
  const silent: Readonly<Record<string, readonly string[]>> = {
    'lines that stand there twice': ['*** Update File: a', '@@', '-x', '+X'],
    'a context that stands there twice': ['*** Update File: a', '@@ x', '-y', '+Y'],
    'lines that are nearly there': ['*** Update File: a', '@@', '-y ', '+Y'],
    'lines that are not the last': ['*** Update File: a', '@@', '-y', '+Y', '*** End of File'],
    'lines behind the last': [...update, '*** End of File', '@@', '-z', '+Z'],
    'new lines alone': ['*** Update File: a', '@@', '+Y'],
    'a line without a sign': [...update, 'y'],
    'an empty line': [...update, ''],
    'a line before the sections': ['Y', ...update],
    'an unknown header': [...update, '*** Rename File: a'],
    'two sections of one file': [...update, '*** Update File: ./a', '@@', '-z', '+Z'],
    'a move onto itself': ['*** Update File: a', '*** Move to: a', '@@', '-y', '+Y'],
    'a move without a name': ['*** Update File: a', '*** Move to:', '@@', '-y', '+Y'],
    'a file without a name': ['*** Delete File:', ...update],
    'a file that is there already': ['*** Add File: a', '+Y'],
    'an added line without a sign': ['*** Add File: a', 'Y'],
    'a deletion that says more': ['*** Delete File: a', '+Y'],
    nothing: [],
  }
  for (const [what, lines] of Object.entries(silent)) t.equal(await patched(lines, 'a', files), null, what)
  t.equal(await patched(['*** Update File: a', '*** Move to: b', '@@', '-y', '+Y'], 'b', files), null, 'a move over a file')
  t.equal(await patched([...update, ' *** End Patch', '+Z'], 'a', { a: 'y\n*** End Patch\n' }), null, 'an end in the middle')
  t.equal(await patched(['*** Update File: d', '@@', '-y', '+Y'], 'd', files), null, 'no file')
  t.equal(await patched(['*** Delete File: d'], 'd', files), null, 'no file to delete')
  for (const patchText of [`cat <<EOF\n*** Begin Patch\n${update.join('\n')}\n*** End Patch\nEOF`, `${update.join('\n')}\n*** End Patch`, `*** Begin Patch\n${update.join('\n')}`, 1]) {
    t.equal(await madeOf('apply_patch', { patchText }, 'a', files), null, String(patchText))
  }
})

await t.test('a patch of lines that repeat without end is given up on', async (t) => {
  const file = Buffer.from(`${'a\n'.repeat(20_000)}b\n`)
  t.equal(await patched(['*** Update File: a', '@@', ...Array.from({ length: 500 }, () => '-a'), '-b', '+c'], 'a', { a: file }), null, 'though there is one such place')
})

await t.test('an ask shows the call, and offers for always what was seen and nothing wider', (t) => {
  t.match(ask('bash', '{"command":"npm test"}'), { id: 'per_1', sessionID: 'ses_1', permission: 'bash', patterns: ['npm test'], always: ['npm test'], metadata: { command: 'npm test' } })
  t.match(ask('edit', '{"filePath":"/workspace/src/a.ts","oldString":"a","newString":"b\\nc"}'), { permission: 'edit', patterns: ['src/a.ts'], metadata: { diff: /@@ -1,1 \+1,2 @@\n-a\n\+b\n\+c\n/ } })
  t.match(ask('corp_do', '{"to":"x"}'), { permission: 'corp_do', patterns: ['*'], metadata: { to: 'x' } })
  t.end()
})

await t.test('whatever a model sends as arguments, both answer and neither throws', async () => {
  const native = fc.constantFrom('write', 'edit', 'multiedit', 'bash', 'apply_patch', 'other')
  const line = fc.oneof(fc.constantFrom('*** Begin Patch', '*** End Patch', '*** Add File: a', '*** Update File: a', '*** Move to: b', '*** Delete File: b', '*** End of File', '@@', '@@ a', ' a', '+a', '-a', '+', ''), fc.string())
  const patch = fc.array(line).map((lines) => JSON.stringify({ patchText: `*** Begin Patch\n${lines.join('\n')}\n*** End Patch` }))
  await fc.assert(fc.asyncProperty(native, fc.oneof(fc.string(), fc.json(), patch), fc.option(fc.uint8Array()), async (name, text, before) => {
    await callWork(name, text)?.('a', async () => before)
    return ask(name, text)['id'] === 'per_1'
  }))
})
