import { join } from 'node:path'
import t, { type Test } from 'tap'
import { decodeOpencodeCall } from '../../../../adapters/opencode/decode.ts'
import type { Yes } from '../../../../gateway/approvals/answer-call.ts'
import { openApprovals, type Approvals } from '../../../../gateway/approvals/approvals.ts'
import type { Permit } from '../../../../gateway/core/permit.ts'
import { ALICE, governed } from '../../../adapters/opencode/fixtures/governed.ts'
import { FILES, open, type Fixture } from './workspace-fixture.ts'
import { testFolder } from '../../../support/test-folder.ts'

const PATH = '/workspace/package.json' // of the fixture's files one that waits for a second person

interface Desk { readonly fixture: Fixture, readonly approvals: Approvals, revision: string }

async function desk (t: Test): Promise<Desk> {
  const made = { revision: 'r1' }
  const approvals = openApprovals({ file: join(testFolder(t), 'approvals.jsonl'), nowMs: () => 0, revision: () => made.revision, onWarning: (message) => { throw new Error(message) } })
  const fixture = await open(t, { approvals, files: { ...FILES, 'go.mod': 'module shop\n' } })
  return Object.assign(made, { fixture, approvals })
}

async function bobsPermit (): Promise<Permit> {
  const { permit } = await governed(() => 'allow').govern({ kind: 'approval', approval: 'apr_x', requestedBy: 'alice', permission: 'edit', heldAtMs: 0 }, ALICE)
  if (permit === null) throw new Error('no permit')
  return permit
}

/** The call is held, approved by bob, made again, and passes. @returns the approval's id */
async function approvedCall ({ fixture, approvals }: Desk, native: string, args: object, yes?: Yes): Promise<string> {
  const call = decodeOpencodeCall(native, args, '/workspace')
  const text = JSON.stringify(args)
  const { approval } = await fixture.ask(call, text)
  if (approval === null) throw new Error('not held')
  approvals.give(approval, 'bob@acme.test', await bobsPermit(), yes)
  if ((await fixture.ask(call, text)).permit === null) throw new Error('not allowed')
  return approval
}

const write = (content: string): readonly [string, object] => ['write', { filePath: PATH, content }]
const edit = (oldString: string, newString: string): readonly [string, object] => ['edit', { filePath: PATH, oldString, newString }]

await t.test('the file that an approved call made is committed without another approval, and its decision names the one there was', async (t) => {
  const stage = await desk(t)
  const approval = await approvedCall(stage, ...write('{"a":1}\n'))
  t.same((await stage.fixture.collect()).pending, [], 'collected before the agent has written')
  await stage.fixture.agent('printf \'{"a":1}\\n\' > package.json')
  t.same((await stage.fixture.collect()).committed, ['package.json'])
  const uses = stage.fixture.entries.flatMap((entry) => entry.kind === 'decision' && entry.decision.verdict === 'allow' ? [[entry.plane, entry.approval]] : [])
  t.same(uses, [['model', approval], ['file', approval]])
})

await t.test('once: the same content later is asked about', async (t) => {
  const stage = await desk(t)
  await approvedCall(stage, ...write('one\n'))
  await stage.fixture.agent('echo one > package.json')
  t.same((await stage.fixture.collect()).committed, ['package.json'])
  await stage.fixture.agent('echo "{}" > package.json')
  const [back] = (await stage.fixture.collect()).pending
  t.equal(back?.path, 'package.json')
  await stage.fixture.agent('rm package.json')
  t.same((await stage.fixture.collect()).pending.map(({ path }) => path), ['package.json'], 'nor is it gone unasked')
  stage.approvals.give(String(back?.approval), 'bob@acme.test', await bobsPermit())
  await stage.fixture.agent('echo "{}" > package.json')
  t.same((await stage.fixture.collect()).committed, ['package.json'])
  await stage.fixture.agent('echo one > package.json')
  t.same((await stage.fixture.collect()).pending.map(({ path }) => path), ['package.json'])
})

const NEAR_MISSES: Readonly<Record<string, string>> = {
  'other content': 'echo two > package.json',
  'the same content and more': 'printf "one\\nmore\\n" > package.json',
  'the same content, without its newline': 'printf one > package.json',
  'the same content as a program': 'echo one > package.json; chmod +x package.json',
}

for (const [what, script] of Object.entries(NEAR_MISSES)) {
  await t.test(`${what} is asked about`, async (t) => {
    const stage = await desk(t)
    await approvedCall(stage, ...write('one\n'))
    await stage.fixture.agent(script)
    const report = await stage.fixture.collect()
    t.same(report.committed, [])
    t.same(report.pending.map(({ path }) => path), ['package.json'])
  })
}

await t.test('approved edits cover what they make of the file together, and not what was done to it besides', async (t) => {
  const stage = await desk(t)
  await approvedCall(stage, ...edit('{}', '{"a":1}'))
  await approvedCall(stage, ...edit('1', '2'))
  await stage.fixture.agent('echo \'{"a":2} \' > package.json')
  t.same((await stage.fixture.collect()).committed, [], 'a blank more')
  await stage.fixture.agent('echo \'{"a":2}\' > package.json')
  t.same((await stage.fixture.collect()).committed, ['package.json'])
})

// Two files of the fixture that wait: one is changed, one is new, one goes.
const PATCH = ['*** Begin Patch', '*** Update File: package.json', '@@', '-{}', '+{"a":1}', '*** Add File: packages/b/package.json', '+{"b":1}', '*** Delete File: go.mod', '*** End Patch'].join('\n')
const MAKES = 'echo \'{"a":1}\' > package.json; mkdir -p packages/b; echo \'{"b":1}\' > packages/b/package.json; rm go.mod'

await t.test('every file that an approved patch made is covered by it, once', async (t) => {
  const stage = await desk(t)
  const approval = await approvedCall(stage, 'apply_patch', { patchText: PATCH })
  await stage.fixture.agent(MAKES)
  t.same((await stage.fixture.collect()).committed, ['go.mod', 'package.json', 'packages/b/package.json'])
  const uses = stage.fixture.entries.flatMap((entry) => entry.kind === 'decision' && entry.decision.verdict === 'allow' ? [[entry.plane, entry.approval]] : [])
  t.same(uses, [['model', approval], ['file', approval], ['file', approval], ['file', approval]])
  await stage.fixture.agent('echo x > package.json')
  t.same((await stage.fixture.collect()).pending.map(({ path }) => path), ['package.json'])
  await stage.fixture.agent('echo \'{"a":1}\' > package.json; echo other > packages/b/package.json')
  t.same((await stage.fixture.collect()).committed, [])
})

await t.test('a file beside those of the patch, or one that is otherwise than the patch says, is asked about', async (t) => {
  const stage = await desk(t)
  await approvedCall(stage, 'apply_patch', { patchText: PATCH })
  await stage.fixture.agent(`${MAKES}; echo '{"c":1}' > packages/package.json; echo more >> package.json`)
  const { committed, pending } = await stage.fixture.collect()
  t.same([committed, pending.map(({ path }) => path)], [['go.mod', 'packages/b/package.json'], ['package.json', 'packages/package.json']])
})

await t.test('a patch that moves a file covers both ends, unless another call wrote what it moves', async (t) => {
  const patchText = ['*** Begin Patch', '*** Update File: package.json', '*** Move to: packages/b/package.json', '@@', '-{}', '+{"a":1}', '*** End Patch'].join('\n')
  const script = 'mkdir -p packages/b; echo \'{"a":1}\' > packages/b/package.json; rm package.json'
  const stage = await desk(t)
  await approvedCall(stage, 'apply_patch', { patchText })
  await stage.fixture.agent(script)
  t.same((await stage.fixture.collect()).committed, ['package.json', 'packages/b/package.json'])
  const other = await desk(t)
  await approvedCall(other, ...edit('{}', '{"x":1}'))
  await approvedCall(other, 'apply_patch', { patchText })
  await other.fixture.agent(script)
  t.notOk((await other.fixture.collect()).committed.includes('packages/b/package.json'))
})

await t.test('an approved call that failed in the agent does not keep the next one from covering its work', async (t) => {
  const stage = await desk(t)
  await approvedCall(stage, ...edit('nowhere', 'x'))
  await approvedCall(stage, ...edit('{}', '{"a":1}'))
  await stage.fixture.agent('echo \'{"a":1}\' > package.json')
  t.same((await stage.fixture.collect()).committed, ['package.json'])
})

await t.test('an approval of another file, another session, an earlier policy, or one that was taken back covers nothing', async (t) => {
  const revoke = async ({ approvals }: Desk, id: string): Promise<void> => { approvals.revoke(id, 'dora@acme.test', 'no', await bobsPermit()) }
  const changes: Readonly<Record<string, (stage: Desk, id: string) => void | Promise<void>>> = {
    'the session ended': ({ approvals }) => approvals.sessionEnded('wses_1'),
    'policy changed': (stage) => { stage.revision = 'r2' },
    'taken back': revoke,
  }
  for (const [what, change] of Object.entries(changes)) {
    const stage = await desk(t)
    const id = await approvedCall(stage, ...write('one\n'), { scope: 'session', untilMs: null })
    await stage.fixture.agent('echo one > package.json')
    await change(stage, id)
    t.same((await stage.fixture.collect()).committed, [], what)
  }
})

await t.test('a call that was too long to be shown whole covers nothing', async (t) => {
  const stage = await desk(t)
  const args = { filePath: PATH, content: 'x'.repeat(60_000), comment: 'y'.repeat(262_144) }
  await approvedCall(stage, 'write', args)
  await stage.fixture.agent('head -c 60000 /dev/zero | tr \'\\0\' x > package.json')
  const report = await stage.fixture.collect()
  t.same([report.committed, report.pending.map(({ path }) => path)], [[], ['package.json']])
})
