import t from 'tap'
import { changedArguments } from '../../../adapters/opencode/change-arguments.ts'
import { decodeOpencodeText } from '../../../adapters/opencode/decode.ts'
import { loadShellParser } from '../../../gateway/classify/shell/parser.ts'
import type { Context } from '../../../gateway/core/actor.ts'
import type { Decision, Verdict } from '../../../gateway/core/decision.ts'
import { createGovernor, type Governed } from '../../../gateway/core/govern.ts'
import type { DecisionBody, EntryBody } from '../../../gateway/core/ledger-entry.ts'
import type { Obligations, Operation } from '../../../gateway/core/obligations.ts'
import type { PolicyInput } from '../../../gateway/core/policy-input.ts'
import type { GivenApproval } from '../../../gateway/core/ports.ts'
import type { Subject } from '../../../gateway/core/subject.ts'
import { createOutgoing, type OutgoingData } from '../../../gateway/outgoing/outgoing.ts'
import { decideAgain } from '../../../gateway/policy/replay/replay.ts'

const shell = await loadShellParser()
const CWD = '/workspace'
const TOKEN = `ghp_${'a1B2'.repeat(9)}`
let leaving: OutgoingData | null = null // what the policy says of what may leave
const blank = createOutgoing({ asked: () => leaving, keys: () => ['the-key-of-a-provider-1'] }).withoutAny
const DRY: Operation = { op: 'add-flag', flag: '--dry-run' }
const context: Context = { plane: 'model', actor: { id: 'alice', role: 'author', groups: [], org: 'acme' }, app: 'shop', environment: 'DEV', session: null }

type Answer = readonly [Verdict, Obligations?]
interface Asked { readonly governed: Governed, readonly entries: readonly DecisionBody[], readonly settled: readonly unknown[], readonly used: readonly string[] }

function decisionOf ([verdict, obligations = {}]: Answer): Decision {
  return { verdict, rule: `x.${verdict}`, reason: verdict, feedback: verdict, also: [], obligations, revision: 'r1' }
}

/** Asks about a native call as the model plane does, or as a plane that changes nothing. */
async function ask (native: string, args: object, answer: (input: PolicyInput) => Answer, options: { readonly rewrites?: boolean, readonly given?: GivenApproval, readonly failAt?: number, readonly plane?: 'model' | 'tool' } = {}): Promise<Asked> {
  const entries: EntryBody[] = []
  const settled: unknown[] = []
  const used: string[] = []
  const { govern } = createGovernor({
    classify: (call) => {
      const facts = call.command === null ? null : shell(call.command, call.cwd)
      return { tool: call.tool, permission: 'edit', targets: [], command: facts, url: null }
    },
    policy: () => ({ revision: 'r1', evaluate: (input) => decisionOf(answer(input)) }),
    ledger: {
      async append (body) {
        if (entries.length === options.failAt) throw new Error('disk full')
        return entries.push(body) - 1
      },
      settle: (permit, status, detail) => { settled.push([permit.entry, status, detail]) },
    },
    approvals: { find: () => options.given ?? null, consume: (id) => used.push(id) > 0, hold: () => 'apr_1' },
    clock: { nowMs: () => 1 },
  })
  const text = JSON.stringify(args)
  const rewrite = (operations: readonly Operation[]) => {
    const argumentsText = changedArguments(native, text, operations, blank)
    return argumentsText === null ? null : { call: decodeOpencodeText(native, argumentsText, CWD), argumentsText }
  }
  const subject: Subject = { kind: 'tool-call', call: decodeOpencodeText(native, text, CWD), ...(options.rewrites === false ? {} : { rewrite }) }
  const governed = await govern(subject, options.rewrites === false ? { ...context, plane: 'exec' } : { ...context, plane: options.plane ?? 'model' })
  const decisions = entries.flatMap((entry) => entry.kind === 'decision' ? [entry] : [])
  for (const { input, plane, decision, modified } of decisions) {
    const again = decideAgain({ revision: 'r1', evaluate: (asked) => decisionOf(answer(asked)) }, { input, plane, rule: decision.rule, modified: modified ?? null })
    t.same([again.verdict, again.rule, again.obligations], [decision.verdict, decision.rule, decision.obligations], 'a replay comes to the same answer')
  }
  return { governed, entries: decisions, settled, used }
}

const addDry = (): Answer => ['allow', { modify: [DRY] }]

await t.test('an option is added, and the changed call is what is decided, recorded and permitted', async (t) => {
  const { governed, entries, settled } = await ask('bash', { command: 'make all\n', description: 'x' }, addDry)
  t.same(JSON.parse(governed.changed?.argumentsText ?? ''), { command: 'make all --dry-run', description: 'x' })
  t.equal(entries.length, 2)
  t.match(entries[0], { decision: { verdict: 'allow', obligations: { modify: [DRY] } }, input: { command: { text: 'make all\n' } } })
  t.match(entries[1], { decision: { verdict: 'allow' }, input: { command: { text: 'make all --dry-run' } }, modified: { of: 0, operations: [DRY] } })
  t.not(entries[0]?.digest, entries[1]?.digest)
  t.equal(governed.permit?.entry, 1)
  t.equal(governed.permit?.digest, entries[1]?.digest)
  t.equal(governed.changed?.call.digest, entries[1]?.digest)
  t.same(settled, [[0, 'done', { changedTo: 1 }]])
})

await t.test('a call of Weir\'s own tools is changed the same way, and a replay knows that', async (t) => {
  const { governed } = await ask('bash', { command: 'make all', description: 'x' }, addDry, { plane: 'tool' })
  t.equal(governed.permit?.entry, 1)
})

await t.test('a call that is so already passes as it is, on every plane', async (t) => {
  for (const rewrites of [true, false]) {
    const { governed, entries } = await ask('bash', { command: 'make --dry-run all', description: 'x' }, addDry, { rewrites })
    t.equal(governed.changed, null)
    t.equal(governed.permit?.entry, 0)
    t.equal(entries.length, 1)
  }
})

await t.test('an option that may be another one\'s value, or that is taken back, is not taken for given', async (t) => {
  const turned = {
    'git push -o --dry-run': ['-o', '--dry-run', '--dry-run'],
    'git push -o --dry-run origin main': ['-o', '--dry-run', 'origin', 'main', '--dry-run'],
    'git push --dry-run --no-dry-run': ['--dry-run', '--no-dry-run', '--dry-run', '--dry-run'],
    'git push -q': ['-q', '--dry-run', '--dry-run'],
    'git push --recurse-submodules=no': ['--recurse-submodules=no', '--dry-run'],
  }
  for (const [command, argv] of Object.entries(turned)) {
    const { governed, entries } = await ask('bash', { command, description: 'x' }, addDry)
    t.same(governed.facts?.command?.programs.map((program) => program.argv.slice(2)), [argv], command)
    t.equal(governed.permit?.entry, 1, command)
    t.equal(entries[1]?.input.command?.text, governed.changed?.call.readable === true ? governed.changed.call.command : null)
    const elsewhere = await ask('bash', { command, description: 'x' }, addDry, { rewrites: false })
    t.equal(elsewhere.governed.permit, null, command)
    const again = await ask('bash', { command: ['git', 'push', ...argv].join(' '), description: 'x' }, addDry, { rewrites: false })
    t.equal(again.governed.permit?.entry, 0, 'what it was changed to is so already')
  }
  const both: Answer = ['allow', { modify: [DRY, { op: 'add-flag', flag: '-n' }] }]
  for (const command of ['git push --dry-run -n', 'git push origin -n --dry-run']) {
    t.equal((await ask('bash', { command, description: 'x' }, () => both, { rewrites: false })).governed.permit?.entry, 0, command)
  }
})

await t.test('an option is added only where it is certain to reach the one program', async (t) => {
  const texts = [
    'make # all', 'make && git push', 'make; make', 'make &', 'make | tee log', 'make -- all', '(make)', '{ make; }', 'for a in 1 2; do make; done', 'make \\', "make 'all", 'make <<E\nE', 'eval make',
    'if make; then ls; fi', 'make\\\n# x', 'make all#', 'make $X', 'make `ls`', 'f() { make; }; f', 'env make', 'make >out #',
  ]
  for (const command of texts) {
    const { governed, entries } = await ask('bash', { command, description: 'x' }, addDry)
    const argv = governed.facts?.command?.programs.map((program) => program.argv) ?? []
    if (governed.permit === null) t.match(entries.at(-1)?.decision, { verdict: 'deny', rule: 'weir.obligation_unfulfilled' }, command)
    else t.same(argv, [['make', ...command === 'make all#' ? ['all#'] : [], '--dry-run']], command)
  }
  const denied = await ask('bash', { command: 'make # all', description: 'x' }, addDry)
  t.equal(denied.governed.permit, null)
  t.match(denied.governed.decision.feedback, /needs the option --dry-run/)
  t.equal(denied.entries.length, 1)
})

await t.test('where nothing is changed, the call is denied with words that say what to change', async (t) => {
  const { governed, entries } = await ask('bash', { command: 'make all', description: 'x' }, addDry, { rewrites: false })
  t.match(governed, { permit: null, approval: null, changed: null, decision: { verdict: 'deny', rule: 'weir.obligation_unfulfilled', also: ['x.allow'], obligations: { modify: [DRY] } } })
  t.match(governed.decision.feedback, /only changed: the command needs the option --dry-run/)
  t.equal(entries.length, 1)
})

await t.test('arguments are set and left out, also those that rules cannot see', async (t) => {
  const modify: readonly Operation[] = [{ op: 'set', arg: 'content', value: '[redacted]' }, { op: 'remove', arg: 'extra' }]
  const { governed, entries } = await ask('write', { filePath: 'a.ts', content: 'secret', extra: 1 }, () => ['allow', { modify }])
  t.same(JSON.parse(governed.changed?.argumentsText ?? ''), { filePath: 'a.ts', content: '[redacted]' })
  t.equal(governed.permit?.entry, 1)
  t.notMatch(JSON.stringify(entries), 'secret')
  const same = await ask('write', { filePath: 'a.ts', content: '[redacted]' }, () => ['allow', { modify }])
  t.equal(same.governed.changed, null)
  t.equal(same.entries.length, 1)
  const elsewhere = await ask('write', { filePath: 'a.ts', content: '[redacted]' }, () => ['allow', { modify }], { rewrites: false })
  t.equal(elsewhere.governed.permit, null, 'what cannot be seen to be so is taken not to be')
})

await t.test('what looks like a secret is blanked in all arguments, and nothing else is changed', async (t) => {
  const noSecrets = (): Answer => ['allow', { modify: [{ op: 'redact', kind: 'secret' }] }]
  const inner = JSON.stringify({ key: TOKEN })
  const { governed, entries } = await ask('write', { filePath: 'a.ts', content: `x = "${TOKEN}"\n\u{1f600}`, more: [1, inner, 'the-key-of-a-provider-1'] }, noSecrets)
  t.same(JSON.parse(governed.changed?.argumentsText ?? ''), { filePath: 'a.ts', content: 'x = "[redacted:github]"\n\u{1f600}', more: [1, '{"key":"[redacted:github]"}', '[redacted:provider-key]'] })
  t.equal(governed.permit?.entry, 1)
  t.match(entries[1], { modified: { of: 0, operations: [{ op: 'redact', kind: 'secret' }] } })
  t.notMatch(JSON.stringify(entries), TOKEN)
  const command = await ask('bash', { command: `curl -H 'x: ${TOKEN}' https://a.test`, description: 'x' }, noSecrets)
  t.equal(command.entries[1]?.input.command?.text, "curl -H 'x: [redacted:github]' https://a.test", 'a command is decided as it then is')
  const plain = await ask('write', { filePath: 'a.ts', content: 'no secret' }, noSecrets)
  t.same([plain.governed.changed, plain.governed.permit?.entry, plain.entries.length], [null, 0, 1], 'where there is none, the call passes as it came')
  const elsewhere = await ask('write', { filePath: 'a.ts', content: 'no secret' }, noSecrets, { rewrites: false })
  t.match(elsewhere.governed.decision.feedback, /it must hold no secrets/)
  t.equal(elsewhere.governed.permit, null, 'and where nothing is changed, it is not looked through')
})

await t.test('private data are blanked as policy data name them; a call that is not looked through for any does not pass', async (t) => {
  const noPeople = (): Answer => ['allow', { modify: [{ op: 'redact', kind: 'private' }] }]
  const wish = { filePath: 'a.ts', content: `mail jane.doe@acme.com, ${TOKEN}` }
  t.match((await ask('write', wish, noPeople)).governed, { permit: null, decision: { rule: 'weir.obligation_unfulfilled' } }, 'data name none')
  leaving = { private: { email: true } }
  t.teardown(() => { leaving = null })
  t.same(JSON.parse((await ask('write', wish, noPeople)).governed.changed?.argumentsText ?? ''), { ...wish, content: `mail [redacted:email], ${TOKEN}` })
  const large = { filePath: 'a.ts', content: 'x'.repeat(2_097_152) }
  t.match((await ask('write', large, noPeople)).governed, { permit: null, decision: { rule: 'weir.obligation_unfulfilled' } }, 'too large to be looked through')
})

await t.test('the changed call is decided as it is: denied, pending, or to be changed again, it does not pass', async (t) => {
  const isDry = (input: PolicyInput): boolean => input.command?.text.includes('--dry-run') === true
  const second: readonly Answer[] = [['deny'], ['pending'], ['allow', { modify: [{ op: 'add-flag', flag: '-n' }] }], ['allow', { modify: [{ op: 'remove', arg: 'timeout' }] }]]
  for (const answer of second) {
    const { governed, entries, settled } = await ask('bash', { command: 'make', description: 'x' }, (input) => isDry(input) ? answer : addDry())
    t.match(governed, { permit: null, changed: null, approval: null, decision: { verdict: 'deny' } })
    t.equal(entries.length, 2)
    t.same(settled, [[0, 'failed', { changedTo: 1 }]])
  }
})

await t.test('a change that a later one undoes is not taken for made', async (t) => {
  const modify: readonly Operation[] = [{ op: 'set', arg: 'content', value: 'a' }, { op: 'set', arg: 'content', value: 'b' }]
  const { governed } = await ask('write', { filePath: 'a.ts', content: 'x' }, () => ['allow', { modify }])
  t.equal(governed.permit, null)
})

await t.test('an approval covers the call that policy makes of the approved one', async (t) => {
  const given = { id: 'apr_7', by: 'bob', requestedBy: 'alice', heldAtMs: 0 }
  const { governed, entries, used } = await ask('bash', { command: 'make', description: 'x' }, (input) => input.approval === null ? ['pending'] : addDry(), { given })
  t.equal(governed.permit?.entry, 1)
  t.same(used, ['apr_7'])
  t.match(entries, [{ approval: 'apr_7' }, { approval: 'apr_7' }])
})

await t.test('a changed call that cannot be recorded does not pass', async (t) => {
  await t.rejects(ask('bash', { command: 'make', description: 'x' }, addDry, { failAt: 1 }))
})

await t.test('a model request that is to be blanked passes only where it is', async (t) => {
  const { govern } = createGovernor({
    classify: () => { throw new Error('not asked') },
    policy: () => ({ revision: 'r1', evaluate: () => decisionOf(['allow', { redact: ['aws'] }]) }),
    ledger: { append: async () => 0, settle () {} },
    approvals: { find: () => null, consume: () => false, hold: () => 'apr_1' },
    clock: { nowMs: () => 1 },
  })
  const request = { kind: 'model-request', provider: 'p', model: 'm', stream: true, bytes: 1 } as const
  t.match(await govern(request, context), { permit: null, decision: { verdict: 'deny', rule: 'weir.obligation_unfulfilled' } })
  t.not((await govern({ ...request, redacts: true }, context)).permit, null)
})
