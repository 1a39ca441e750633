import t from 'tap'
import { openApprovalStage } from '../support/approval-stage.ts'
import { settledLedgerOf } from '../support/ledger-of.ts'
import { until } from '../support/until.ts'

const { stage, carol, bob, approvals, waiting, waitingFor, prompt, committed, lastResults } = await openApprovalStage(t, { hold: '2m' })
const asked = (): number => stage.provider.requests.filter(({ body }) => body.tools !== undefined).length

await t.test('the agent waits on a queued write; another person approves by the command; the write happens and the agent goes on', async (t) => {
  stage.provider.script('ADD-TAX', [{ calls: [['write', { filePath: '/workspace/src/tax.js', content: 'export const tax = 0.2\n' }]] }, { text: 'Added.' }])
  const turn = prompt('ADD-TAX')
  const held = await waitingFor('src/tax.js')
  t.match(await approvals('show', held.id), /\+export const tax = 0\.2/)
  t.equal(asked(), 1, 'the model has not been told anything')
  t.match(await approvals('approve', held.id), /is given/)
  t.match(await turn, /Added\./)
  t.match(lastResults(), /Wrote file successfully/)
  await committed('src/tax.js', 'tax = 0.2')
  t.same(await waiting(), [], 'the file that the approved call made is not asked about again')
  const uses = (await stage.ledger()).flatMap((entry) => entry.kind === 'decision' && entry.input.kind === 'tool-call' && entry.decision.verdict === 'allow' && entry.approval === held.id ? [entry.plane] : [])
  t.same(uses, ['model', 'file'], 'each use names the approval')
})

await t.test('a patch of several files is approved once: none of them is asked about again', async (t) => {
  const patchText = ['*** Begin Patch', '*** Add File: src/duty.js', '+export const duty = 0.1', '*** Update File: src/cart.js', '@@', '-export const total = (items) => items.reduce((sum, item) => sum + item.price, 0)', '+export const total = (items) => items.reduce((sum, { price }) => sum + price, 0)', '*** Delete File: src/surroundings.js', '*** End Patch'].join('\n')
  stage.provider.script('ADD-DUTY', [{ calls: [['apply_patch', { patchText }]] }, { text: 'Patched.' }])
  const turn = prompt('ADD-DUTY', 'gpt-model-1')
  const held = await waitingFor('src/duty.js')
  t.match(await approvals('show', held.id), /\+export const duty = 0\.1/)
  t.match(await approvals('approve', held.id), /is given/)
  t.match(await turn, /Patched\./)
  t.match(lastResults(), /Success\. Updated the following files/)
  await committed('src/duty.js', 'duty = 0.1')
  t.match(stage.git('show', 'weir/dev:src/cart.js'), /\{ price \}/)
  t.notOk(stage.git('ls-tree', '-r', '--name-only', 'weir/dev').includes('surroundings'))
  t.same(await waiting(), [])
  const uses = (await stage.ledger()).flatMap((entry) => entry.kind === 'decision' && entry.decision.verdict === 'allow' && entry.approval === held.id && entry.input.kind === 'tool-call' ? [entry.plane] : [])
  t.same(uses, ['model', 'file', 'file', 'file'], 'each file is decided, and names the approval')
})

await t.test('denied with a reason: the model reads it and goes on, and nothing is written', async (t) => {
  stage.provider.script('ADD-FREE', [{ calls: [['write', { filePath: '/workspace/src/free.js', content: 'export const price = 0\n' }]] }, { text: 'Then not.' }])
  const turn = prompt('ADD-FREE')
  const held = await waitingFor('src/free.js')
  t.match(await approvals('deny', held.id, '--reason', 'nothing is free'), /is refused/)
  t.match(await turn, /Then not\./)
  t.match(lastResults(), /A second person refused this call: nothing is free/)
  t.notOk(stage.git('ls-tree', '-r', '--name-only', 'weir/dev').includes('free.js'))
})

await t.test('a subagent has no approvals, budgets and counts of its own: what its parent was given covers its call, and its requests are the parent\'s', async (t) => {
  const write = ['write', { filePath: '/workspace/src/vat.js', content: 'export const vat = 0.19\n' }] as const
  stage.provider.script('ADD-VAT', [{ calls: [write] }, { text: 'VAT added.' }])
  stage.provider.script('GIVE-AWAY', [{ calls: [write] }, { calls: [['task', { description: 'vat again', prompt: 'ADD-VAT', subagent_type: 'general' }]] }, { text: 'Both of us did.' }])
  const before = (await stage.ledger()).length
  const turn = prompt('GIVE-AWAY')
  const held = await waitingFor('src/vat.js')
  t.match(await approvals('approve', held.id, '--session'), /is given/)
  t.match(await turn, /Both of us did\./)
  await committed('src/vat.js', 'vat = 0.19')
  t.same(await waiting(), [], 'the subagent was not asked again')
  const entries = (await settledLedgerOf(stage.dataDir, ({ input }) => input.kind === 'model-request')).slice(before)
  const decisions = entries.flatMap((entry) => entry.kind === 'decision' ? [entry] : [])
  t.equal(decisions.filter(({ plane, approval, decision }) => plane === 'model' && approval === held.id && decision.verdict === 'allow').length, 2, 'once for the parent, once for the child')
  const requests = decisions.filter(({ input }) => input.kind === 'model-request')
  t.equal(new Set(requests.map(({ input }) => `${input.actor.id} ${input.session?.id ?? ''}`)).size, 1, 'one account, one session')
  const sessions = new Set(entries.flatMap((entry) => entry.kind === 'outcome' && entry.of >= before ? [(entry.detail['usage'] as { agentSession?: string } | undefined)?.agentSession] : []).filter((id) => id !== undefined))
  t.equal(sessions.size, 2, 'though the agent had two')
})

await t.test('an approval is for one call, in its session, on the files as they were: played again for anything else it is decided anew, and recorded', async (t) => {
  const session = (await stage.ledger()).flatMap((entry) => entry.kind === 'decision' && entry.plane === 'file' && entry.input.actor.id === 'carol@acme.test' ? [entry.input.session?.id ?? ''] : []).at(-1)
  const file = (content: string): object => ({ tool: 'write', args: { filePath: '/workspace/src/again.js', content } })
  const shell = (workdir: string): object => ({ tool: 'bash', args: { command: 'echo 1 > one.js', workdir } })
  const decide = async (call: object, inSession = true): Promise<{ readonly decision: { readonly verdict: string }, readonly approval?: string, readonly entry: number }> => {
    const { text } = await stage.call('POST', '/weir/api/v1/decisions', carol, { protocol: 'opencode', ...call, ...(inSession ? { session } : {}) })
    return JSON.parse(text) as Awaited<ReturnType<typeof decide>>
  }
  const given = async (call: object): Promise<string> => {
    const { approval = '' } = await decide(call)
    t.equal((await stage.call('POST', `/weir/api/v1/approvals/${approval}/approve`, bob, {})).status, 200)
    return approval
  }
  const [first, second, command] = [await given(file('one')), await given(file('two')), await given(shell('/workspace/src'))]
  t.match(await decide(file('two')), { decision: { verdict: 'allow' } }, 'what it was given for, it covers')
  const others = [await decide(file('two')), await decide(file('three')), await decide(file('one'), false), await decide(shell('/workspace/src/deep'))]
  stage.provider.script('WRITE-AGAIN', [{ calls: [['write', { filePath: '/workspace/src/again.js', content: 'meanwhile\n' }]] }, { text: 'Written.' }])
  const turn = prompt('WRITE-AGAIN')
  await until(async () => (await waiting()).some(({ id, targets }) => targets.some(({ path }) => path === 'src/again.js') && others.every(({ approval }) => approval !== id)))
  const meanwhile = (await waiting()).find(({ id, targets }) => targets.some(({ path }) => path === 'src/again.js') && others.every(({ approval }) => approval !== id))
  t.match(await approvals('approve', meanwhile?.id ?? ''), /is given/)
  t.match(await turn, /Written\./)
  others.push(await decide(file('one')))
  for (const { decision, approval } of others) t.match({ decision, approval }, { decision: { verdict: 'pending' }, approval: /^apr_/ })
  t.equal(new Set([first, second, command, ...others.map(({ approval }) => approval)]).size, 8, 'each waits for itself')
  const entries = (await stage.ledger()).flatMap((entry) => entry.kind === 'decision' ? [entry] : [])
  for (const { entry: index, approval } of others) t.match(entries.find((entry) => entry.index === index), { approval, decision: { verdict: 'pending' } })
  t.same(entries.filter(({ approval, decision, input }) => [first, second, command].includes(approval ?? '') && decision.verdict === 'allow' && input.kind === 'tool-call').map(({ approval }) => approval), [second])
  for (const { approval } of others) t.equal((await stage.call('POST', `/weir/api/v1/approvals/${approval ?? ''}/deny`, bob, { reason: 'tried' })).status, 200)
})
