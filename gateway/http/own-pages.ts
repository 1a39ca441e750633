import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { GatewayError } from '../core/errors.ts'
import { FOREIGN_ORIGIN } from './refused-connections.ts'

/** What browsers say of the page behind a request, and the name it was sent to. */
export type BrowserHeaders = Pick<IncomingHttpHeaders, 'host' | 'origin' | 'authorization'> & { readonly [name: `sec-fetch-${string}`]: string | string[] | undefined }

/** @throws GatewayError WEIR_ERR_HOST_UNKNOWN */
export type AssertKnownHost = (host: string | undefined, credential: string | undefined) => void

/**
 * Refuses requests that were sent to a name which is not the gateway's. A page may point a name of its own at any address, and is
 * then of the same origin as what answers there (DNS rebinding). An address in place of a name cannot be pointed anywhere. Who sends a
 * bearer token has it, and needs no browser that remembers one: such a request may use any name, a container's or a service's.
 *
 * @param names host names without a port, in any letter case; `localhost` is always known
 */
export function createHostCheck (names: readonly string[]): AssertKnownHost {
  const known = new Set(['localhost', ...names.map((name) => name.toLowerCase())])
  let last: string | undefined // a gateway mostly has one name
  return (host, credential) => {
    if (host !== undefined && host === last) return
    if (/^bearer /i.test(credential ?? '')) return
    const name = /^(\[[^\]]*\]|[^:]*)(?::[0-9]{1,5})?$/.exec(host ?? '')?.[1]?.toLowerCase() ?? ''
    if (!known.has(name) && !isAddress(name)) throw new GatewayError('WEIR_ERR_HOST_UNKNOWN', 'This gateway is not known by the name it was called by. Its names are in publicUrl and listen.names of weir.yaml.')
    last = host
  }
}

function isAddress (name: string): boolean {
  return name.startsWith('[') ? isIP(name.slice(1, -1)) === 6 : isIP(name) === 4
}

/**
 * Refuses Basic credentials from pages that are not the gateway's own: a browser adds those it remembers to whatever any page asks
 * for, and the page of another port of the same machine is one. Programs send none of these headers. What a bearer token is sent with, its holder wrote.
 *
 * @param isPage whether other sites may link to it: answered with a page that acts only when its user does
 * @throws GatewayError WEIR_ERR_AUTH_SCOPE
 */
export function assertOwnPage (headers: BrowserHeaders, isPage: boolean): void {
  if (!/^basic /i.test(headers.authorization ?? '')) return
  const { origin, host } = headers
  const isOwnOrigin = origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
  const site = headers['sec-fetch-site']
  const isOwnSite = site === undefined || site === 'same-origin' || site === 'none'
  if (isOwnOrigin && (isOwnSite || (isPage && isNavigation(headers)))) return
  throw new GatewayError('WEIR_ERR_AUTH_SCOPE', 'This credential may not be used from a page of another site.', { rule: FOREIGN_ORIGIN })
}

// Not into a frame: there it would be under the other page's clicks.
function isNavigation (headers: BrowserHeaders): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
}

/**
 * Refuses what pages of other origins send, whatever credential it has: for doors that no page but the gateway's own has a use for. Programs
 * send no `Origin`.
 *
 * @throws GatewayError WEIR_ERR_AUTH_SCOPE, WEIR_ERR_HOST_UNKNOWN
 */
export function assertOwnOrigin ({ origin, host }: Pick<IncomingHttpHeaders, 'origin' | 'host'>, assertKnownHost: AssertKnownHost): void {
  if (origin === undefined) return
  if (!URL.canParse(origin) || new URL(origin).host !== host) throw new GatewayError('WEIR_ERR_AUTH_SCOPE', 'This may not be asked for from a page of another origin.', { rule: FOREIGN_ORIGIN })
  assertKnownHost(host, undefined)
}
