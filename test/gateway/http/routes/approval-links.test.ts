import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openApprovalLinks } from '../../../../gateway/hooks/approval-links.ts'
import { openIdentity } from '../../../../gateway/identity/open-identity.ts'
import { openBrowser, openSite } from '../../../support/browser.ts'
import { SECRET, startHookReceiver } from '../../../support/hook-receiver.ts'
import { openInProcessGateway } from '../../../support/in-process-gateway.ts'
import { ledgerOf } from '../../../support/ledger-of.ts'
import { testFolder } from '../../../support/test-folder.ts'
import { until } from '../../../support/until.ts'

const DAY_MS = 86_400_000

const receiver = await startHookReceiver(t)
const gateway = await openInProcessGateway(t, {
  settings: { hooks: { chat: { url: receiver.url, secret: 'env:CHAT_SECRET', events: ['approval.pending', 'approval.decided'], allowPrivate: true } } },
  env: { CHAT_SECRET: SECRET },
})
const carol = gateway.tokenFor('contributor', 'carol@acme.test')
const bob = gateway.tokenFor('approver', 'bob@acme.test')
const dora = gateway.tokenFor('approver', 'dora@acme.test')

const basic = (token: string): Record<string, string> => ({ authorization: `Basic ${Buffer.from(`opencode:${token}`).toString('base64')}` })

async function held (content: string): Promise<{ readonly id: string, readonly approve: string, readonly deny: string }> {
  const answer = await fetch(`${gateway.url}/weir/api/v1/decisions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${carol}`, 'content-type': 'application/json' },
    body: JSON.stringify({ protocol: 'opencode', tool: 'write', args: { filePath: '/workspace/src/a.ts', content } }),
  })
  const { approval: id, feedback } = await answer.json() as { approval?: string, feedback?: string }
  if (id === undefined) throw new Error(`it is not held: ${feedback ?? ''}`)
  await until(() => receiver.received.some(({ body }) => body.data['approval'] === id))
  const { links } = receiver.received.find(({ body }) => body.data['approval'] === id)?.body.data as { links: { approve: string, deny: string } }
  return { id, ...links }
}

async function get (url: string, token?: string): Promise<{ readonly status: number, readonly text: string, readonly headers: Headers }> {
  const answer = await fetch(url, { headers: token === undefined ? {} : basic(token), redirect: 'manual' })
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

/** Sends the form of a link's page. */
async function post (url: string, token: string | undefined, extra: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<{ readonly status: number, readonly text: string }> {
  const { origin, pathname, searchParams } = new URL(url)
  const answer = await fetch(`${origin}${pathname}`, { method: 'POST', headers: { ...(token === undefined ? {} : basic(token)), ...headers }, body: new URLSearchParams({ ...Object.fromEntries(searchParams), ...extra }) })
  return { status: answer.status, text: await answer.text() }
}

async function stateOf (id: string): Promise<{ readonly state: string, readonly by: string | null, readonly note: string | null }> {
  return await (await fetch(`${gateway.url}/weir/api/v1/approvals/${id}`, { headers: { authorization: `Bearer ${bob}` } })).json() as { state: string, by: string | null, note: string | null }
}

function changed (url: string, name: string, value: string): string {
  const copy = new URL(url)
  copy.searchParams.set(name, value)
  return copy.href
}

await t.test('to open a link shows the call to who is logged in and may see it, and changes nothing', async (t) => {
  const { id, approve, deny } = await held('</pre><script>alert(1)</script>\u202e"\'\u05d0') // beside a letter that is written to the left
  t.ok(approve.startsWith(`${gateway.url}/weir/approve?`))
  for (const url of [approve, deny]) {
    t.match(await get(url), { status: 401 }, 'the previews of a chat')
    t.equal((await get(url)).headers.get('www-authenticate'), 'Basic realm="Weir", charset="UTF-8"')
    const { status, text, headers } = await get(url, bob)
    t.equal(status, 200)
    t.match(text, /carol@acme\.test.*src\/a\.ts/s)
    t.match(text, '&#60;script&#62;alert(1)')
    t.notMatch(text, '<script')
    t.match(text, '\\u202e', 'what turns text around is written out')
    t.match(headers.get('content-security-policy'), /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/)
    t.same(['cache-control', 'x-content-type-options', 'content-type'].map((name) => headers.get(name)), ['no-store', 'nosniff', 'text/html; charset=utf-8'])
  }
  t.match(await get(approve, gateway.tokenFor('author', 'eve@acme.test')), { status: 404 }, 'who may not see the queue sees nothing')
  t.equal((await fetch(approve, { method: 'HEAD', headers: basic(bob) })).ok, false)
  t.match(await stateOf(id), { state: 'waiting' })
})

await t.test('a link that is changed, old or of another gateway is none', async (t) => {
  const one = await held('one')
  const other = await held('other')
  const key = join(gateway.dataDir, 'hooks', 'link.key')
  t.equal(statSync(key).mode & 0o777, 0o600)
  const forged = openApprovalLinks({ folder: testFolder(t), baseUrl: () => gateway.url, nowMs: Date.now }).of(one.id, Date.now() + DAY_MS)
  for (const wrong of [
    changed(one.approve, 'approval', other.id), changed(one.approve, 'answer', 'deny'), changed(one.deny, 'answer', 'approve'), changed(one.approve, 'until', String(Date.now() + 30 * DAY_MS)),
    changed(one.approve, 'signature', new URL(other.approve).searchParams.get('signature') ?? ''), forged.approve,
  ]) {
    t.match(await get(wrong, bob), { status: 404, text: /made no such link/ })
    t.match(await post(wrong, bob, { reason: 'x' }), { status: 404 })
  }
  for (const wrong of [changed(one.approve, 'signature', 'x'), changed(one.approve, 'answer', 'always'), changed(one.approve, 'until', '-1'), `${gateway.url}/weir/approve`, `${one.approve}&answer=approve`]) {
    t.match(await get(wrong, bob), { status: 400 })
  }
  const old = openApprovalLinks({ folder: join(gateway.dataDir, 'hooks'), baseUrl: () => gateway.url, nowMs: () => Date.now() - 2 * DAY_MS }).of(one.id, Date.now() + DAY_MS)
  t.match(await get(old.approve, bob), { status: 409, text: /link is over/ })
  t.match(await post(old.approve, bob), { status: 409 })
  const soon = Number(new URL(one.approve).searchParams.get('until'))
  t.ok(soon <= Date.now() + DAY_MS, 'no link lasts longer than a day')
  t.match(await stateOf(one.id), { state: 'waiting' })
})

await t.test('a link says what, never who: policy decides about the person, and a refused one uses nothing up', async (t) => {
  const { id, approve, deny } = await held('who')
  t.match(await post(approve, undefined), { status: 401 })
  t.match(await post(approve, gateway.tokenFor('approver', 'carol@acme.test')), { status: 403 }, 'nobody answers their own call')
  t.match(await post(approve, gateway.tokenFor('author', 'eve@acme.test')), { status: 403 })
  const { token } = openIdentity(gateway.dataDir, Date.now).provider.issue({ actor: 'pat@acme.test', role: 'approver', groups: [], org: 'acme', app: null, environment: 'PROD', ttlMs: 3_600_000 })
  t.match(await post(approve, token), { status: 404 }, 'a token for another environment')
  t.match(await post(deny, bob), { status: 400, text: /Say why/ })
  t.match(await post(deny, bob, { reason: '  ' }), { status: 400 })
  t.match(await post(deny, bob, { reason: 'x'.repeat(1_001) }), { status: 400 })
  t.match(await post(deny, bob, { reason: 'x'.repeat(20_000) }), { status: 413 })
  t.match(await stateOf(id), { state: 'waiting' })
  const entries = (await ledgerOf(gateway.dataDir)).filter((entry) => entry.kind === 'decision' && entry.input.kind === 'approval' && entry.input.approval?.id === id)
  t.match(entries, [{ decision: { verdict: 'deny', rule: 'approvals.own_call' } }, { decision: { verdict: 'deny', rule: 'approvals.not_approver' } }], 'each try is recorded')
})

await t.test('a page of another site cannot say the word for who is logged in', async (t) => {
  const { id, approve } = await held('csrf')
  for (const headers of [{ origin: 'https://evil.test' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: gateway.url.replace(/\d+$/, '1') }]) {
    t.match(await post(approve, bob, {}, headers), { status: 403 }, JSON.stringify(headers))
    // A browser can be logged in by other means than a password that it remembers.
    const { searchParams } = new URL(approve)
    const answer = await fetch(`${gateway.url}/weir/approve`, { method: 'POST', headers: { authorization: `Bearer ${bob}`, ...headers }, body: new URLSearchParams(searchParams) })
    t.equal(answer.status, 403)
  }
  t.match(await stateOf(id), { state: 'waiting' })
})

await t.test('a word is said once, and the other link is over with it', async (t) => {
  const { id, approve, deny } = await held('once')
  const answers = await Promise.all([post(approve, bob), post(deny, dora, { reason: 'no' }), post(approve, dora)])
  t.same(answers.map(({ status }) => status).sort(), [200, 409, 409])
  const first = await stateOf(id)
  for (const url of [approve, deny]) {
    t.match(await post(url, dora, { reason: 'again' }), { status: 409 })
    t.match(await get(url, dora), { status: 409, text: /already answered by (bob|dora)@acme\.test/ })
  }
  t.same(await stateOf(id), first)

  const refused = await held('refused')
  t.match(await post(refused.deny, dora, { reason: 'Use <b>other</b> words.' }), { status: 200, text: /<h1>Denied/ })
  t.match(await stateOf(refused.id), { state: 'refused', by: 'dora@acme.test', note: 'Use <b>other</b> words.' })
  await until(() => receiver.received.some(({ body: { type, data } }) => type === 'approval.decided' && data['approval'] === refused.id && data['by'] === 'dora@acme.test'))
})

await t.test('in a browser: open, read, click; and nothing from elsewhere', async (t) => {
  const browser = await openBrowser(t)
  const { id, approve } = await held('in a browser')
  const fields = [...new URL(approve).searchParams].map(([name, value]) => `<input name="${name}" value="${value}">`).join('')
  const evil = await openSite(t, 'evil.test', `<form method="post" action="${gateway.url}/weir/approve">${fields}</form><script>document.forms[0].submit()</script>`)
  const profile = await browser.profile(bob)
  const chat = await openSite(t, 'chat.test', `<a href="${approve.replaceAll('&', '&amp;')}">answer</a>`)
  const page = await profile.newPage()
  await page.goto(chat)
  await page.getByText('answer').click()
  t.match(await page.locator('pre').innerText(), 'in a browser')
  const attack = await profile.newPage()
  const [answer] = await Promise.all([attack.waitForResponse((response) => response.url().endsWith('/weir/approve')), attack.goto(evil)])
  t.equal(answer.status(), 403)
  t.match(await stateOf(id), { state: 'waiting' })
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('heading', { name: 'Approved' }).waitFor()
  t.match(await stateOf(id), { state: 'given', by: 'bob@acme.test' })
  await profile.close()
})
