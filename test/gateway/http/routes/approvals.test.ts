import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { LedgerEntry } from '../../../../gateway/core/ledger-entry.ts'
import { packageRoot } from '../../../../gateway/package-root.ts'
import { openInProcessGateway } from '../../../support/in-process-gateway.ts'
import { ledgerOf } from '../../../support/ledger-of.ts'
import { until } from '../../../support/until.ts'

interface Shown { readonly id: string, readonly state: string, readonly scope: string | null, readonly by: string | null, readonly useless: string | null, readonly call: { readonly text: string } | null, readonly diff: string | null }
interface Answered { readonly status: number, readonly body: Shown & { readonly approvals: Shown[], readonly nextCursor: string | null, readonly error: { readonly code: string, readonly rule?: string, readonly message: string } } }

const gateway = await openInProcessGateway(t, { data: { approvals: { scopes: { DEV: { edit: ['session', 'until'] } }, max_standing_minutes: { edit: 60 } } } })
const asks = gateway.tokenFor('contributor', 'carol@acme.test')
const bob = gateway.tokenFor('approver', 'bob@acme.test')
const dora = gateway.tokenFor('approver', 'dora@acme.test')

async function call (method: string, path: string, token: string, body?: unknown): Promise<Answered> {
  const answer = await fetch(`${gateway.url}/weir/api/v1/approvals${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.json() as Answered['body'] }
}

async function decide (content: string, token = asks): Promise<{ readonly verdict: string, readonly approval: string }> {
  const answer = await fetch(`${gateway.url}/weir/api/v1/decisions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ protocol: 'opencode', tool: 'write', args: { filePath: '/workspace/src/a.ts', content } }),
  })
  const { decision, approval } = await answer.json() as { decision: { verdict: string }, approval?: string }
  return { verdict: decision.verdict, approval: approval ?? '' }
}

/** Beside the gateway, which runs in this process: a command that is waited for would wait for itself. */
function run (...args: readonly string[]): Promise<{ readonly code: number, readonly stdout: string, readonly stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [join(packageRoot(), 'bin', 'weir.js'), 'approvals', ...args, '--url', gateway.url], { env: { ...process.env, WEIR_TOKEN: bob } }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr })
    })
  })
}

const held = async (content: string): Promise<string> => (await decide(content)).approval
const entriesAbout = async (id: string): Promise<LedgerEntry[]> => (await ledgerOf(gateway.dataDir)).filter((entry) => JSON.stringify(entry).includes(id))

await t.test('a waiting call is shown in full to who may see the queue, and others see their own', async (t) => {
  const id = await held('export const secret = 1\n')
  const { body } = await call('GET', `/${id}`, bob)
  t.match(body, { id, state: 'waiting', requestedBy: 'carol@acme.test', rule: 'grants.needs_approval', useless: null, diff: /\+export const secret = 1/, targets: [{ path: 'src/a.ts' }] })
  t.same(JSON.parse(body.call?.text ?? ''), { filePath: '/workspace/src/a.ts', content: 'export const secret = 1\n' })
  t.equal((await call('GET', `/${id}`, asks)).body.id, id)
  const stranger = gateway.tokenFor('author', 'eve@acme.test')
  t.match(await call('GET', `/${id}`, stranger), { status: 404 })
  t.same((await call('GET', '', stranger)).body.approvals, [])
  t.match(await call('GET', '/apr_none', bob), { status: 404 })
  t.notMatch(JSON.stringify(await ledgerOf(gateway.dataDir)), 'export const secret', 'the ledger holds no content')
})

await t.test('the list has filters and pages', async (t) => {
  for (let at = 0; at < 5; at += 1) await held(`page ${at}`)
  const all = (await call('GET', '?state=waiting', bob)).body.approvals.map(({ id }) => id)
  t.equal(all.length, 6)
  const paged: string[] = []
  for (let after = ''; ;) {
    const { body } = await call('GET', `?state=waiting&limit=2${after}`, bob)
    paged.push(...body.approvals.map(({ id }) => id))
    if (body.nextCursor === null) break
    after = `&after=${body.nextCursor}`
  }
  t.same(paged, all)
  t.same((await call('GET', '?requestedBy=nobody', bob)).body.approvals, [])
  t.same((await call('GET', '?env=PROD', bob)).body.approvals, [])
  t.equal((await call('GET', '?env=DEV&permission=edit&app=shop', bob)).body.approvals.length, 6)
  const carl = gateway.tokenFor('contributor', 'carl@acme.test')
  const { approval } = await decide('page 5', carl)
  const listed = (await call('GET', '?state=waiting&limit=10000', bob)).body.approvals
  t.same(listed.map(({ id }) => id), [...all, approval])
  t.same((await call('GET', '', carl)).body.approvals, listed.slice(-1), 'his own alone, as the approver sees it')
  for (const item of listed) {
    const { body } = await call('GET', `/${item.id}`, bob)
    t.same({ ...item, call: body.call, diff: body.diff }, body)
  }
  await call('POST', `/${approval}/deny`, bob, { reason: 'too many' })
  t.match((await call('GET', '?requestedBy=carl@acme.test', carl)).body.approvals, [{ id: approval, state: 'refused', by: 'bob@acme.test', note: 'too many' }])
  for (const wrong of ['?limit=0', '?limit=10001', '?after=x', '?state=gone']) t.equal((await call('GET', wrong, bob)).status, 400, wrong)
})

await t.test('two approvers at the same moment: one decides, the other is told so, and both words are recorded', async (t) => {
  const id = await held('race')
  const answers = await Promise.all([call('POST', `/${id}/approve`, bob, {}), call('POST', `/${id}/deny`, dora, { reason: 'no' })])
  t.same(answers.map(({ status }) => status).sort(), [200, 409])
  t.equal(answers.find(({ status }) => status === 409)?.body.error.code, 'WEIR_ERR_DECIDED')
  const { body } = await call('GET', `/${id}`, bob)
  t.equal(body.by, answers[0]?.status === 200 ? 'bob@acme.test' : 'dora@acme.test')
  const statusesIn = (entries: readonly LedgerEntry[]): string[] => entries.flatMap((entry) => entry.kind === 'outcome' && entry.status !== 'unknown' ? [entry.status] : []).sort()
  // Nobody waits for an outcome to be written.
  await until(async () => statusesIn(await entriesAbout(id)).length >= 3)
  const entries = await entriesAbout(id)
  t.same(entries.filter((entry) => entry.kind === 'decision' && entry.input.kind === 'approval').map((entry) => entry.kind === 'decision' ? entry.input.actor.id : '').sort(), ['bob@acme.test', 'dora@acme.test'])
  t.same(statusesIn(entries), ['done', 'done', 'failed'])
})

await t.test('nobody answers their own call, and no role that data do not name does', async (t) => {
  const id = await held('own')
  t.match(await call('POST', `/${id}/approve`, gateway.tokenFor('approver', 'carol@acme.test'), {}), { status: 403, body: { error: { rule: 'approvals.own_call' } } })
  t.match(await call('POST', `/${id}/approve`, gateway.tokenFor('approver', ' CAROL@acme.test'), {}), { status: 403 })
  t.match(await call('POST', `/${id}/approve`, gateway.tokenFor('author', 'eve@acme.test'), {}), { status: 403, body: { error: { rule: 'approvals.not_approver' } } })
  t.match(await call('POST', `/${id}/approve`, bob), { status: 200, body: { state: 'given', scope: 'once' } })
  t.equal((await decide('own')).verdict, 'allow')
  t.equal((await decide('own')).verdict, 'pending', 'once is once')
})

await t.test('an approval until a time covers the same call until it is taken back; data bound it', async (t) => {
  const id = await held('standing')
  const until = Date.now() + 30 * 60_000
  for (const wrong of [{ scope: 'until' }, { scope: 'session', until }, { until }, { scope: 'always' }]) t.equal((await call('POST', `/${id}/approve`, bob, wrong)).status, 400, JSON.stringify(wrong))
  t.match(await call('POST', `/${id}/approve`, bob, { scope: 'until', until: until + 31 * 60_000 }), { status: 403, body: { error: { rule: 'approvals.scope' } } })
  t.match(await call('POST', `/${id}/approve`, bob, { scope: 'until', until }), { status: 200, body: { state: 'given', scope: 'until', expiresAtMs: until } })
  for (let use = 0; use < 2; use += 1) t.equal((await decide('standing')).verdict, 'allow')
  t.equal((await decide('standing!')).verdict, 'pending', 'another content is another call')
  t.equal((await decide('standing', gateway.tokenFor('contributor', 'carl@acme.test'))).verdict, 'pending', 'and another person')
  t.match(await call('POST', `/${id}/revoke`, asks, { reason: 'mine' }), { status: 403 })
  t.match(await call('POST', `/${id}/revoke`, dora, { reason: 'enough' }), { status: 200, body: { state: 'revoked' } })
  t.equal((await decide('standing')).verdict, 'pending')
  t.match(await call('POST', `/${id}/revoke`, dora, { reason: 'enough' }), { status: 409 })
  const entries = await entriesAbout(id)
  t.equal(entries.filter((entry) => entry.kind === 'decision' && entry.input.kind === 'tool-call' && entry.decision.verdict === 'allow' && entry.approval === id).length, 2, 'each use names it')
  t.same(entries.flatMap((entry) => entry.kind === 'event' ? [[entry.name, entry.actor]] : []), [['approval-given', 'bob@acme.test'], ['approval-revoked', 'dora@acme.test']])
})

await t.test('the command lists, shows and approves, and shows nothing that steers a terminal', async (t) => {
  const id = await held('\u001b[2Jline one\nline two')
  const [list, short, shown] = await Promise.all([run('list', '--state', 'waiting', '--requested-by', 'carol@acme.test'), run('list', '--limit', '1', '--json'), run('show', id)])
  t.match(list.stdout, new RegExp(`${id}  waiting  carol@acme.test  shop/DEV  grants.needs_approval  src/a.ts`))
  t.equal((JSON.parse(short.stdout) as unknown[]).length, 1)
  t.match(short.stderr, /^More: --after [0-9]+-apr_[A-Za-z0-9]+\n$/)
  t.match(shown.stdout, /rule: +grants.needs_approval[^]*\+\\u001b\[2Jline one\n\+line two\n\\ No newline/)
  t.match((await run('approve', id, '--for', '10m')).stdout, /is given/)
  t.match(await run('revoke', id, '--reason', 'enough'), { code: 0, stdout: /is revoked/ })
})

await t.test('a policy that changed in between: what waits is decided again, and an old approval covers nothing', async (t) => {
  const [given, waiting] = [await held('given before'), await held('waiting before')]
  await call('POST', `/${given}/approve`, bob, {})
  t.equal((await call('GET', '?state=given', bob)).body.approvals.find(({ id }) => id === given)?.useless, null)
  const before = await revision()
  // The approvers of this permission are gone: roles are data.
  writeFileSync(join(gateway.dir, 'policies/weir/data/approvers/data.json'), JSON.stringify({ operator: { DEV: ['edit'] } }))
  while (await revision() === before) await new Promise((resolve) => setTimeout(resolve, 20))
  t.match(await call('POST', `/${waiting}/approve`, bob, {}), { status: 403, body: { error: { rule: 'approvals.not_approver' } } })
  t.match(await call('POST', `/${waiting}/approve`, gateway.tokenFor('operator', 'olga@acme.test'), {}), { status: 409, body: { error: { message: /Policy has changed/ } } })
  const again = await decide('given before')
  t.equal(again.verdict, 'pending', 'given by somebody who may not any more')
  t.not(again.approval, given)
  const old = (await call('GET', '?state=given', gateway.tokenFor('operator', 'olga@acme.test'))).body.approvals.find(({ id }) => id === given)
  t.equal(old?.useless, 'policy-changed')
})

async function revision (): Promise<string> {
  const answer = await fetch(`${gateway.url}/weir/api/v1/policy`, { headers: { authorization: `Bearer ${gateway.tokenFor('operator', 'olga@acme.test')}` } })
  return ((await answer.json()) as { revision: string }).revision
}
