import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { Compile } from 'typebox/schema'
import { Type } from '../core/schema-type.ts'
import { mayBeAsked } from '../identity/oidc/idp-fetch.ts'
import { deviceLogin, refreshLogin, type LoginTerms, type ProviderTokens } from './device-login.ts'
import { CommandFailed, type Io } from './io.ts'
import { openLoginStore, type StoredLogin } from './login-store.ts'

const AUTH_PATH = '/weir/api/v1/auth'
const TIMEOUT_MS = 30_000
const ENOUGH_MS = 300_000 // a token with less left would end in the middle of the first turn
const MAX_TOKEN_CHARS = 8_000

const Terms = Compile(Type.Union([
  Type.Object({ method: Type.Literal('token') }),
  Type.Object({ method: Type.Literal('oidc'), issuer: Type.String(), clientId: Type.String(), scopes: Type.String() }),
]))
const Issued = Compile(Type.Object({ access_token: Type.String({ maxLength: MAX_TOKEN_CHARS }), expires_in: Type.Integer({ minimum: 0 }) }))

interface LoginOptions { readonly print?: boolean, readonly again?: boolean }

/** `weir login URL`: gets a token of a gateway and keeps it for this user. */
export function loginCommand (io: Io): Command {
  return new Command('login')
    .description('log in at a gateway: by its identity provider, or with a token that is pasted')
    .argument('<url>', 'the gateway, e.g. https://weir.acme.test')
    .option('--print', 'print the token, for OpenCode\'s login; a token that is still good is printed without a new login')
    .option('--again', 'log in anew even if there is a token that is still good')
    .action((url: string, options: LoginOptions) => login(io, url, options))
}

async function login (io: Io, url: string, options: LoginOptions): Promise<void> {
  const gateway = originOf(url)
  const store = openLoginStore(io.env)
  const kept = store.read(gateway)
  const isGood = options.again !== true && kept !== null && kept.expiresAtMs - Date.now() > ENOUGH_MS
  const now = isGood ? kept : await newLogin(io, gateway, kept, options)
  if (!isGood) store.write(gateway, now)
  if (options.print === true) return io.stdout(now.token)
  io.stderr(`Logged in at ${gateway} until ${new Date(now.expiresAtMs).toISOString()}.\n`)
}

async function newLogin (io: Io, gateway: string, kept: StoredLogin | null, { again }: LoginOptions): Promise<StoredLogin> {
  const terms = await ask(`${gateway}${AUTH_PATH}`)
  if (!Terms.Check(terms)) throw new CommandFailed(`${gateway} is no Weir gateway, or a newer one.`)
  if (terms.method === 'token') return await pasted(io)
  const refresh = again !== true && kept?.refresh?.issuer === terms.issuer ? kept.refresh.token : null
  const tokens = await providerTokens(io, terms, refresh)
  const issued = await ask(`${gateway}${AUTH_PATH}/token`, { subject_token: tokens.idToken })
  if (!Issued.Check(issued)) throw new CommandFailed(`${gateway} gave no token.`)
  return {
    token: issued.access_token,
    expiresAtMs: Date.now() + issued.expires_in * 1_000,
    refresh: tokens.refreshToken === null ? null : { token: tokens.refreshToken, issuer: terms.issuer },
  }
}

async function providerTokens (io: Io, terms: LoginTerms, refresh: string | null): Promise<ProviderTokens> {
  const renewed = refresh === null ? null : await refreshLogin(terms, refresh)
  return renewed ?? await deviceLogin(terms, (address, code) => { io.stderr(`Open ${printable(address)}\nand confirm the code ${printable(code)}\n`) })
}

async function pasted (io: Io): Promise<StoredLogin> {
  io.stderr('Paste the token that "weir token create" printed: ')
  const lines = createInterface({ input: process.stdin })
  try {
    const { value } = await lines[Symbol.asyncIterator]().next() as { readonly value?: string }
    const token = value?.trim() ?? ''
    if (!/^[A-Za-z0-9._~-]+$/.test(token) || token.length > MAX_TOKEN_CHARS) throw new CommandFailed('That is no token.')
    return { token, expiresAtMs: expiryOf(token), refresh: null }
  } finally {
    lines.close()
  }
}

// Only to know when to ask for another one; the gateway verifies it.
function expiryOf (token: string): number {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { exp?: unknown }
    return typeof claims.exp === 'number' ? claims.exp * 1_000 : 0
  } catch (cause) {
    throw new CommandFailed('That is no token.', { cause })
  }
}

async function ask (url: string, body?: object): Promise<unknown> {
  const sending = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  let response: Response
  try {
    response = await fetch(url, { ...sending, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch (cause) {
    throw new CommandFailed(`${new URL(url).origin} could not be reached.`, { cause })
  }
  if (response.status === 401 || response.status === 403) throw new CommandFailed('The gateway does not let you in with this login.')
  if (!response.ok) throw new CommandFailed(`The gateway answers ${response.status}.`)
  return await response.json().catch((cause: unknown) => { throw new CommandFailed('The gateway\'s answer cannot be read.', { cause }) })
}

/** The gateway's origin. Tokens are sent there, so it must be https, or this machine. */
export function originOf (text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !mayBeAsked(url)) throw new CommandFailed('A gateway has an https address, or one of this machine, such as https://weir.acme.test.')
  return url.origin
}

// It comes from a server and goes to a terminal.
function printable (text: string): string {
  return text.slice(0, 1_024).replace(/[^\x21-\x7e]/g, '')
}
