import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import { packageRoot } from '../../gateway/package-root.ts'
import { openBrowser } from '../support/browser.ts'
import { until } from '../support/until.ts'
import { openStage, toolResults } from '../support/weir-stage.ts'

const WAIT_MS = 120_000 // an agent starts in two seconds on a free machine
const HOSTILE = '<img src=x onerror=alert(1)>'
const AXE = join(packageRoot(), 'node_modules', 'axe-core', 'axe.min.js')
// For a person to look at; thrown away with the build.
const PICTURES = join(packageRoot(), 'dist', 'console-pictures')
mkdirSync(PICTURES, { recursive: true })

const stage = await openStage(t, { approvals: { hold: '2m' } })
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
  page.on('dialog', (dialog) => { complaints.push(dialog.message()); void dialog.dismiss() })
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
  await own.context.close()

  await view(bob.page, 'Approvals')
  await bob.page.getByRole('link', { name: /held\.js/ }).click()
  await bob.page.getByText(HOSTILE).first().waitFor()
  await bob.page.getByText('grants.needs_approval').waitFor()
  await bob.page.keyboard.press('a')
  await bob.page.getByText('Nothing waits for an answer').waitFor()
  t.match(await going, 'It is written.')
  t.match(toolResults(stage.provider.requests.findLast(({ body }) => body.tools !== undefined)), /Wrote file/i)
  await until(() => stage.git('ls-tree', '--name-only', 'weir/dev', 'src/').includes('src/held.js'))
  t.match(stage.git('show', 'weir/dev:src/held.js'), 'export const held = 1')
  t.same(bob.complaints, [])
})

await t.test('a call that waits is denied with a reason, which the agent reads', async (t) => {
  stage.provider.script('CONSOLE-NO', [{ calls: [['write', { filePath: '/workspace/src/no.js', content: 'export {}\n' }]] }, { text: 'So be it.' }])
  const going = prompt('CONSOLE-NO')
  await bob.page.getByRole('link', { name: /no\.js/ }).click()
  await bob.page.getByLabel('Reason').fill('Not in this release.')
  await bob.page.getByRole('button', { name: 'Deny' }).click()
  t.match(await going, 'So be it.')
  t.match(toolResults(stage.provider.requests.findLast(({ body }) => body.tools !== undefined)), 'Not in this release.')
})

await t.test('the ledger is searched by a link that shows others the same, and shows each what policy lets them see', async (t) => {
  const { page } = olga
  await page.goto(`${stage.gateway.url}/weir/console/audit?verdict=deny&rule=secret_paths.secret_touched`)
  await page.getByRole('cell', { name: 'secret_paths.secret_touched' }).first().waitFor()
  t.equal(await page.getByLabel('Verdict').inputValue(), 'deny')
  await bob.page.goto(`${stage.gateway.url}/weir/console/audit?verdict=deny&rule=secret_paths.secret_touched`)
  await bob.page.getByText('No entry matches').waitFor()
  await bob.page.goto(`${stage.gateway.url}/weir/console/policy`)
  await bob.page.getByText('Policy does not let you').waitFor()
})

await t.test('a session is told from its start', async () => {
  const { page } = olga
  await page.goto(`${stage.gateway.url}/weir/console/live`)
  await page.getByRole('table').getByRole('link').first().click()
  await page.getByText('session-started').waitFor()
  await page.getByText('cat .env').first().waitFor()
})

await t.test('the playground answers a question, and spend is shown', async (t) => {
  const { page } = olga
  await view(page, 'Policy')
  await page.getByText('Playground').click()
  await page.getByRole('button', { name: 'Take the last tool call' }).click()
  const question = page.getByLabel('Input (JSON)')
  await until(async () => /"kind": "tool-call"/.test(await question.inputValue()))
  await question.fill((await question.inputValue()).replace(/"environment": "DEV"/, '"environment": "PROD"'))
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.getByText('"verdict": "deny"').waitFor()
  await view(page, 'Spend')
  const row = page.getByRole('row', { name: /carol@acme\.test/ })
  await row.waitFor()
  t.match(await row.innerText(), /0\.\d*[1-9]\d*/)
})

await t.test('a lost connection is told and made up for', async () => {
  const { page } = olga
  await view(page, 'Live')
  await page.getByText('open', { exact: true }).waitFor()
  await stage.restart({ samePort: true })
  await page.getByText('connection lost, trying again').waitFor()
  await page.getByText('open', { exact: true }).waitFor()
  await stage.call('POST', '/weir/api/v1/decisions', carol, { protocol: 'opencode', tool: 'read', args: { filePath: '/workspace/.env' } })
  await page.getByRole('listitem').filter({ hasText: 'read .env' }).first().waitFor()
})

await t.test('every view can be used with a keyboard and a screen reader, in both schemes', async (t) => {
  const { page } = olga
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme })
    for (const name of ['Live', 'Approvals', 'Audit', 'Policy', 'Spend', 'Releases']) {
      await view(page, name)
      await page.getByText('Loading …').waitFor({ state: 'hidden' })
      await page.screenshot({ path: join(PICTURES, `${name.toLowerCase()}-${scheme}.png`), fullPage: false })
      t.same(await seriousFaults(page), [], `${name}, ${scheme}`)
    }
  }
  t.same(olga.complaints, [])
})

await t.test('who signs out leaves no session, and the token stays good', async (t) => {
  await bob.page.getByRole('button', { name: 'Sign out' }).click()
  await bob.page.getByLabel('Token').waitFor()
  t.same(await bob.context.cookies(), [])
  t.equal((await stage.call('GET', '/weir/api/v1/approvals', tokens.approver)).status, 200)
})

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
