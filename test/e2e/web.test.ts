import type { BrowserContext, Page, Response } from 'playwright-core'
import t from 'tap'
import { openBrowser, openSite, promptPage } from '../support/browser.ts'
import { HOSTILE_PAGE } from '../support/hostile-page.ts'
import { openStage, PROVIDER_KEY } from '../support/weir-stage.ts'

const WAIT_MS = 120_000 // an agent starts in two seconds on a free machine
const WORKSPACE_PAGE = '/L3dvcmtzcGFjZQ/session'

const stage = await openStage(t)
const author = stage.tokenFor('author', 'alice@acme.test')
const browser = await openBrowser(t)
const alice = await browser.profile(author)
alice.setDefaultTimeout(WAIT_MS)
const seen = watch(alice)
const page = await alice.newPage()

await t.test('the web interface opens with a token alone, and its page may speak to the gateway only', async (t) => {
  const opened = await page.goto(stage.gateway.url + WORKSPACE_PAGE)
  const headers = opened?.headers() ?? {}
  t.equal(opened?.status(), 200)
  const policy = headers['content-security-policy'] ?? ''
  for (const part of ["default-src 'none'", "connect-src 'self' data: blob:", "img-src 'self' data: blob:", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"]) t.ok(policy.split('; ').includes(part), part)
  t.match(policy, /script-src 'self' 'wasm-unsafe-eval' 'sha256-[A-Za-z0-9+/=]{44}';/)
  t.match(headers, { 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'cross-origin-opener-policy': 'same-origin', 'cache-control': 'no-store' })
})

await t.test('a prompt is answered on the page, and what policy denies is shown with its rule', async (t) => {
  stage.provider.script('WEB-READ', [{ calls: [['read', { filePath: '/workspace/README.md' }]] }, { text: 'Read for the page.' }])
  stage.provider.script('WEB-SECRET', [{ calls: [['bash', { command: 'cat .env', description: 'reads' }]] }, { text: 'It was refused.' }])
  await promptPage(page, 'model-1', 'WEB-READ', 'Read for the page.')
  await promptPage(page, 'model-1', 'WEB-SECRET', 'It was refused.')
  t.match(await page.innerText('body'), /secret_paths\.secret_touched/)
  t.notMatch(await page.innerText('body'), /do-not-show/)
})

await t.test('no request left this gateway, and nothing that the page was sent holds a key, a host path or the content of a secret file', async (t) => {
  t.ok(seen.requests.length > 40, `${seen.requests.length} requests`)
  t.same(seen.requests.filter((url) => !/^(?:data|blob):/.test(url) && new URL(url).origin !== stage.gateway.url), [])
  const bodies = await Promise.all(seen.bodies)
  t.ok(bodies.filter((text) => text !== '').length > 30, 'most bodies were read')
  for (const secret of [PROVIDER_KEY, stage.dir, 'do-not-show', author]) t.notOk(bodies.some((text) => text.includes(secret)), secret.slice(0, 12))
  t.same(seen.answers.filter((answer) => answer.headers()['x-content-type-options'] !== 'nosniff' && answer.ok() && !answer.url().startsWith('data:')).map((answer) => answer.url()), [])
})

await t.test('a file of the interface is served as what its name says, and no other file is', async (t) => {
  const get = (path: string): Promise<globalThis.Response> => fetch(stage.gateway.url + path, { headers: { authorization: `Bearer ${author}` } })
  const html = await (await get('/')).text()
  const script = /\/assets\/index-[A-Za-z0-9_-]+\.js/.exec(html)?.[0] ?? ''
  const served = await get(script)
  t.match(Object.fromEntries(served.headers), { 'content-type': 'text/javascript; charset=utf-8', 'content-security-policy': /default-src 'none'.*sandbox/, 'cross-origin-resource-policy': 'same-origin' })
  for (const path of ['/assets/nothing.js', '/assets/index.html', '/assets/..%2fsession.js', '/nothing.png', '/assets/a.js/b.js', '/L3dvcmtzcGFjZQ/nothing', '/server/x']) t.equal((await get(path)).status, 404, path)
  t.equal((await fetch(stage.gateway.url + script)).status, 401)
})

await t.test('a page of another site can do nothing with a remembered credential, and link to the interface only', async (t) => {
  for (const [name, site] of [['carol@acme.test', await openSite(t, 'evil.test', HOSTILE_PAGE)], ['dora@acme.test', await openSite(t, '127.0.0.1', HOSTILE_PAGE)]] as const) {
    // Visitors of their own, whose browser has not run the interface: its last requests would be counted with those of the attack.
    const token = stage.tokenFor('author', name)
    const session = JSON.parse((await stage.call('POST', '/session', token, {})).text) as { id: string }
    const visitor = await browser.profile(token)
    visitor.setDefaultTimeout(WAIT_MS)
    const foreign = await visitor.newPage()
    t.equal((await foreign.goto(`${stage.gateway.url}/nothing.png`))?.status(), 404, 'the credential was asked for, and is remembered')
    const before = await asked(name)
    t.not(before, 0, 'what this visitor asks is counted')
    const all = watch(visitor).answers
    await attack(foreign, site, session.id)
    const answers = all.filter((answer) => answer.url().startsWith(stage.gateway.url))
    t.same([...new Set(answers.map((answer) => answer.status()))].filter((status) => ![401, 403].includes(status)), [], `${site} ${answers.map((answer) => `${answer.request().method()} ${answer.url()} ${answer.status()}`).join(', ')}`)
    // To another port of the same machine Chromium sends what it remembers; of another site it does not ask for a password.
    if (site.includes('127.0.0.1')) for (const [method, path] of [['POST', '/session'], ['GET', '/']] as const) t.ok(answers.some((answer) => answer.request().method() === method && new URL(answer.url()).pathname === path && answer.status() === 403), `a request with the credential arrived: ${method} ${path}`)
    t.equal(await asked(name), before, 'nothing was decided, so nothing happened')
    await Promise.all([foreign.waitForURL(`${stage.gateway.url}/`), foreign.evaluate(`location.href = '${stage.gateway.url}/'`)])
    t.equal(await foreign.title(), 'OpenCode')
    await visitor.close()
  }
})

await t.test('CVE-2026-22812: a page that calls the agent of a machine without any credential runs nothing', async (t) => {
  const nobody = await browser.profile()
  const { answers } = watch(nobody)
  const foreign = await nobody.newPage()
  await attack(foreign, await openSite(t, 'evil.test', HOSTILE_PAGE), 'ses_1')
  t.same([...new Set(answers.filter((answer) => answer.url().startsWith(stage.gateway.url)).map((answer) => answer.status()))], [401])
  const actors = new Set((await stage.ledger()).flatMap((entry) => entry.kind === 'decision' ? [entry.input.actor.id] : []))
  t.same([...actors].sort(), ['alice@acme.test', 'carol@acme.test', 'dora@acme.test'], 'nobody else had anything decided')
  await nobody.close()
})

await t.test('a name that somebody pointed at the gateway is not answered, whoever calls', async (t) => {
  const rebound = await alice.newPage()
  const { port } = new URL(stage.gateway.url)
  const answer = await rebound.goto(`http://rebound.test:${port}${WORKSPACE_PAGE}`)
  t.equal(answer?.status(), 421)
  t.match(await answer?.text(), /WEIR_ERR_HOST_UNKNOWN/)
  t.equal((await rebound.goto(`http://localhost:${port}/`))?.status(), 200)
  await rebound.close()
})

/** How many questions of this actor's clients were decided, the interface's own files aside: a browser asks for the icon of a page when it likes. */
async function asked (actor: string): Promise<number> {
  return (await stage.ledger()).filter((entry) => entry.kind === 'decision' && entry.input.kind === 'route' && entry.input.actor.id === actor && entry.input.route?.path !== '/').length
}

interface Seen { readonly requests: string[], readonly answers: Response[], readonly bodies: Array<Promise<string>> }

function watch (profile: BrowserContext): Seen {
  const seen: Seen = { requests: [], answers: [], bodies: [] }
  profile.on('request', (request) => { seen.requests.push(request.url()) })
  profile.on('response', (response) => {
    seen.answers.push(response)
    seen.bodies.push(textOf(response))
  })
  return seen
}

// A stream never ends; and what has no body, or was left before it came, has none to search.
async function textOf (answer: Response): Promise<string> {
  if (answer.headers()['content-type']?.startsWith('text/event-stream') === true) return ''
  return await answer.body().then((bytes) => bytes.toString('latin1'), () => '')
}

/** Opens the hostile page and waits until it has tried everything. */
async function attack (page: Page, site: string, session: string): Promise<void> {
  await page.goto(`${site}#${encodeURIComponent(`${stage.gateway.url} ${session}`)}`)
  await page.waitForFunction("document.title === 'done'")
}
