import t from 'tap'
import { openBrowser } from '../../support/browser.ts'
import { openInProcessGateway } from '../../support/in-process-gateway.ts'
import { CLIENT_ID, startOidcServer } from '../../support/oidc-server.ts'

// A real gateway, a real identity provider and a real browser; no agent.
const idp = await startOidcServer(t)
idp.groups.set('alice', ['ops'])
const { url, tokenFor } = await openInProcessGateway(t, {
  data: { groups: { roles: [{ group: 'ops', role: 'operator' }] } },
  settings: { oidc: { issuer: idp.issuer, clientId: CLIENT_ID } },
})
const context = await (await openBrowser(t)).profile()
const page = await context.newPage()

await t.test('somebody signs in at their identity provider and comes back to the view they asked for', async (t) => {
  await page.goto(`${url}/weir/console/policy?search=secret`)
  await page.getByRole('link', { name: 'Sign in with your organisation' }).click()
  await page.locator('[name=login]').fill('alice')
  await page.locator('[name=password]').fill('any')
  await page.locator('[type=submit]').click()
  await page.locator('[type=submit]').click() // consent
  await page.getByRole('heading', { name: 'Policy', exact: true }).waitFor()
  t.match(page.url(), '/weir/console/policy?search=secret')
  t.match(await page.getByRole('banner').innerText(), /alice operator/)
  t.match((await context.cookies()).find(({ name }) => name === 'weir-session'), { httpOnly: true, sameSite: 'Strict' })
  const readable = await page.evaluate('JSON.stringify([document.cookie, localStorage, sessionStorage, location.href])')
  t.notMatch(String(readable), /eyJ/, 'no token where a script can read it')
})

await t.test('signing out ends the session for good', async (t) => {
  const [cookie] = (await context.cookies(url)).filter(({ name }) => name === 'weir-session')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Sign in with your organisation' }).waitFor()
  t.equal((await fetch(`${url}/weir/api/v1/policy`, { headers: { authorization: `Bearer ${cookie?.value ?? ''}` } })).status, 401)
})

await t.test('a token that was pasted leaves the browser, and stays good elsewhere', async (t) => {
  const token = tokenFor('operator', 'olga@acme.test')
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Sign in with your organisation' }).waitFor()
  t.same((await context.cookies(url)).filter(({ name }) => name === 'weir-session'), [])
  t.equal((await fetch(`${url}/weir/api/v1/policy`, { headers: { authorization: `Bearer ${token}` } })).status, 200)
})
