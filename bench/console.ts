// Question: how long until somebody who was never here can use the console? Unit: ms from the address to a page that answers, in Debian's
// Chromium with a profile of its own for every load, so that nothing is kept from the one before.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { atMost, median, plain, type Suite } from './figures.ts'
import { startGateway } from './gateway.ts'

const GOAL_MS = 1_000
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']

export const consoleSuite: Suite = async ({ quick, say }) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const gateway = await startGateway(dir, 'http://127.0.0.1:9')
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS })
  try {
    const [signIn, live]: [number[], number[]] = [[], []]
    for (let round = -1; round < (quick ? 3 : 11); round += 1) {
      const took = await loadOnce(browser, gateway)
      if (round < 0) continue // the browser itself comes from the disk
      say(`  round ${round + 1}  sign-in ${took.signIn.toFixed(0)} ms, live ${took.live.toFixed(0)} ms`)
      signIn.push(took.signIn)
      live.push(took.live)
    }
    return {
      figures: {
        'cold load to a sign-in that answers, median': atMost(median(signIn), 'ms', GOAL_MS),
        'cold load, signed in, to the live view, median': atMost(median(live), 'ms', GOAL_MS),
        'cold load, signed in, to the live view, slowest': plain(Math.max(...live), 'ms'),
      },
      ratios: {},
    }
  } finally {
    await browser.close()
    await gateway.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function loadOnce (browser: Browser, { url, token }: { readonly url: string, readonly token: string }): Promise<{ readonly signIn: number, readonly live: number }> {
  const stranger = await browser.newContext()
  const first = await stranger.newPage()
  let from = performance.now()
  await first.goto(`${url}/weir/console`, { waitUntil: 'commit' })
  await first.getByLabel('Token').fill(token)
  const signIn = performance.now() - from
  await first.getByRole('button', { name: 'Sign in' }).click()
  await first.getByRole('navigation').waitFor()
  // The cookie alone: neither files nor compiled scripts of the first load.
  const known = await browser.newContext({ storageState: await stranger.storageState() })
  const page = await known.newPage()
  from = performance.now()
  await page.goto(`${url}/weir/console`, { waitUntil: 'commit' })
  await page.getByRole('navigation').getByRole('link', { name: 'Audit' }).waitFor()
  await page.getByText("Nobody's agent is running").waitFor()
  const live = performance.now() - from
  await known.close()
  await stranger.close()
  return { signIn, live }
}
