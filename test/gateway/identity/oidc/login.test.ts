import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { localTokenFile } from '../../../../gateway/cli/local-token.ts'
import { openLoginStore } from '../../../../gateway/cli/login-store.ts'
import type { LedgerEntry } from '../../../../gateway/core/ledger-entry.ts'
import { packageRoot } from '../../../../gateway/package-root.ts'
import { weir } from '../../../support/gateway-process.ts'
import { openInProcessGateway } from '../../../support/in-process-gateway.ts'
import { ledgerOf, ledgerOnce } from '../../../support/ledger-of.ts'
import { logInAt } from '../../../support/login-browser.ts'
import { CLIENT_ID, startOidcServer } from '../../../support/oidc-server.ts'
import { runOpencode } from '../../../support/opencode-client.ts'
import { until, untilRefused } from '../../../support/until.ts'

// The real command, a real identity provider and a person with a browser.
const idp = await startOidcServer(t)
idp.groups.set('alice', ['devs'])
const { url, dir, dataDir, tokenFor } = await openInProcessGateway(t, {
  data: { groups: { roles: [{ group: 'devs', role: 'author' }] } },
  settings: { oidc: { issuer: idp.issuer, clientId: CLIENT_ID, scopes: 'openid offline_access' } },
})
const env = { ...process.env, XDG_CONFIG_HOME: join(dir, 'config') }
const logins = join(dir, 'config', 'weir', 'logins.json')

interface Login { readonly code: number | null, readonly stdout: string, readonly stderr: string }

async function login (args: readonly string[], person: (address: string) => Promise<unknown>): Promise<Login> {
  const child = spawn(process.execPath, [join(packageRoot(), 'bin', 'weir.js'), 'login', ...args, url], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  let isShown = false
  const doing: Array<Promise<unknown>> = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output.stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
    const address = /Open (\S+)\n/.exec(output.stderr)?.[1]
    if (address === undefined || isShown) return
    isShown = true
    doing.push(person(address))
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  await Promise.all(doing)
  return { code, ...output }
}

const status = async (token: string): Promise<number> => (await fetch(`${url}/weir/api/v1/opencode`, { headers: { authorization: `Bearer ${token}` } })).status
const nobody = async (): Promise<never> => { throw new Error('nobody was to be asked') }
let first = ''

await t.test('a person logs in by device code, and the command keeps and prints a token of Weir', async (t) => {
  const { code, stdout, stderr } = await login(['--print'], (address) => logInAt(address, 'alice'))
  t.equal(code, 0, stderr)
  first = stdout
  t.equal(await status(first), 200)
  t.match(JSON.parse(Buffer.from(first.split('.')[1] ?? '', 'base64url').toString()), { iss: 'weir', sub: 'alice', groups: ['devs'] })
  t.equal(statSync(logins).mode & 0o777, 0o600)
})

await t.test('while it is good it is printed again without a login', async (t) => {
  t.same(await login(['--print'], nobody), { code: 0, stdout: first, stderr: '' })
})

await t.test('when it is about to end it is renewed without a person', async (t) => {
  const kept = JSON.parse(readFileSync(logins, 'utf8')) as Record<string, { expiresAtMs: number }>
  for (const entry of Object.values(kept)) entry.expiresAtMs = Date.now() + 1_000
  writeFileSync(logins, JSON.stringify(kept))
  const { code, stdout, stderr } = await login(['--print'], nobody)
  t.equal(code, 0, stderr)
  t.not(stdout, first)
  t.equal(await status(stdout), 200)
})

await t.test('commands go by the token of the environment, else by the login there while it is good, else by that of this machine', async (t) => {
  writeFileSync(localTokenFile(dataDir), tokenFor('author', 'local'))
  const expired = join(dir, 'expired')
  openLoginStore({ XDG_CONFIG_HOME: expired }).write(url, { token: first, expiresAtMs: Date.now() - 1, refresh: null })
  const cases: ReadonlyArray<readonly [NodeJS.ProcessEnv, string]> = [[env, 'alice'], [{ ...env, WEIR_TOKEN: tokenFor('approver', 'bob') }, 'bob'], [{ ...env, XDG_CONFIG_HOME: join(dir, 'nothing') }, 'local'], [{ ...env, XDG_CONFIG_HOME: expired }, 'local']]
  for (const [env, actor] of cases) {
    const child = spawn(process.execPath, [join(packageRoot(), 'bin', 'weir.js'), 'approvals', 'list', '--url', url, '--data-dir', dataDir], { env, stdio: 'ignore' })
    await once(child, 'close')
    const asked = (await ledgerOf(dataDir)).flatMap((entry) => entry.kind === 'decision' && entry.input.route?.class === 'weir-approvals' ? [entry.input.actor.id] : [])
    t.equal(asked.at(-1), actor)
  }
})

await t.test('the real OpenCode logs in at the address alone, and asks a model', async (t) => {
  const home = join(dir, 'home')
  const programs = join(dir, 'programs')
  const said = join(dir, 'said.txt')
  mkdirSync(programs)
  writeFileSync(join(programs, 'weir'), `#!/bin/sh\nexec '${process.execPath}' '${join(packageRoot(), 'bin', 'weir.js')}' "$@" 2>'${said}'\n`, { mode: 0o755 })
  const env = { PATH: `${programs}:${process.env['PATH'] ?? ''}` }
  const running = runOpencode(home, ['auth', 'login', url], env)
  const address = (): string | undefined => existsSync(said) ? /Open (\S+)\n/.exec(readFileSync(said, 'utf8'))?.[1] : undefined
  await until(() => address() !== undefined)
  await logInAt(address() ?? '', 'alice')
  const { code, stdout, stderr } = await running
  t.equal(code, 0, `${stdout}${stderr}`)
  const run = await runOpencode(home, ['run', '--model', 'demo/demo', '--', 'what may I do?'], env)
  t.equal(run.code, 0, run.stderr)
  const asked = (await ledgerOf(dataDir)).find((entry) => entry.kind === 'decision' && entry.input.kind === 'model-request')
  t.match(asked, { input: { actor: { id: 'alice', role: 'author', groups: ['devs'] } }, decision: { verdict: 'allow' } })
})

await t.test('a person who refuses gets no token', async (t) => {
  const { code, stdout, stderr } = await login(['--again', '--print'], (address) => logInAt(address, 'alice', 'abort'))
  t.match({ code, stdout, stderr }, { code: 1, stdout: '', stderr: /refused/ })
})

await t.test('what is not an ID token for this gateway is exchanged for nothing', async (t) => {
  const exchange = async (token: string): Promise<number> => (await fetch(`${url}/weir/api/v1/auth/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ subject_token: token }) })).status
  t.equal(await exchange(await idp.sign({ aud: 'someone-else' })), 401)
  t.equal(await exchange(first), 401, 'a token of Weir cannot renew itself')
  t.equal(await exchange('x'.repeat(66_000)), 400)
  t.equal(await exchange(await idp.sign()), 200)
})

await t.test('all tokens of an actor are revoked by one command, and an ID token of before gets no new one', async (t) => {
  const idToken = await idp.sign()
  t.equal(await status(first), 200)
  t.equal(weir(['token', 'revoke', '--actor', 'alice', '--data-dir', dataDir]).code, 0)
  await untilRefused(() => status(first))
  t.equal(await status(idToken), 401)
  const answer = await fetch(`${url}/weir/api/v1/auth/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ subject_token: idToken }) })
  t.equal(answer.status, 401)
})

await t.test('the ledger names who got tokens and lost them, and holds none', async (t) => {
  const isThere = (entries: readonly LedgerEntry[], name: string, actor?: string): boolean => entries.some((entry) => entry.kind === 'event' && entry.name === name && (actor === undefined || entry.actor === actor))
  const entries = await ledgerOnce(dataDir, (found) => isThere(found, 'token-issued', 'alice') && isThere(found, 'actor-tokens-revoked', 'alice') && isThere(found, 'login-refused'))
  t.notOk(JSON.stringify(entries).includes(first.slice(-40)))
})

await t.test('an OpenCode is told how to log in', async (t) => {
  t.same(await (await fetch(`${url}/weir/api/v1/auth`)).json(), { method: 'oidc', issuer: idp.issuer, clientId: CLIENT_ID, scopes: 'openid offline_access' })
  const { auth } = await (await fetch(`${url}/.well-known/opencode`)).json() as { auth: { command: string[] } }
  t.equal(auth.command.at(-1), url)
})
