import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { GatewayError } from '../core/errors.ts'
import type { Caller } from '../identity/caller.ts'
import { cookieOf } from './cookies.ts'

const LOOPBACK = /^(localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/
const READS: readonly string[] = ['GET', 'HEAD']
const MAX_COOKIE_CHARS = 3_900 // browsers drop cookies of more than 4,096 bytes without a word
export const CSRF_HEADER = 'x-weir-csrf'

/** A request as far as it says whose page it comes from. */
export interface PageRequest { readonly method: string, readonly headers: IncomingHttpHeaders }

/** Sessions of people with a browser: their Weir token in a cookie that no script can read. Good for Weir's own API and nothing else. */
export interface BrowserSessions {
  /**
   * The token of a request's cookie; null when it has none.
   *
   * @throws GatewayError WEIR_ERR_AUTH_SCOPE when a page of another origin sent it
   */
  tokenOf (request: PageRequest): string | null
  /** @throws GatewayError WEIR_ERR_AUTH_SCOPE when a page of another origin sent it */
  assertOwnOrigin (request: PageRequest): void
  /** What a page of ours sends along with each write, as header `x-weir-csrf`. */
  csrfOf (caller: Pick<Caller, 'tokenId'>): string
  /** @throws GatewayError WEIR_ERR_AUTH_SCOPE when a write does not carry it */
  assertWanted (request: PageRequest, caller: Pick<Caller, 'tokenId'>): void
  /** The same for a form, which cannot send headers: its field `csrf`. @throws GatewayError WEIR_ERR_AUTH_SCOPE */
  assertField (csrf: string | undefined, caller: Pick<Caller, 'tokenId'>): void
  /** The `set-cookie` of a session, or of its end. @throws GatewayError WEIR_ERR_AUTH_INVALID when the token is too large for one */
  cookie (token: string, seconds: number): string
  noCookie (): string
  /** The cookie of a login that is under way: it comes back from the identity provider, so from another site. */
  loginCookie (sealed: string, seconds: number): string
  loginOf (headers: IncomingHttpHeaders): string | null
}

export interface BrowserSessionsPorts {
  readonly secret: Uint8Array
  /** Where browsers find the gateway. */
  readonly publicUrl: () => string
}

/** Whether people may log in there with a browser: by TLS, or on this machine. */
export function isSafeForCookies (publicUrl: string): boolean {
  const { protocol, hostname } = new URL(publicUrl)
  return protocol === 'https:' || LOOPBACK.test(hostname)
}

export function createBrowserSessions ({ secret, publicUrl }: BrowserSessionsPorts): BrowserSessions {
  const isTls = (): boolean => publicUrl().startsWith('https:')
  // The prefix keeps other hosts of the domain, and connections without TLS, from setting it.
  const name = (): string => isTls() ? '__Host-weir-session' : 'weir-session'
  const loginName = (): string => isTls() ? '__Host-weir-login' : 'weir-login'
  const cookie = (of: string, value: string, seconds: number, sameSite: string): string =>
    `${of}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=${sameSite}${isTls() ? '; Secure' : ''}`
  const csrfOf = ({ tokenId }: Pick<Caller, 'tokenId'>): string => createHmac('sha256', secret).update(tokenId).digest('base64url')

  return {
    tokenOf ({ method, headers }) {
      const token = cookieOf(headers.cookie, name())
      if (token !== null) assertOwnOrigin(method, headers)
      return token
    },
    assertOwnOrigin: ({ method, headers }) => assertOwnOrigin(method, headers),
    csrfOf,
    assertWanted ({ method, headers }, caller) {
      if (!READS.includes(method)) assertSent(String(headers[CSRF_HEADER] ?? ''), csrfOf(caller))
    },
    assertField: (csrf, caller) => assertSent(csrf ?? '', csrfOf(caller)),
    cookie (token, seconds) {
      if (token.length > MAX_COOKIE_CHARS) throw new GatewayError('WEIR_ERR_AUTH_INVALID', 'The actor is in more groups than a cookie can hold. Have the identity provider name only those that matter here.')
      return cookie(name(), token, seconds, 'Strict')
    },
    noCookie: () => cookie(name(), '', 0, 'Strict'),
    loginCookie: (sealed, seconds) => cookie(loginName(), sealed, seconds, 'Lax'),
    loginOf: (headers) => cookieOf(headers.cookie, loginName()),
  }
}

function assertSent (sent: string, wanted: string): void {
  const [given, own] = [Buffer.from(sent), Buffer.from(wanted)]
  if (given.length !== own.length || !timingSafeEqual(given, own)) throw foreign()
}

// SameSite knows sites, not origins: a page on another port of this host is of the same site, and a browser adds the cookie.
function assertOwnOrigin (method: string, headers: IncomingHttpHeaders): void {
  const { origin, host, 'sec-fetch-site': site } = headers
  const isOwnOrigin = origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
  const isOwnSite = site === undefined || site === 'same-origin' || (site === 'none' && READS.includes(method))
  if (!isOwnOrigin || !isOwnSite) throw foreign()
}

function foreign (): GatewayError {
  return new GatewayError('WEIR_ERR_AUTH_SCOPE', 'This session may be used from the gateway\'s own pages only, and a write needs their x-weir-csrf.')
}
