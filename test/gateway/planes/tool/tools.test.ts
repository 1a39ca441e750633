import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import type { Config } from '../../../../gateway/config.ts'
import { packageRoot } from '../../../../gateway/package-root.ts'
import { settledLedgerOf } from '../../../support/ledger-of.ts'
import { openToolStage, type Answer } from './tool-stage.ts'

t.setTimeout(240_000)
// Reads of more than a hundred bytes are cut to four, and `wc` counts lines: two ways in which policy changes a call.
const shipped = (section: string): Readonly<Record<string, object>> => JSON.parse(readFileSync(join(packageRoot(), 'policies/weir/data', section, 'data.json'), 'utf8')) as Readonly<Record<string, object>>
const ROUTES = shipped('routes')
const stage = await openToolStage(t, {}, {
  data: {
    flags: { always: [{ program: 'wc', flag: '--lines' }] },
    routes: { ...ROUTES, reader: { ...ROUTES['reader'], own: ['weir-usage', 'weir-approvals'] } },
    grants: { ...shipped('grants'), contributor: { DEV: { chat: 'allow', edit: 'queue', dependency: 'queue' }, TEST: {}, PROD: {} } }, // writes, and may not read
  },
  before: async (config) => { addShortReads(config) },
})
const alice = stage.gateway.tokenFor('author', 'alice@acme.test')
const call = (id: string, tool: string, args: object): object => ({ verb: 'apply', id, call: { tool, args } })
const of = (answers: readonly Answer[], id: string, type: string): Answer | undefined => answers.find((answer) => answer.id === id && answer.type === type)
const output = (answers: readonly Answer[], id: string, stream = 'stdout'): string => answers.filter((answer) => answer.id === id && answer.type === 'output' && answer['stream'] === stream).map((answer) => String(answer['text'])).join('')

await t.test('every tool runs in the sandbox, in order, and what it made is a commit', async (t) => {
  const answers = await stage.talk(alice, [
    { verb: 'hello', id: 'h', protocol: 1, renders: ['plan-tree', 'diff', 'approval-prompt'] },
    call('read', 'read-file', { path: 'src/cart.js' }),
    call('write', 'write-file', { path: 'src/deep/new.js', content: 'export default 1\n' }),
    call('shell', 'run-shell', { command: 'cat deep/new.js; echo wrong >&2; exit 3', cwd: 'src' }),
    call('test', 'run-test', {}),
    call('search', 'search', { pattern: 'export default [0-9]', include: '*.js' }),
    call('part', 'read-file', { path: '/workspace/README.md', offset: 2, limit: 4 }),
  ])
  t.match(answers[0], { type: 'hello', id: 'h', protocol: 1, app: 'shop', environment: 'DEV', runs: ['read-file', 'write-file', 'run-shell', 'run-test', 'search'] })
  t.match(of(answers, 'read', 'decided'), { verdict: 'allow', rule: 'grants.granted' })
  t.match(of(answers, 'read', 'result'), { status: 'done', content: /reduce/, encoding: 'utf-8', whole: true })
  t.match(of(answers, 'write', 'changes'), { committed: ['src/deep/new.js'], pending: [], denied: [] })
  t.equal(stage.git('show', 'weir/dev:src/deep/new.js'), 'export default 1')
  t.equal(output(answers, 'shell'), 'export default 1\n')
  t.equal(output(answers, 'shell', 'stderr'), 'wrong\n')
  t.match(of(answers, 'shell', 'result'), { status: 'failed', how: 'exited', code: 3 })
  t.match(of(answers, 'test', 'result'), { status: 'done', code: 0, tests: { format: 'tap', total: 1, passed: 1, failed: 0, complete: true } })
  t.match(of(answers, 'search', 'result'), { status: 'done', matches: [{ path: 'src/deep/new.js', line: 1, text: 'export default 1' }], whole: true })
  t.match(of(answers, 'part', 'result'), { content: 'Shop', whole: false })
  t.same(['read', 'write', 'shell', 'test', 'search', 'part'].map((id) => of(answers, id, 'end')?.['status']), ['allow', 'allow', 'failed', 'allow', 'allow', 'allow'])
})

await t.test('each decision is in the ledger before its effect, with its outcome, on the tool plane', async (t) => {
  const entries = await settledLedgerOf(stage.gateway.dataDir, ({ plane }) => plane === 'tool')
  const decided = entries.filter((entry) => entry.kind === 'decision' && entry.plane === 'tool')
  t.match(decided.map((entry) => entry.kind === 'decision' ? entry.input.tool : null), [
    { native: 'read-file', protocol: 'weir' }, { native: 'write-file' }, { native: 'read-file' }, { native: 'run-shell' }, { native: 'run-test', name: 'run-test' }, { native: 'search' }, { native: 'read-file' },
  ])
  for (const { index } of decided) t.ok(entries.some((entry) => entry.kind === 'outcome' && entry.of === index), `entry ${index} has an outcome`)
  t.notMatch(JSON.stringify(entries), 'reduce', 'no content is recorded')
})

await t.test('what policy denies is not done, what it leaves to people waits, and the stream goes on', async (t) => {
  const answers = await stage.talk(alice, [
    call('secret', 'read-file', { path: '.env' }),
    call('outside', 'read-file', { path: '../../etc/hosts' }),
    call('unknown', 'delete-all', {}),
    call('stranger', 'read-file', { path: 'README.md', follow: true }),
    call('held', 'write-file', { path: 'package.json', content: '{}\n' }),
    call('ci', 'run-shell', { command: 'mkdir -p .github/workflows && echo on: push > .github/workflows/ci.yml' }),
    call('after', 'read-file', { path: 'package.json' }),
  ])
  t.match(of(answers, 'secret', 'decided'), { verdict: 'deny', rule: 'secret_paths.secret_touched' })
  t.match(of(answers, 'outside', 'decided'), { verdict: 'deny', rule: /outside|secret/ })
  t.match(of(answers, 'unknown', 'decided'), { verdict: 'deny', rule: 'weir.unreadable_call' })
  t.match(of(answers, 'stranger', 'decided'), { verdict: 'deny', rule: 'weir.unreadable_call', reason: /takes no argument follow/ })
  t.match(of(answers, 'held', 'decided'), { verdict: 'pending', approval: /^apr_/ })
  t.match(of(answers, 'held', 'text'), { text: /waits for a second person/ })
  t.not(of(answers, 'ci', 'decided')?.['verdict'], 'allow')
  t.match(of(answers, 'after', 'result'), { content: /"name": "shop"/ })
  t.same(['secret', 'outside', 'unknown', 'stranger', 'held', 'after'].map((id) => of(answers, id, 'end')?.['status']), ['deny', 'deny', 'deny', 'deny', 'pending', 'allow'])
  for (const id of ['secret', 'outside', 'unknown', 'stranger', 'held']) t.equal(of(answers, id, 'result'), undefined, `${id} did nothing`)
})

await t.test('a diff is shown of what the caller may read, and each read for one is decided and recorded', async (t) => {
  const rich = { verb: 'hello', renders: ['diff'] }
  const blind = stage.gateway.tokenFor('contributor', 'carl@acme.test')
  const before = (await stage.ledger()).length
  const refused = await stage.talk(blind, [rich, call('w', 'write-file', { path: 'package.json', content: '{}\n' })])
  t.match(of(refused, 'w', 'decided'), { verdict: 'pending' })
  t.match(of(refused, 'w', 'notice'), { code: 'no-diff' })
  t.notMatch(JSON.stringify(refused), 'version', 'nothing of the file')
  const decided = (await stage.ledger()).slice(before).flatMap((entry) => entry.kind === 'decision' && entry.plane === 'tool' && entry.input.kind === 'tool-call' ? [entry.input.tool?.native] : [])
  t.same(decided, ['write-file'], 'a read that would be refused is not asked for in their name')
  const shown = await stage.talk(alice, [rich, call('link', 'write-file', { path: 'linked.md', content: '# Shop\n\nA shop without one.\n' }), call('long', 'write-file', { path: 'src/long.txt', content: 'x'.repeat(1_048_577) })])
  t.match(of(shown, 'link', 'diff'), { path: 'README.md', diff: '--- a/README.md\n+++ b/README.md\n@@ -1,3 +1,3 @@\n # Shop\n \n-A shop with a cart.\n+A shop without one.\n' })
  t.match(of(shown, 'long', 'notice'), { code: 'no-diff' })
  t.match(of(shown, 'long', 'result'), { status: 'done' })
  t.match((await stage.ledger()).filter((entry) => entry.kind === 'decision' && entry.plane === 'tool').at(-2), { input: { tool: { native: 'read-file' }, targets: [{ path: 'README.md' }] }, decision: { verdict: 'allow' } })
  const observed = await stage.talk(alice, [{ verb: 'observe', id: 'o', follow: false }])
  t.match(observed.find(({ event }) => (event as { readonly type?: string } | undefined)?.type === 'diff'), { event: { diff: undefined } }, 'it is not kept')
  await stage.talk(alice, [{ verb: 'revert', id: 'r', commit: (of(shown, 'link', 'changes')?.['commits'] as readonly string[])[0] }])
})

await t.test('an approved call is done by exactly the same call, and its change needs no other approval', async (t) => {
  const bob = stage.gateway.tokenFor('approver', 'bob@acme.test')
  const wish = call('again', 'write-file', { path: 'package.json', content: '{}\n' })
  const approval = String(of(await stage.talk(alice, [wish]), 'again', 'decided')?.['approval'])
  const said = await fetch(`${stage.gateway.url}/weir/api/v1/approvals/${approval}/approve`, { method: 'POST', headers: { authorization: `Bearer ${bob}`, 'content-type': 'application/json' }, body: '{}' })
  t.equal(said.status, 200)
  const answers = await stage.talk(alice, [wish])
  t.match(of(answers, 'again', 'changes'), { committed: ['package.json'], pending: [] })
  t.equal(stage.git('show', 'weir/dev:package.json'), '{}')
})

await t.test('what a command changed against policy is gone when its call ends, and before the next call of the same request', async (t) => {
  const leak = "import { writeFileSync } from 'node:fs'\nimport test from 'node:test'\ntest('leaks', () => { writeFileSync('.env.local', 'KEY=1') })\n"
  const list = { tool: 'run-shell', args: { command: 'ls -a; echo listed' } }
  const answers = await stage.talk(alice, [
    call('leak', 'write-file', { path: 'test/leak.test.js', content: leak }),
    call('alone', 'run-test', {}),
    { verb: 'apply', id: 'then', call: list },
    { verb: 'apply', id: 'both', calls: [{ tool: 'run-test', args: {} }, list] },
  ])
  for (const id of ['alone', 'both']) t.match(of(answers, id, 'changes'), { denied: [{ path: '.env.local', rule: 'secret_paths.secret_touched' }] }, id)
  for (const id of ['then', 'both']) {
    t.match(output(answers, id), /README\.md[^]*listed\n$/, id)
    t.notMatch(output(answers, id), '.env.local', id)
  }
})

await t.test('a path that goes through a link is decided, and read, as what it leads to', async (t) => {
  const answers = await stage.talk(alice, [call('through', 'read-file', { path: 'linked.md' })])
  t.match(of(answers, 'through', 'result'), { content: /# Shop/ })
  const entry = (await stage.ledger()).findLast((found) => found.kind === 'decision' && found.plane === 'tool')
  t.match(entry, { input: { targets: [{ path: 'README.md' }] } })
})

await t.test('a command that ended as by a file over its limit is told so, behind its own words', async (t) => {
  const answers = await stage.talk(alice, [call('large', 'run-shell', { command: 'echo own >&2; exit 153' })])
  t.match(output(answers, 'large', 'stderr'), /^own\nweir: the command was stopped: over the limit of one file/)
  t.match(of(answers, 'large', 'result'), { status: 'failed', how: 'exited', code: 153 })
})

await t.test('a plan says what each call would be decided as, and part of it can be applied, also later', async (t) => {
  const plan = { verb: 'plan', id: 'p', calls: [{ tool: 'run-shell', args: { command: 'rm -rf /' } }, { tool: 'read-file', args: { path: 'README.md' } }] }
  const before = (await stage.ledger()).filter((entry) => entry.kind === 'decision' && entry.plane === 'tool').length
  const planned = await stage.talk(alice, [plan])
  t.match(of(planned, 'p', 'plan'), { nodes: [{ node: '1', decision: { verdict: 'deny' }, command: 'rm -rf /' }, { node: '2', decision: { verdict: 'allow' }, targets: [{ path: 'README.md' }] }] })
  t.match(of(planned, 'p', 'text'), { text: /^1\. run-shell rm -rf \/: deny/ })
  t.equal((await stage.ledger()).filter((entry) => entry.kind === 'decision' && entry.plane === 'tool').length, before, 'a plan is no decision')
  const id = of(planned, 'p', 'plan')?.['plan']
  const applied = await stage.talk(alice, [{ verb: 'apply', id: 'a', plan: id, nodes: ['2'] }, { verb: 'apply', id: 'b', plan: id, nodes: ['3'] }])
  t.match(of(applied, 'a', 'result'), { content: /# Shop/ })
  t.match(of(applied, 'b', 'error'), { error: { code: 'WEIR_ERR_ROUTE_UNKNOWN' } })
  t.equal(of(applied, 'a', 'end')?.['status'], 'allow')
})

await t.test('what happened is seen from any point, by the caller alone, and the log has the entries', async (t) => {
  const [, ...all] = await stage.talk(alice, [{ verb: 'observe', id: 'o', follow: false }])
  const events = all.filter(({ type }) => type === 'event').map(({ event }) => event as { readonly seq: number, readonly content?: string })
  t.same(events.map(({ seq }) => seq), events.map((_event, at) => at + 1))
  t.notMatch(JSON.stringify(events), 'reduce', 'what was read is not kept')
  const answer = await fetch(`${stage.gateway.url}/weir/api/v1/tools/events?follow=false`, { headers: { authorization: `Bearer ${alice}`, 'last-event-id': String(events.length - 2) } })
  t.match(await answer.text(), new RegExp(`^id: ${events.length - 1}\nevent: tool\ndata: \\{[^\n]+\n\nid: ${events.length}\n`))
  const dave = stage.gateway.tokenFor('author', 'dave@acme.test')
  t.equal((await fetch(`${stage.gateway.url}/weir/api/v1/tools/events`, { headers: { authorization: `Bearer ${dave}` } })).status, 404)
  const logged = (await stage.talk(alice, [{ verb: 'log', id: 'l', limit: 5 }])).filter(({ type }) => type === 'entry').map(({ entry }) => entry as { readonly kind: string })
  t.equal(logged.length, 5)
  t.ok(logged.some(({ kind }) => kind === 'decision') && logged.some(({ kind }) => kind === 'outcome'), 'decisions with their outcomes')
})

await t.test('who may not read the ledger gets none of it by log, and the next request is answered', async (t) => {
  const dave = stage.gateway.tokenFor('reader', 'dave@acme.test')
  const answers = await stage.talk(dave, [call('r', 'read-file', { path: 'README.md' }), { verb: 'log', id: 'l' }, call('again', 'read-file', { path: 'README.md' })])
  t.match(of(answers, 'l', 'error'), { error: { code: 'WEIR_ERR_DENIED' } })
  t.equal(of(answers, 'l', 'entry'), undefined)
  t.equal(of(answers, 'again', 'end')?.['status'], 'allow')
  t.match((await stage.ledger()).findLast((entry) => entry.kind === 'decision' && entry.input.kind === 'route'), { input: { actor: { id: 'dave@acme.test' }, route: { path: '/weir/api/v1/audit' } }, decision: { verdict: 'deny' } })
})

await t.test('a call that policy changes is done as it was changed, and recorded as both', async (t) => {
  const answers = await stage.talk(alice, [
    call('count', 'run-shell', { command: 'wc README.md' }),
    call('read', 'read-file', { path: 'README.md', offset: 2, limit: 5_000 }),
    call('write', 'write-file', { path: 'src/blanked.js', content: `// ghp_${'a1B2'.repeat(9)}\n` }),
    call('back', 'read-file', { path: 'src/blanked.js' }),
  ])
  t.match(of(answers, 'write', 'decided'), { verdict: 'allow' })
  t.equal(of(answers, 'back', 'result')?.['content'], '// [redacted:github]\n')
  t.equal(output(answers, 'count'), '3 README.md\n', 'lines alone')
  t.equal(of(answers, 'read', 'result')?.['content'], 'Shop', 'four bytes')
  const decided = (await stage.ledger()).flatMap((entry) => entry.kind === 'decision' && entry.plane === 'tool' ? [entry] : []).slice(-7)
  t.match(decided, [
    { input: { command: { text: 'wc README.md' } }, decision: { obligations: { modify: [{ op: 'add-flag' }] } } },
    { input: { command: { text: 'wc README.md --lines' } }, modified: { of: decided[0]?.index } },
    { input: { tool: { args: { limit: 5_000 } } }, decision: { obligations: { modify: [{ op: 'set', arg: 'limit', value: 4 }] } } },
    { input: { tool: { args: { limit: 4 } } }, modified: { of: decided[2]?.index } },
    { input: { tool: { name: 'write-file' } }, decision: { obligations: { modify: [{ op: 'redact', kind: 'secret' }] } } },
    { input: { tool: { name: 'write-file' } }, modified: { of: decided[4]?.index } },
  ])
})

await t.test('a command may run on a terminal: it is decided like any other, resized while it runs, and cancelled', async (t) => {
  const answers = await stage.talk(alice, [
    call('size', 'run-shell', { command: 'ls >/dev/null; echo "$COLUMNS $LINES"; test -t 1 && echo on a terminal; exit 4', pty: true, columns: 101, rows: 33 }),
    call('usual', 'run-shell', { command: 'ls >/dev/null; echo "$COLUMNS $LINES"', pty: true }),
    call('late', 'run-shell', { command: 'sleep 300', pty: true, timeoutMs: 1 }),
    call('odd', 'run-shell', { command: 'ls', pty: true, columns: 0 }),
    call('denied', 'run-shell', { command: 'cat .env', pty: true }),
  ])
  t.equal(output(answers, 'size'), '101 33\r\non a terminal\r\n')
  t.match(of(answers, 'size', 'result'), { status: 'failed', how: 'exited', code: 4 })
  t.equal(output(answers, 'usual'), '80 24\r\n')
  t.match(of(answers, 'late', 'result'), { status: 'failed', how: 'timed-out' })
  t.match(of(answers, 'odd', 'decided'), { verdict: 'deny', rule: 'weir.unreadable_call' })
  t.match(of(answers, 'denied', 'decided'), { verdict: 'deny', rule: 'secret_paths.secret_touched' })
  const talk = await stage.converse(alice)
  // Said before there is a terminal, and while there is one.
  talk.say(call('a', 'run-shell', { command: 'until [ "$COLUMNS $LINES" = "132 50" ]; do sleep 0.05; done; echo first; until [ "$COLUMNS $LINES" = "133 51" ]; do sleep 0.05; done; echo second; sleep 300', pty: true }))
  talk.say({ verb: 'resize', of: 'a', columns: 132, rows: 50 })
  await talk.heard(({ id, text }) => id === 'a' && String(text).includes('first'))
  talk.say({ verb: 'resize', of: 'a', columns: 133, rows: 51 })
  talk.say({ verb: 'resize', id: 'nobody', of: 'nothing', columns: 1, rows: 1 })
  talk.say({ verb: 'resize', id: 'large', of: 'a', columns: 1_001, rows: 1 })
  await talk.heard(({ id, text }) => id === 'a' && String(text).includes('second'))
  talk.say({ verb: 'cancel', of: 'a' })
  const said = await talk.end()
  t.match(of(said, 'a', 'result'), { status: 'cancelled', how: 'killed' })
  t.equal(of(said, 'a', 'end')?.['status'], 'cancelled')
  t.match(of(said, 'nobody', 'notice'), { code: 'not-open' })
  t.match(of(said, 'large', 'error'), { error: { code: 'WEIR_ERR_DECODE_MALFORMED' } })
})

await t.test('many reads at once are each answered with their own file, and a large one beside them', async (t) => {
  const names = Array.from({ length: 60 }, (_, at) => `many/${at}.txt`)
  await stage.talk(alice, [call('make', 'run-shell', { command: 'mkdir many; for n in {0..59}; do echo "file $n" >many/$n.txt; done; head -c 6000000 /dev/zero | tr "\\0" b >many/large.txt' })])
  const answers = await stage.talk(alice, [...names.map((path) => call(path, 'read-file', { path })), call('large', 'read-file', { path: 'many/large.txt' })])
  t.same(names.map((name) => of(answers, name, 'result')?.['content']), names.map((_, at) => `file ${at}\n`))
  t.equal(String(of(answers, 'large', 'result')?.['content']).length, 6_000_000)
})

await t.test('a commit of the session is taken back by a new commit, and not when somebody changed the file since', async (t) => {
  const written = await stage.talk(alice, [{ verb: 'apply', id: 'w', calls: [{ tool: 'write-file', args: { path: 'src/cart.js', content: 'export default 2\n' } }, { tool: 'write-file', args: { path: 'src/later.js', content: 'later\n' } }] }])
  const [commit] = of(written, 'w', 'changes')?.['commits'] as readonly string[]
  const reverted = await stage.talk(alice, [{ verb: 'revert', id: 'r', commit }])
  t.match(of(reverted, 'r', 'decided'), { verdict: 'allow', tool: 'revert' })
  t.match(of(reverted, 'r', 'changes'), { committed: ['src/cart.js', 'src/later.js'] })
  t.equal(of(reverted, 'r', 'end')?.['status'], 'allow')
  t.match(stage.git('show', 'weir/dev:src/cart.js'), 'reduce')
  t.notMatch(stage.git('ls-tree', '-r', '--name-only', 'weir/dev'), 'later.js')
  const again = await stage.talk(alice, [{ verb: 'revert', id: 'r', commit }])
  t.match(of(again, 'r', 'result'), { status: 'failed', problem: 'changed' })
  t.match(stage.git('show', 'weir/dev:src/cart.js'), 'reduce')
  const dave = stage.gateway.tokenFor('reader', 'dave@acme.test')
  t.match(of(await stage.talk(dave, [{ verb: 'revert', id: 'r', commit }]), 'r', 'error'), { error: { code: 'WEIR_ERR_ROUTE_UNKNOWN' } }, 'it is not of their session')
})

await t.test('a role without these routes gets neither a conversation nor events', async (t) => {
  const eve = stage.gateway.tokenFor('visitor', 'eve@acme.test')
  t.match(await stage.talk(eve, [call('r', 'read-file', { path: 'README.md' })]), [{ type: 'refused', status: 403 }])
  t.equal((await fetch(`${stage.gateway.url}/weir/api/v1/tools/events`, { headers: { authorization: `Bearer ${eve}` } })).status, 403)
})

function addShortReads ({ policies }: Config): void {
  if (typeof policies !== 'string') throw new Error('the policies are no folder')
  const rules: Readonly<Record<string, string>> = {
    'acme/rules/part/part.rego': `# METADATA
# title: Short reads
# description: How much of a file is read.
package acme.rules.part

import rego.v1

# METADATA
# title: Read cut
# description: The call asks for more than a hundred bytes. It gets four.
# custom:
#   short_name: cut
#   solution: Ask for no more than 100 bytes.
oblige contains {"rule": "part.cut", "obligations": {"modify": [{"op": "set", "arg": "limit", "value": 4}]}} if {
\tinput.tool.name == "read-file"
\tinput.tool.args.limit > 100
}

# METADATA
# title: Secrets blanked
# description: What is written holds no secrets.
# custom:
#   short_name: blanked
#   solution: Leave secrets out of it.
oblige contains {"rule": "part.blanked", "obligations": {"modify": [{"op": "redact", "kind": "secret"}]}} if {
\tinput.tool.native == "write-file" # what comes of it is decided too, as a change of a file, where nothing is blanked
\tinput.targets[0].path == "src/blanked.js"
}
`,
    'acme/main/part.rego': `package weir

import data.acme.rules.part
import rego.v1

_oblige contains finding if some finding in part.oblige
`,
  }
  for (const [path, text] of Object.entries(rules)) {
    mkdirSync(dirname(join(policies, path)), { recursive: true })
    writeFileSync(join(policies, path), text)
  }
}
