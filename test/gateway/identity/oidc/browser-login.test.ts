import t from 'tap'
import { createBrowserSessions, isSafeForCookies } from '../../../../gateway/http/browser-sessions.ts'
import { cookieOf } from '../../../../gateway/http/cookies.ts'
import { ownPath } from '../../../../gateway/identity/oidc/code-login.ts'
import { openInProcessGateway } from '../../../support/in-process-gateway.ts'
import { ledgerOf } from '../../../support/ledger-of.ts'
import { logInAt } from '../../../support/login-browser.ts'
import { CLIENT_ID, startOidcServer } from '../../../support/oidc-server.ts'
import { until } from '../../../support/until.ts'

// A real gateway, a real identity provider, and a person whose browser follows redirects and keeps cookies.
const idp = await startOidcServer(t)
idp.groups.set('alice', ['devs'])
const { url, dataDir } = await openInProcessGateway(t, {
  data: { groups: { roles: [{ group: 'devs', role: 'author' }] } },
  settings: { oidc: { issuer: idp.issuer, clientId: CLIENT_ID, scopes: 'openid offline_access' } },
})
const OWN = { 'sec-fetch-site': 'same-origin' }
type Cookies = Map<string, string>

const sent = (cookies: Cookies): string => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')

async function ask (path: string, cookies: Cookies, init: { method?: string, headers?: Record<string, string>, body?: string } = {}): Promise<Response> {
  return await fetch(`${url}${path}`, { redirect: 'manual', ...init, headers: { cookie: sent(cookies), ...init.headers } })
}

async function loggedIn (account = 'alice'): Promise<{ cookies: Cookies, csrf: string, page: string }> {
  const cookies: Cookies = new Map()
  const page = await logInAt(`${url}/weir/auth/login?to=/weir/auth/session`, account, 'confirm', cookies)
  const { csrf } = await (await ask('/weir/auth/session', cookies)).json() as { csrf: string }
  return { cookies, csrf, page }
}

/** Begins a login and stops where the identity provider asks who it is. */
async function begun (): Promise<{ cookies: Cookies, state: string, nonce: string }> {
  const response = await ask('/weir/auth/login', new Map())
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(response.headers.get('set-cookie') ?? '') ?? []
  const asked = new URL(response.headers.get('location') ?? '').searchParams
  return { cookies: new Map([[name, value]]), state: asked.get('state') ?? '', nonce: asked.get('nonce') ?? '' }
}

const comeBack = async (query: string, cookies: Cookies): Promise<number> => (await ask(`/weir/auth/callback?${query}`, cookies)).status

const { cookies, csrf, page } = await loggedIn()
const token = cookies.get('weir-session') ?? ''

await t.test('a person logs in with a browser and has a session that says who they are', async (t) => {
  t.match(page, /content="0;url=\/weir\/auth\/session"/)
  t.match(await (await ask('/weir/auth/session', cookies)).json(), { actor: 'alice', role: 'author', groups: ['devs'], csrf: /^[\w-]{43}$/ })
  t.equal(cookies.get('weir-login'), '', 'of the login itself nothing is left')
})

await t.test('a login asks for a code with PKCE, state and nonce, and its cookies are for no script and no other site', async (t) => {
  const response = await ask('/weir/auth/login', new Map())
  const to = new URL(response.headers.get('location') ?? '')
  t.match(Object.fromEntries(to.searchParams), { response_type: 'code', client_id: CLIENT_ID, scope: 'openid', code_challenge_method: 'S256', code_challenge: /^[\w-]{43}$/, state: /^[\w-]{43}$/, nonce: /^[\w-]{43}$/ })
  t.match(response.headers.get('set-cookie'), /^weir-login=[^;]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/)
  t.notMatch(response.headers.get('set-cookie'), new RegExp(to.searchParams.get('state') ?? ''), 'sealed')
  const sessions = createBrowserSessions({ secret: new Uint8Array(32), publicUrl: () => 'https://weir.acme.test' })
  t.equal(sessions.cookie('x', 60), '__Host-weir-session=x; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure')
  t.throws(() => sessions.cookie('x'.repeat(4_000), 60), { code: 'WEIR_ERR_AUTH_INVALID' })
  t.same(['https://weir.acme.test', 'http://127.0.0.1:1', 'http://[::1]:1', 'http://weir.acme.test', 'http://127.0.0.1.acme.test'].map(isSafeForCookies), [true, true, true, false, false])
})

await t.test('the cookie opens Weir\'s own API and nothing of the agent, the models or the web interface', async (t) => {
  t.equal((await ask('/weir/api/v1/roles/author', cookies)).status, 200)
  for (const path of ['/session', '/event', '/', '/assets/x.js', '/weir/model/demo/v1/models', '/weir/metrics', '/weir/api/../../session', '/weir/api/v1/%2e%2e/%2e%2e/session']) t.equal((await ask(path, cookies, { headers: OWN })).status, 401, path)
  const own = await ask('/weir/api/v1/roles/author', cookies, { headers: { authorization: 'Bearer nothing' } })
  t.equal(own.status, 401, 'a credential that was sent is the one that counts')
})

const QUESTION = JSON.stringify({ protocol: 'opencode', tool: 'read', args: { filePath: 'src/a.ts' } })
const write = async (headers: Record<string, string>): Promise<number> => (await ask('/weir/api/v1/decisions', cookies, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: QUESTION })).status

await t.test('writes need what only the gateway\'s own pages can read', async (t) => {
  t.equal(await write({ ...OWN, 'x-weir-csrf': csrf }), 200)
  t.equal(await write({ ...OWN }), 403)
  t.equal(await write({ ...OWN, 'x-weir-csrf': `${csrf.slice(0, -1)}x` }), 403)
  const other = await loggedIn()
  t.equal(await write({ ...OWN, 'x-weir-csrf': other.csrf }), 403, 'that of another session')
})

await t.test('pages of other origins get nothing by it, also those on another port of the same host', async (t) => {
  for (const headers of [{ 'sec-fetch-site': 'same-site' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'http://127.0.0.1:1' }, { origin: 'null' }] as Array<Record<string, string>>) {
    t.equal(await write({ ...headers, 'x-weir-csrf': csrf }), 403, JSON.stringify(headers))
    t.equal((await ask('/weir/auth/session', cookies, { headers })).status, 403, JSON.stringify(headers))
  }
  t.equal((await ask('/weir/auth/session', cookies, { headers: { 'sec-fetch-site': 'none' } })).status, 200, 'an address that was typed in')
})

await t.test('a login ends only in the browser it began in, once, and with its own state, code and nonce', async (t) => {
  const [one, two] = [await begun(), await begun()]
  t.equal(await comeBack(`code=x&state=${one.state}`, new Map()), 401, 'without the cookie')
  t.equal(await comeBack(`code=x&state=${one.state}`, two.cookies), 401, 'in another browser')
  t.equal(await comeBack(`code=x&state=${one.state}&state=${one.state}`, one.cookies), 401)
  t.equal(await comeBack(`code=made-up&state=${one.state}`, one.cookies), 401)
  t.equal(await comeBack(`error=access_denied&state=${one.state}`, one.cookies), 401)
  t.equal(await comeBack('', new Map([['weir-login', `${one.cookies.get('weir-login')?.slice(0, -2)}xx`]])), 401, 'a cookie that was changed')
  // A provider that takes any code, and answers with the token of a login.
  let nonce = two.nonce
  let posted = ''
  idp.replace((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => { posted += text }).on('end', () => {
      void idp.sign({ nonce }).then((token) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ access_token: 'x', token_type: 'bearer', id_token: token })))
    })
  })
  const answer = async (state: string): Promise<number> => await comeBack(`code=x&state=${state}&iss=${encodeURIComponent(idp.issuer)}`, one.cookies)
  t.equal(await answer(one.state), 401, 'a token of another login')
  nonce = one.nonce
  t.equal(await answer(two.state), 401, 'a code of another login')
  t.equal(await answer(one.state), 200)
  t.match(posted, /code_verifier=/)
  idp.replace(null)
})

await t.test('after a login nobody is sent to another site', async (t) => {
  for (const to of ['https://evil.test', '//evil.test', '/\\evil.test', '/weir//evil.test', '/session', '/weir/x"><script>', 'javascript:alert(1)', `/weir/${'x'.repeat(2_000)}`, undefined]) t.equal(ownPath(to), '/weir/auth/session', String(to))
  t.equal(ownPath('/weir/console/approvals?state=waiting&page=2'), '/weir/console/approvals?state=waiting&page=2')
})

await t.test('two cookies of one name are none, so that another page cannot put its own before', async (t) => {
  t.equal(cookieOf('a=1; weir-session=x', 'weir-session'), 'x')
  t.equal(cookieOf('weir-session=y; weir-session=x', 'weir-session'), null)
  t.equal(cookieOf('xweir-session=y', 'weir-session'), null)
})

await t.test('a logout needs the page\'s token and revokes the session for good', async (t) => {
  t.equal((await ask('/weir/auth/logout', cookies, { method: 'POST', headers: OWN })).status, 403)
  t.equal((await ask('/weir/auth/session', cookies)).status, 200)
  const response = await ask('/weir/auth/logout', cookies, { method: 'POST', headers: { ...OWN, 'x-weir-csrf': csrf } })
  t.equal(response.status, 204)
  t.match(response.headers.get('set-cookie'), /^weir-session=; Path=\/; Max-Age=0;/)
  t.equal((await ask('/weir/auth/session', cookies)).status, 401)
  t.equal((await fetch(`${url}/weir/api/v1/roles/author`, { headers: { authorization: `Bearer ${token}` } })).status, 401)
})

await t.test('the ledger names logins, refusals and logouts, and holds no token', async (t) => {
  await until(async () => (await ledgerOf(dataDir)).some((entry) => entry.kind === 'event' && entry.name === 'login-refused'))
  const entries = await ledgerOf(dataDir)
  for (const name of ['token-issued', 'logged-out', 'token-revoked']) t.ok(entries.some((entry) => entry.kind === 'event' && entry.name === name), name)
  t.notOk(JSON.stringify(entries).includes(token.slice(-40)))
})
