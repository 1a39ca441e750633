import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { WebSocket } from 'undici'
import { readConsole } from '../../gateway/console/console-assets.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { openEngine } from '../gateway/policy/opened-policy.ts'
import { openBrowser } from '../support/browser.ts'
import { testFolder } from '../support/test-folder.ts'
import { until } from '../support/until.ts'
import { openStage, toolResults } from '../support/weir-stage.ts'

const WAIT_MS = 120_000 // an agent starts in two seconds on a free machine
const HOSTILE = '<img src=x onerror=alert(1)>'
const AXE = join(packageRoot(), 'node_modules', 'axe-core', 'axe.min.js')
// For a person to look at; thrown away with the build.
const PICTURES = join(packageRoot(), 'dist', 'console-pictures')
mkdirSync(PICTURES, { recursive: true })

const MAX_GZIPPED = { all: 250_000, first: 64_000 }

// As shipped, with terminals for contributors and a budget to look at.
const policies = join(testFolder(t), 'policies')
cpSync(join(packageRoot(), 'policies'), policies, { recursive: true })
const routesFile = join(policies, 'weir/data/routes/data.json')
const routes = JSON.parse(readFileSync(routesFile, 'utf8')) as { contributor: { all: string[] } }
routes.contributor.all.push('pty')
writeFileSync(routesFile, JSON.stringify(routes))
mkdirSync(join(policies, 'weir/data/budgets'))
writeFileSync(join(policies, 'weir/data/budgets/data.json'), JSON.stringify({ shop: { per: ['app', 'environment'], limits: { usd_per_day: 100 } } }))

const stage = await openStage(t, { approvals: { hold: '2m' }, policies })
const carol = stage.tokenFor('contributor', 'carol@acme.test')
const tokens = { operator: stage.tokenFor('operator', 'olga@acme.test'), approver: stage.tokenFor('approver', 'bob@acme.test'), contributor: carol }
const browser = await openBrowser(t)
const agentSession = (JSON.parse((await stage.call('POST', '/session', carol, {})).text) as { id: string }).id
const prompt = async (text: string): Promise<string> => (await stage.call('POST', `/session/${agentSession}/message`, carol, { model: { providerID: 'scripted', modelID: 'model-1' }, parts: [{ type: 'text', text }] })).text

interface Signed { readonly page: Page, readonly context: BrowserContext, readonly complaints: readonly string[] }

/** Somebody at the console, signed in with a token. `complaints`: what the page threw, what the browser refused it, and what it popped up. */
async function signedIn (role: keyof typeof tokens): Promise<Signed> {
  const context = await browser.profile()
  context.setDefaultTimeout(WAIT_MS)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('dialog', (dialog) => {
    // The console's own questions; everything else was popped up by what it shows.
    const isOwn = /^(Stop|Promote|Roll) .*\?/.test(dialog.message())
    if (!isOwn) complaints.push(dialog.message())
    void (isOwn ? dialog.accept() : dialog.dismiss())
  })
  page.on('console', (message) => { if (/Content Security Policy|TrustedHTML/.test(message.text())) complaints.push(message.text()) })
  await page.goto(`${stage.gateway.url}/weir/console`)
  await page.getByLabel('Token').fill(tokens[role])
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation').waitFor()
  return { page, context, complaints }
}

const olga = await signedIn('operator')
const bob = await signedIn('approver')
const view = async (page: Page, name: string): Promise<void> => {
  await page.getByRole('navigation').getByRole('link', { name }).click()
  await page.getByRole('heading', { level: 1 }).first().waitFor()
}

await t.test('a token is exchanged for a cookie that no script can read, and stays nowhere else', async (t) => {
  const [cookie] = await olga.context.cookies()
  t.match(cookie, { name: 'weir-session', httpOnly: true, sameSite: 'Strict', path: '/' })
  const readable = await olga.page.evaluate('JSON.stringify([document.cookie, localStorage, sessionStorage, location.href, document.documentElement.outerHTML])')
  t.notMatch(String(readable), tokens.operator)
  const wrong = await olga.page.evaluate(async () => (await fetch('/weir/auth/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"token":"nothing"}' })).status)
  t.equal(wrong, 401)
})

await t.test('the console runs nothing but its own files, in no frame, and writes only with the token of its own page', async (t) => {
  const answer = await fetch(`${stage.gateway.url}/weir/console/audit`)
  const policy = answer.headers.get('content-security-policy') ?? ''
  for (const part of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) t.ok(policy.split('; ').includes(part), part)
  t.match(Object.fromEntries(answer.headers), { 'x-frame-options': 'DENY', 'cache-control': 'no-cache', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' })
  const cookie = (await olga.context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  const forged = async (path: string, headers: Record<string, string>): Promise<number> => (await fetch(`${stage.gateway.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', cookie, ...headers }, body: '{"reason":"forged","token":"x"}' })).status
  t.equal(await forged('/weir/api/v1/approvals/apr_1/deny', { 'sec-fetch-site': 'same-origin' }), 403, 'without its token')
  t.equal(await forged('/weir/api/v1/approvals/apr_1/deny', { origin: 'http://evil.test', 'sec-fetch-site': 'cross-site' }), 403, 'from elsewhere')
  t.equal(await forged('/weir/auth/session', { origin: 'http://evil.test', 'sec-fetch-site': 'cross-site' }), 403, 'nobody is signed in from elsewhere')
  const { page, files } = readConsole()
  const names = [...page.bytes.toString().matchAll(/assets\/([^"]+)/g)].map(([, name = '']) => name)
  const sizeOf = (wanted: readonly string[]): number => wanted.reduce((sum, name) => sum + (files.get(name)?.gzip.length ?? 0), page.gzip.length)
  t.ok(sizeOf(names) < MAX_GZIPPED.first, `the page takes ${sizeOf(names)} bytes`)
  t.ok(sizeOf([...files.keys()]) < MAX_GZIPPED.all, `all of it takes ${sizeOf([...files.keys()])} bytes`)
  t.match((await fetch(`${stage.gateway.url}/weir/console/assets/${names[0]}`)).headers.get('cache-control'), 'immutable')
  for (const path of ['/weir/console/assets/nothing.js', '/weir/console/assets/..%2f..%2fpackage.json']) t.equal((await fetch(stage.gateway.url + path)).status, 404, path)
})

await t.test('a denied call appears while one looks, and its proof is checked in the browser', async (t) => {
  const { page } = olga
  await page.getByText('open', { exact: true }).waitFor()
  stage.provider.script('CONSOLE-DENIED', [{ calls: [['bash', { command: `cat .env # ${HOSTILE}`, description: 'reads' }]] }, { text: 'It was refused.' }])
  await prompt('CONSOLE-DENIED')
  const row = page.getByRole('listitem').filter({ hasText: 'secret_paths.secret_touched' }).first()
  await row.waitFor()
  t.match(await row.innerText(), HOSTILE, 'as text')
  await row.getByRole('link').click()
  await page.getByRole('button', { name: 'Check the proof' }).click()
  await page.getByText('The proof holds').waitFor()
  await looksWell(t, page, 'entry')
  const wrongKey = `${stage.dir.length}+00000000+AQ==`
  await page.getByLabel('Verifier key of your own keeping').fill(wrongKey)
  await page.getByRole('button', { name: 'Check the proof' }).click()
  await page.getByText('This is not an Ed25519 verifier key.').waitFor()
  t.same(olga.complaints, [])
})

await t.test('an entry that is not what was signed is found out by the browser', async (t) => {
  const { page } = olga
  await page.route(/\/audit\/entries\//, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: (await response.text()).replaceAll('"deny"', '"allow"') })
  })
  await page.reload()
  await page.getByRole('button', { name: 'Check the proof' }).click()
  const said = page.getByRole('status').filter({ hasText: 'The entry is not the one that was signed' })
  await said.waitFor()
  t.notMatch(await said.innerText(), 'The proof holds')
  await page.unroute(/\/audit\/entries\//)
})

await t.test('a second person approves a queued edit, and the agent goes on; nobody approves their own', async (t) => {
  stage.provider.script('CONSOLE-HELD', [{ calls: [['write', { filePath: '/workspace/src/held.js', content: `// ${HOSTILE}\nexport const held = 1\n` }]] }, { text: 'It is written.' }])
  const going = prompt('CONSOLE-HELD')
  const own = await signedIn('contributor')
  await view(own.page, 'Approvals')
  await own.page.getByRole('link', { name: /held\.js/ }).click()
  await own.page.getByText('four eyes').waitFor()
  await own.page.getByRole('button', { name: 'Approve' }).click()
  await own.page.getByRole('alert').getByText('Policy does not let you').waitFor()
  await own.page.getByText('Four eyes: carol@acme.test asked for this call').waitFor()
  await own.context.close()

  await view(olga.page, 'Live')
  await olga.page.getByRole('cell', { name: 'working, 1 waiting' }).waitFor()
  await view(bob.page, 'Approvals')
  await bob.page.getByRole('link', { name: /held\.js/ }).click()
  await bob.page.getByText(HOSTILE).first().waitFor()
  await bob.page.getByText('grants.needs_approval').waitFor()
  await bob.page.locator('.token-keyword').getByText('export').first().waitFor()
  await bob.page.keyboard.press('a')
  await bob.page.getByText('Nothing waits for an answer').waitFor()
  t.match(await going, 'It is written.')
  await olga.page.getByRole('cell', { name: 'idle', exact: true }).waitFor()
  t.match(toolResults(stage.provider.requests.findLast(({ body }) => body.tools !== undefined)), /Wrote file/i)
  await until(() => stage.git('ls-tree', '--name-only', 'weir/dev', 'src/').includes('src/held.js'))
  t.match(stage.git('show', 'weir/dev:src/held.js'), 'export const held = 1')
  t.same(bob.complaints, [])
})

await t.test('a call that waits is denied with a reason, which the agent reads', async (t) => {
  stage.provider.script('CONSOLE-NO', [{ calls: [['write', { filePath: '/workspace/src/cart.js', content: 'export {}\n' }]] }, { text: `So be it. ${HOSTILE}` }])
  const going = prompt('CONSOLE-NO')
  await bob.page.getByRole('link', { name: /src\/cart/ }).click()
  await bob.page.locator('figure.diff .gone').filter({ hasText: 'items.reduce' }).first().waitFor()
  await bob.page.locator('figure.diff .new').filter({ hasText: 'export {}' }).first().waitFor()
  await looksWell(t, bob.page, 'approval')
  await bob.page.getByLabel('Reason').fill(`Not in this release. ${HOSTILE}`)
  await bob.page.getByRole('button', { name: 'Deny' }).click()
  t.match(await going, 'So be it.')
  t.match(toolResults(stage.provider.requests.findLast(({ body }) => body.tools !== undefined)), 'Not in this release.')
  await bob.page.getByLabel('State').selectOption('refused')
  await bob.page.getByRole('link', { name: /src\/cart/ }).click()
  await bob.page.getByText(`Not in this release. ${HOSTILE}`).waitFor()
  t.same(bob.complaints, [], 'paths and reasons are text')
})

await t.test('the ledger is searched by a link that shows others the same, and shows each what policy lets them see', async (t) => {
  const { page } = olga
  await stage.call('POST', '/weir/api/v1/decisions', carol, { protocol: 'opencode', tool: 'write', args: { filePath: `/workspace/src/${HOSTILE}.js`, content: '' } })
  await page.goto(`${stage.gateway.url}/weir/console/audit?actor=carol%40acme.test`)
  await page.getByRole('cell', { name: HOSTILE }).first().waitFor()
  await page.goto(`${stage.gateway.url}/weir/console/audit?verdict=deny&rule=secret_paths.secret_touched`)
  await page.getByRole('cell', { name: 'secret_paths.secret_touched' }).first().waitFor()
  t.equal(await page.getByLabel('Verdict').inputValue(), 'deny')
  const [csv] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export as CSV' }).click()])
  t.match(readFileSync(await csv.path(), 'utf8'), /^index,time,[^\r]*\r\n\d+,[^\r]*,deny,secret_paths\.secret_touched,carol@acme\.test,shop,DEV,/)
  await page.getByLabel('Path class').selectOption('secret')
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByRole('cell', { name: 'secret_paths.secret_touched' }).first().waitFor()
  await page.getByRole('navigation', { name: 'Environment' }).getByRole('link', { name: 'PROD' }).click()
  await page.getByText('No entry matches').waitFor()
  t.match(page.url(), /class=secret.*env=PROD|env=PROD.*class=secret/)
  await bob.page.goto(`${stage.gateway.url}/weir/console/audit?verdict=deny&rule=secret_paths.secret_touched`)
  await bob.page.getByText('No entry matches').waitFor()
  await bob.page.goto(`${stage.gateway.url}/weir/console/policy`)
  await bob.page.getByText('Policy does not let you').waitFor()
})

await t.test('a session is told from its start, and its terminal is played', async (t) => {
  const { page } = olga
  const recording = await terminal()
  await page.goto(`${stage.gateway.url}/weir/console/live`)
  await page.getByRole('table').getByRole('link').first().click()
  await page.getByText('session-started').waitFor()
  await page.getByText('cat .env').first().waitFor()
  await page.getByText('prompt-sent').first().waitFor()
  await until(async () => {
    await page.reload()
    await page.getByText('cat .env').first().waitFor()
    return await page.getByRole('button', { name: 'Play the terminal' }).count() > 0
  })
  // As if a program had written it there.
  await page.route(/\/audit\/recordings\//, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: (await response.text()).replace('weir:', `${HOSTILE} weir:`) })
  })
  await page.getByRole('button', { name: 'Play the terminal' }).click()
  await page.getByLabel('Speed').selectOption('8')
  await page.getByRole('button', { name: 'Play', exact: true }).click()
  await page.getByRole('button', { name: 'Play again' }).waitFor()
  const screen = page.getByLabel('Screen of the terminal')
  await screen.getByText('weir:').first().waitFor()
  t.match(await screen.innerText(), HOSTILE, 'as text')
  await page.getByLabel('Position, seconds').fill('0')
  await until(async () => !(await screen.innerText()).includes('weir:'))
  await looksWell(t, page, 'session')
  t.match((await stage.call('GET', `/weir/api/v1/audit/recordings/${recording}`, tokens.operator)).status, 200)
  t.same(olga.complaints, [])
})

await t.test('the playground answers a question and says why, and a candidate is replayed', async (t) => {
  const { page } = olga
  await view(page, 'Policy')
  await page.getByText('Playground').click()
  await page.getByRole('button', { name: 'Take the last tool call' }).click()
  const question = page.getByLabel('Input (JSON)')
  await until(async () => /"kind": "tool-call"/.test(await question.inputValue()))
  await question.fill((await question.inputValue()).replace(/"environment": "DEV"/, '"environment": "PROD"'))
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.getByRole('status').locator('.verdict.deny').first().waitFor()
  const nearly = page.getByRole('heading', { name: 'Rules that nearly fired' })
  await nearly.waitFor()
  t.ok(await page.locator('.stopped').count() > 0)
  await page.getByText('History of revisions').click()
  await page.getByText('loaded, in force now').first().waitFor()
  await page.getByText('Replay: what another policy').click()
  const bundle = { name: 'bundle.tar.gz', mimeType: 'application/gzip', buffer: Buffer.from((await openEngine(policies)).archive()) }
  await page.getByLabel('Bundle').setInputFiles(bundle)
  await page.getByRole('button', { name: 'Replay' }).click()
  const report = page.getByRole('status').filter({ hasText: 'Candidate' })
  await report.or(page.getByRole('alert')).first().waitFor()
  t.match(await page.locator('main').innerText(), 'Every decision would be the same')
  t.match(await page.getByRole('listitem').filter({ hasText: 'secret_paths.secret_touched' }).last().innerText(), /\d+ hits?, last/)
  await looksWell(t, page, 'policy')
})

await t.test('what a commit changed is shown to who may see its entry and read its files', async (t) => {
  const change = (await stage.ledger()).findLast((entry) => entry.kind === 'event' && entry.name === 'change-set-committed')
  const at = (index: number | undefined): string => `/weir/api/v1/audit/entries/${String(index)}/diff`
  const { status, text } = await stage.call('GET', at(change?.index), tokens.operator)
  t.equal(status, 200)
  t.match(JSON.parse(text), { isWhole: true, diff: /export const held = 1/ })
  t.match((await stage.ledger()).findLast((entry) => entry.kind === 'decision' && entry.input.kind === 'tool-call'), { input: { actor: { id: 'olga@acme.test' }, tool: { name: 'read-file' }, targets: [{ path: 'src/held.js', class: 'source', access: 'read' }] }, decision: { verdict: 'allow' } })
  t.equal((await stage.call('GET', at(change?.index), stage.tokenFor('author', 'mallory@acme.test'))).status, 404, 'sees her own entries')
  t.equal((await stage.call('GET', at(0), tokens.operator)).status, 404)
  await olga.page.goto(`${stage.gateway.url}/weir/console/sessions/${change?.kind === 'event' ? String(change.session) : ''}`)
  await olga.page.getByText('What was changed').first().click()
  await olga.page.locator('figure.diff .new').filter({ hasText: 'export const held = 1' }).first().waitFor()
})

await t.test('spend is shown by actor and day beside its budget, and changes with what is spent', async (t) => {
  const { page } = olga
  const requests = async (): Promise<number> => Number(await page.getByRole('row', { name: /^carol@acme\.test/ }).first().locator('td').nth(3).innerText())
  await view(page, 'Spend')
  await page.getByRole('row', { name: /^carol@acme\.test/ }).first().waitFor()
  const before = await requests()
  t.match(await page.getByRole('row', { name: /^carol@acme\.test/ }).first().innerText(), /0\.\d*[1-9]\d*/)
  await page.getByRole('img', { name: /Spend on models by day/ }).locator('canvas').waitFor()
  await page.getByRole('row', { name: /shop app shop, environment DEV usd_per_day/ }).waitFor()
  stage.provider.script('CONSOLE-MORE', [{ text: 'More was spent.' }])
  await prompt('CONSOLE-MORE')
  await until(async () => {
    await page.reload()
    await page.getByRole('row', { name: /^carol@acme\.test/ }).first().waitFor()
    return await requests() > before
  })
})

await t.test('a release is promoted, and what policy refuses is said', async () => {
  const { page } = olga
  const made = await stage.call('POST', '/weir/api/v1/releases', tokens.operator)
  const { id } = JSON.parse(made.text) as { id: string }
  await view(page, 'Releases')
  const row = page.getByRole('row', { name: new RegExp(id) }).first()
  await row.getByRole('button', { name: 'PROD' }).click()
  await page.getByRole('alert').waitFor()
  await row.getByRole('button', { name: 'DEV' }).click()
  await page.getByText(`Done: Promote ${id} to DEV`).waitFor()
  await page.getByRole('heading', { name: 'History' }).waitFor()
})

await t.test('a lost connection is told and made up for', async () => {
  const { page } = olga
  await view(page, 'Live')
  await page.getByText('open', { exact: true }).waitFor()
  // What a gateway says that is not ready yet ends a browser's own attempts.
  await page.route(/\/audit\/stream/, (route) => route.fulfill({ status: 503 }), { times: 1 })
  await stage.restart({ samePort: true })
  await page.getByText('connection lost, trying again').waitFor()
  await page.getByText('open', { exact: true }).waitFor()
  await stage.call('POST', '/weir/api/v1/decisions', carol, { protocol: 'opencode', tool: 'read', args: { filePath: '/workspace/.env' } })
  await page.getByRole('listitem').filter({ hasText: 'read .env' }).first().waitFor()
})

await t.test('every view can be used with a keyboard and a screen reader, in both schemes and on a tablet', async (t) => {
  const { page } = olga
  for (const name of ['Live', 'Approvals', 'Audit', 'Policy', 'Spend', 'Releases']) {
    await view(page, name)
    await page.getByText('Loading …').first().waitFor({ state: 'hidden' })
    if (name !== 'Policy') await looksWell(t, page, name.toLowerCase()) // which was looked at with all of it open
  }
  await page.setViewportSize({ width: 820, height: 1_180 })
  for (const name of ['Live', 'Approvals', 'Audit', 'Policy', 'Spend', 'Releases']) {
    await view(page, name)
    await page.getByText('Loading …').first().waitFor({ state: 'hidden' })
    await picture(page, `${name.toLowerCase()}-tablet`)
    t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${name} fits a tablet`)
  }
  t.same(olga.complaints, [])
})

await t.test('a session is stopped by whoever may, and by nobody else', async (t) => {
  const { page } = olga
  t.equal((await stage.call('POST', '/session', carol, {})).status, 200)
  await view(page, 'Live')
  const stop = page.getByRole('button', { name: /^Stop session/ }).first()
  const id = (await stop.getAttribute('aria-label'))?.replace('Stop session ', '') ?? ''
  t.equal((await stage.call('POST', `/weir/api/v1/sessions/${id}/stop`, stage.tokenFor('author', 'mallory@acme.test'))).status, 404)
  t.equal((await stage.call('POST', `/weir/api/v1/sessions/${id}/stop`, stage.tokenFor('auditor'))).status, 403)
  await stop.click()
  await page.getByText("Nobody's agent is running").waitFor()
  t.match((await stage.ledger()).findLast((entry) => entry.kind === 'event' && entry.name === 'session-stopped'), { session: id, detail: { reason: 'stopped-by-request' } })
})

await t.test('who signs out leaves no session, and the token stays good', async (t) => {
  await bob.page.getByRole('button', { name: 'Sign out' }).click()
  await bob.page.getByLabel('Token').waitFor()
  await looksWell(t, bob.page, 'sign-in')
  t.same(await bob.context.cookies(), [])
  t.equal((await stage.call('GET', '/weir/api/v1/approvals', tokens.approver)).status, 200)
})

/** For a person to look at. */
async function picture (page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true })
}

/** In both schemes: a picture, and whether everybody can read it. */
async function looksWell (t: Test, page: Page, name: string): Promise<void> {
  for (const scheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme: scheme })
    await picture(page, `${name}-${scheme}`)
    t.same(await seriousFaults(page), [], `${name}, ${scheme}`)
  }
}

/** A terminal of carol's, in which the gateway says why no shell runs there. @returns the recording's id */
async function terminal (): Promise<string> {
  const { id } = JSON.parse((await stage.call('POST', '/pty', carol, {})).text) as { id: string }
  const socket = new WebSocket(`${stage.gateway.url.replace('http', 'ws')}/pty/${id}/connect`, { headers: { authorization: `Bearer ${carol}` } })
  await new Promise((resolve, reject) => {
    socket.addEventListener('close', resolve)
    socket.addEventListener('error', reject)
  })
  let recording = ''
  await until(async () => {
    const closed = (await stage.ledger()).findLast((entry) => entry.kind === 'event' && entry.name === 'terminal-closed')
    recording = closed?.kind === 'event' ? String(closed.detail['recording']) : ''
    return recording !== ''
  })
  return recording
}

/** What axe finds that is serious or worse. It comes in beside the page's policy, as an extension of the browser would. */
async function seriousFaults (page: Page): Promise<unknown> {
  const tools = await page.context().newCDPSession(page)
  await tools.send('Runtime.evaluate', { expression: readFileSync(AXE, 'utf8') })
  const { result } = await tools.send('Runtime.evaluate', {
    expression: 'axe.run().then(({ violations }) => violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html.slice(0, 200))]))',
    awaitPromise: true,
    returnByValue: true,
  })
  await tools.detach()
  return result.value as unknown
}
