import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium, type BrowserContext, type Page } from 'playwright-core'

// Every name under .test is this machine: a page of another site, and a name that was pointed here.
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--host-resolver-rules=MAP *.test 127.0.0.1']

interface Teardown { teardown (cleanUp: () => unknown): void }

export interface TestBrowser {
  /** A fresh profile of somebody who types this token when asked for a password, or nothing. */
  profile (token?: string): Promise<BrowserContext>
}

/** Debian's Chromium without a window. It ends with the test. */
export async function openBrowser (t: Teardown): Promise<TestBrowser> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS })
  t.teardown(() => browser.close())
  return { profile: (token) => browser.newContext(token === undefined ? {} : { httpCredentials: { username: 'opencode', password: token } }) }
}

/** A site of somebody else on this machine, with one page. */
export async function openSite (t: Teardown, name: string, html: string): Promise<string> {
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://${name}:${(server.address() as AddressInfo).port}/`
}

/** Types a prompt into the web interface and waits until the page shows the text. It takes prompts when it has the name of its model. */
export async function promptPage (page: Page, model: string, prompt: string, shown: string): Promise<void> {
  await page.getByText(model).last().waitFor()
  await page.locator('[contenteditable="true"]').first().click()
  await page.keyboard.type(prompt)
  await page.keyboard.press('Enter')
  await page.getByText(shown).first().waitFor()
}
