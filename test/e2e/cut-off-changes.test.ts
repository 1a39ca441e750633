import t from 'tap'
import { descendantsOf } from '../support/descendants.ts'
import { weir } from '../support/gateway-process.ts'
import { until } from '../support/until.ts'
import { openStage } from '../support/weir-stage.ts'

const stage = await openStage(t, { approvals: { hold: '5m' } })
const alice = stage.tokenFor('author', 'alice@acme.test')
const dave = stage.tokenFor('author', 'dave@acme.test')
const bob = stage.tokenFor('approver', 'bob@acme.test')

async function newSession (token: string): Promise<string> {
  const { id } = JSON.parse((await stage.call('POST', '/session', token, {})).text) as { id: string }
  return id
}

async function promptIn (session: string, token: string, text: string): Promise<string> {
  return (await stage.call('POST', `/session/${session}/message`, token, { model: { providerID: 'scripted', modelID: 'model-1' }, parts: [{ type: 'text', text }] })).text
}

const prompt = async (token: string, text: string): Promise<string> => await promptIn(await newSession(token), token, text)
const write = (path: string, content: string): readonly [string, object] => ['write', { filePath: `/workspace/${path}`, content }]
const bash = (command: string): readonly [string, object] => ['bash', { command, description: 'x' }]
const said = (): string => JSON.stringify(stage.provider.requests.findLast(({ body }) => body.tools !== undefined)?.body.messages ?? [])
const tip = (): string => stage.git('rev-parse', 'weir/dev')
const filesOf = (commit: string): readonly string[] => stage.git('ls-tree', '-r', '--name-only', commit).split('\n')

interface Waiting { readonly id: string, readonly rule: string, readonly targets: readonly { readonly path: string }[] }

async function waiting (): Promise<readonly Waiting[]> {
  return (JSON.parse((await stage.call('GET', '/weir/api/v1/approvals?state=waiting', bob)).text) as { approvals: Waiting[] }).approvals
}

async function approve (id: string | undefined): Promise<void> {
  const { status, text } = await stage.call('POST', `/weir/api/v1/approvals/${id ?? ''}/approve`, bob, {})
  if (status !== 200) throw new Error(text)
}

const changesLost = async (): Promise<readonly object[]> => (await stage.ledger()).flatMap((entry) => entry.kind === 'event' && entry.name === 'changes-lost' ? [entry.detail] : [])

const session = await newSession(alice)

stage.provider.script('SAY-HELLO', [{ text: 'Hello.' }])

await t.test('the sandbox alone is killed in the middle of a turn: the project is as it was committed, what waits still waits, what was lost is in the ledger, and the person goes on', async (t) => {
  stage.provider.script('LEAVE-ONE', [{ calls: [write('src/bare.mjs', "import { writeFileSync } from 'node:fs'\nwriteFileSync('package.json', '{}\\n')\n")] }, { calls: [bash('node src/bare.mjs')] }, { text: 'Left.' }])
  await promptIn(session, alice, 'LEAVE-ONE')
  await until(async () => (await waiting()).length === 1 && filesOf('weir/dev').includes('src/bare.mjs'))
  const [queued, before] = [await waiting(), tip()]
  stage.provider.script('SANDBOX-DIES', [{ calls: [write('src/lost.js', 'lost\n')] }, { calls: [bash('sleep 600')] }])
  const cut = promptIn(session, alice, 'SANDBOX-DIES').then(() => 'answered', (thrown: unknown) => String(thrown))
  await until(() => said().includes('src/lost.js'))
  const holders = descendantsOf(String(stage.gateway.child.pid)).filter(({ name }) => name.startsWith('sh ') && name.includes(' weir-holder '))
  t.equal(holders.length, 1, 'one person, one sandbox')
  process.kill(Number(holders[0]?.pid), 'SIGKILL')
  t.equal(await cut, 'answered')
  await until(async () => (await changesLost()).length > 0)
  t.match(await changesLost(), [{ reason: 'agent-ended', files: 1, paths: ['src/lost.js'] }])
  t.equal(tip(), before)
  t.equal(stage.git('fsck', '--strict', '--no-dangling'), '')
  t.same(await waiting(), queued)
  stage.provider.script('GO-ON-AFTER', [{ calls: [write('src/after.js', 'after\n')] }, { text: 'Went on.' }])
  t.match(await prompt(alice, 'GO-ON-AFTER'), /Went on\./)
  await until(() => filesOf('weir/dev').includes('src/after.js'))
  await approve(queued[0]?.id)
  await until(() => stage.git('show', 'weir/dev:package.json') === '{}')
})

await t.test('two sessions change one file: the first is in the project, the second is told with all three contents, and its own is kept as a proposal', async (t) => {
  const session = await newSession(dave)
  t.match(await promptIn(session, dave, 'SAY-HELLO'), /Hello/, 'stands on the release before the other\'s change')
  stage.provider.script('MINE-FIRST', [{ calls: [write('src/both.js', 'of alice\n')] }, { text: 'Done.' }])
  await prompt(alice, 'MINE-FIRST')
  await until(() => filesOf('weir/dev').includes('src/both.js'))
  stage.provider.script('MINE-SECOND', [{ calls: [write('src/both.js', 'of dave\n')] }, { text: 'Done too.' }])
  await promptIn(session, dave, 'MINE-SECOND')
  await promptIn(session, dave, 'SAY-HELLO')
  t.equal(stage.git('show', 'weir/dev:src/both.js'), 'of alice')
  t.match(said(), /\[Weir\][^]*src\/both\.js: somebody else changed it too[^]*of dave[^]*of alice/)
  const proposal = (await waiting()).find(({ rule }) => rule === 'conflicts.over_others')
  t.same(proposal?.targets.map(({ path }) => path), ['src/both.js'])
  t.match((await stage.call('GET', `/weir/api/v1/approvals/${proposal?.id ?? ''}`, bob)).text, /-of alice\\n\+of dave/)
})

await t.test('the gateway is killed in the middle of a turn: the project is as it was committed, what waits still waits, and the same person goes on', async (t) => {
  const before = tip()
  stage.provider.script('CUT-OFF', [{ calls: [write('src/cut.js', 'lost\n')] }, { calls: [bash('sleep 600')] }])
  const cut = prompt(alice, 'CUT-OFF').then(() => 'answered', () => 'cut off')
  await until(() => said().includes('src/cut.js'))
  await stage.gateway.end('SIGKILL')
  t.equal(await cut, 'cut off')
  await stage.restart()
  t.equal(tip(), before)
  t.equal(stage.git('fsck', '--strict', '--no-dangling'), '')
  t.same((await waiting()).map(({ targets }) => targets[0]?.path), ['src/both.js'])
  t.match((await changesLost()).slice(1), [{ reason: 'gateway-killed', files: 1, paths: ['src/cut.js'] }], 'and what was lost is in the ledger')
  stage.provider.script('GO-ON', [{ calls: [write('src/on.js', 'on\n')] }, { text: 'Went on.' }])
  t.match(await prompt(alice, 'GO-ON'), /Went on\./)
  await until(() => filesOf('weir/dev').includes('src/on.js'))
  t.equal(weir(['audit', 'verify', '--data-dir', stage.dataDir]).code, 0)
})
