import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openIdentity } from '../../../../gateway/identity/open-identity.ts'
import { packageRoot } from '../../../../gateway/package-root.ts'
import { openBrowser, openSite } from '../../../support/browser.ts'
import { SECRET, startHookReceiver } from '../../../support/hook-receiver.ts'
import { openInProcessGateway } from '../../../support/in-process-gateway.ts'
import { ledgerOf } from '../../../support/ledger-of.ts'
import { logInAt } from '../../../support/login-browser.ts'
import { CLIENT_ID, startOidcServer } from '../../../support/oidc-server.ts'
import { until } from '../../../support/until.ts'

// A gateway whose people sign in at an identity provider, and whose links go to a chat.
const idp = await startOidcServer(t)
idp.groups.set('bob', ['leads'])
idp.groups.set('eve', ['devs'])
idp.groups.set('dan', ['leads'])
const shipped = (section: string): Record<string, unknown> => JSON.parse(readFileSync(join(packageRoot(), 'policies/weir/data', section, 'data.json'), 'utf8')) as Record<string, unknown>
const receiver = await startHookReceiver(t)
const gateway = await openInProcessGateway(t, {
  data: {
    groups: { roles: [{ group: 'leads', role: 'approver' }, { group: 'devs', role: 'author' }] },
    roles: { ...shipped('roles'), provisioner: { description: 'Keeps the directory.' } },
    routes: { ...shipped('routes'), provisioner: { all: ['weir-provision'], own: [] } },
  },
  settings: { oidc: { issuer: idp.issuer, clientId: CLIENT_ID, scopes: 'openid' }, hooks: { chat: { url: receiver.url, secret: 'env:CHAT_SECRET', events: ['approval.pending'], allowPrivate: true } } },
  env: { CHAT_SECRET: SECRET },
})

interface Link { readonly id: string, readonly approve: string, readonly deny: string }

/** A call that waits, asked for by this actor, and the links that the chat was told. */
async function held (content: string, actor = 'carol'): Promise<Link> {
  const answer = await fetch(`${gateway.url}/weir/api/v1/decisions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.tokenFor('contributor', actor)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ protocol: 'opencode', tool: 'write', args: { filePath: '/workspace/src/a.ts', content } }),
  })
  const { approval: id } = await answer.json() as { approval: string }
  await until(() => receiver.received.some(({ body }) => body.data['approval'] === id))
  return { id, ...receiver.received.find(({ body }) => body.data['approval'] === id)?.body.data['links'] as { approve: string, deny: string } }
}

async function signedIn (account: string): Promise<Record<string, string>> {
  const cookies = new Map<string, string>()
  await logInAt(`${gateway.url}/weir/auth/login`, account, 'confirm', cookies)
  return { cookie: `weir-session=${cookies.get('weir-session') ?? ''}` }
}

async function get (url: string, headers: Record<string, string> = {}): Promise<{ readonly status: number, readonly text: string, readonly challenge: string | null }> {
  const answer = await fetch(url, { headers, redirect: 'manual' })
  return { status: answer.status, text: await answer.text(), challenge: answer.headers.get('www-authenticate') }
}

async function post (url: string, headers: Record<string, string>, extra: Record<string, string> = {}): Promise<{ readonly status: number, readonly text: string }> {
  const { origin, pathname, searchParams } = new URL(url)
  const answer = await fetch(`${origin}${pathname}`, { method: 'POST', headers, body: new URLSearchParams({ ...Object.fromEntries(searchParams), ...extra }) })
  return { status: answer.status, text: await answer.text() }
}

const csrfIn = (text: string): string => /name="csrf" value="([\w-]+)"/.exec(text)?.[1] ?? ''

async function stateOf (id: string): Promise<string> {
  const answer = await fetch(`${gateway.url}/weir/api/v1/approvals/${id}`, { headers: { authorization: `Bearer ${gateway.tokenFor('approver', 'dora')}` } })
  return (await answer.json() as { state: string }).state
}

const bob = await signedIn('bob')
const eve = await signedIn('eve')

await t.test('who is not signed in is shown where to, and nothing of the call; no password is asked for', async (t) => {
  const { id, approve } = await held('secret plan')
  for (const headers of [{}, { cookie: 'weir-session=made-up' }] as Array<Record<string, string>>) {
    const { status, text, challenge } = await get(approve, headers)
    t.match({ status, challenge }, { status: 401, challenge: 'Bearer realm="Weir"' })
    t.match(text, new RegExp(`href="/weir/auth/login\\?to=%2Fweir%2Fapprove%3Fapproval%3D${id}%26`))
    t.notMatch(text, /carol|src\/a\.ts|refresh/)
    t.match(await post(approve, headers), { status: 401 })
  }
  t.match(await get(`${approve}x`), { status: 400 })
  for (const site of ['cross-site', 'same-site']) {
    const { status, text } = await get(approve, { ...bob, 'sec-fetch-site': site })
    t.match({ status, text }, { status: 200, text: `<meta http-equiv="refresh" content="0;url=/weir/approve?approval=${id}` }, 'another site\'s link: the page asks for itself again')
    t.notMatch(text, /carol|src\/a\.ts/)
  }
  t.equal(await stateOf(id), 'waiting')
})

await t.test('a session answers by the form that the page gave it, and by no other', async (t) => {
  const { id, approve, deny } = await held('by a form')
  const page = await get(approve, bob)
  t.match(page, { status: 200, text: /carol.*src\/a\.ts.*as bob/s })
  const csrf = csrfIn(page.text)
  const foreign = csrfIn((await get(deny, await signedIn('bob'))).text)
  t.notSame(['', csrf], foreign)
  for (const extra of [{}, { csrf: '' }, { csrf: foreign }, { csrf: `${csrf.slice(0, -1)}x` }] as Array<Record<string, string>>) t.match(await post(approve, bob, extra), { status: 403 }, JSON.stringify(extra))
  for (const headers of [{ origin: 'https://evil.test' }, { origin: 'null' }, { 'sec-fetch-site': 'same-site' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'none' }] as Array<Record<string, string>>) t.match(await post(approve, { ...bob, ...headers }, { csrf }), { status: 403 }, JSON.stringify(headers))
  t.equal(await stateOf(id), 'waiting')
  t.match(await post(approve, { ...bob, origin: gateway.url, 'sec-fetch-site': 'same-origin' }, { csrf }), { status: 200, text: /Approved/ })
  t.equal(await stateOf(id), 'given')
})

await t.test('to be signed in is no right to answer: one\'s own call and other roles are refused by rule, and recorded', async (t) => {
  const own = await held('own', 'bob')
  const page = await get(own.approve, bob)
  t.equal(page.status, 200)
  t.match(await post(own.approve, bob, { csrf: csrfIn(page.text) }), { status: 403 })
  const other = await held('for others')
  t.match(await get(other.approve, eve), { status: 404 }, 'who may not see the queue sees nothing')
  const { csrf } = await (await fetch(`${gateway.url}/weir/auth/session`, { headers: eve })).json() as { csrf: string }
  t.match(await post(other.approve, eve, { csrf }), { status: 403 })
  const words = (await ledgerOf(gateway.dataDir)).flatMap((entry) => entry.kind === 'decision' && entry.input.kind === 'approval' && [own.id, other.id].includes(entry.input.approval?.id ?? '') ? [[entry.input.actor.id, entry.decision.rule]] : [])
  t.same(words, [['bob', 'approvals.own_call'], ['eve', 'approvals.not_approver']])
  t.same([await stateOf(own.id), await stateOf(other.id)], ['waiting', 'waiting'])
})

await t.test('who was taken out of the group of approvers a moment ago answers nothing, with a page that is still open, and that is recorded', async (t) => {
  const { id, approve } = await held('a moment ago')
  const dan = await signedIn('dan')
  const page = await get(approve, dan)
  t.equal(page.status, 200)
  const directory = openIdentity(gateway.dataDir, Date.now).provider.issue({ actor: 'directory', role: 'provisioner', groups: [], org: 'acme', app: null, environment: null, ttlMs: 60_000 }).token
  const left = await fetch(`${gateway.url}/weir/scim/v2/Groups/leads`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${directory}`, 'content-type': 'application/scim+json' },
    body: JSON.stringify({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'remove', path: 'members[value eq "dan"]' }] }),
  })
  t.equal(left.status, 204)
  t.match(await post(approve, dan, { csrf: csrfIn(page.text) }), { status: 403 })
  t.equal(await stateOf(id), 'waiting')
  const words = (await ledgerOf(gateway.dataDir)).filter((entry) => entry.kind === 'decision' && entry.input.kind === 'approval' && entry.input.approval?.id === id)
  t.match(words, [{ input: { actor: { id: 'dan' } }, decision: { verdict: 'deny' } }])
})

await t.test('in a browser: a link in a chat, a login, the call, a click; signed in, the next link opens at once', async (t) => {
  const browser = await openBrowser(t)
  const profile = await browser.profile()
  const [first, second] = [await held('in a browser'), await held('once more')]
  const page = await profile.newPage()
  await page.goto(await openSite(t, 'chat.test', `<a href="${first.approve.replaceAll('&', '&amp;')}">answer</a>`))
  await page.getByText('answer').click()
  await page.getByText('Sign in', { exact: true }).click()
  await page.locator('[name=login]').fill('bob')
  await page.locator('[name=password]').fill('any')
  await page.locator('[type=submit]').click()
  await page.locator('[type=submit]').click()
  await page.getByRole('button', { name: 'Approve' }).waitFor()
  t.match(await page.locator('pre').innerText(), 'in a browser')
  const fields = [...new URL(second.approve).searchParams].map(([name, value]) => `<input name="${name}" value="${value}">`).join('')
  const attack = await profile.newPage()
  const evil = await openSite(t, 'evil.test', `<form method="post" action="${gateway.url}/weir/approve">${fields}</form><script>document.forms[0].submit()</script>`)
  const [answer] = await Promise.all([attack.waitForResponse((response) => response.url().endsWith('/weir/approve')), attack.goto(evil)])
  t.ok([401, 403].includes(answer.status()))
  t.same([await stateOf(first.id), await stateOf(second.id)], ['waiting', 'waiting'])
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('heading', { name: 'Approved' }).waitFor()
  t.equal(await stateOf(first.id), 'given')
  await page.goto(await openSite(t, 'chat.test', `<a href="${second.deny.replaceAll('&', '&amp;')}">answer</a>`))
  await page.getByText('answer').click()
  await page.locator('textarea').fill('not today')
  await page.getByRole('button', { name: 'Deny' }).click()
  await page.getByRole('heading', { name: 'Denied' }).waitFor()
  t.equal(await stateOf(second.id), 'refused')
  await profile.close()
})
