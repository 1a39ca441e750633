import { GatewayError } from '../../core/errors.ts'

/**
 * The address of a bundle. What it serves is checked by its signature; a token would be readable on the way, so it goes over
 * TLS or inside this machine only.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID; the message quotes nothing, since an address may hold a secret
 */
export function bundleUrl (text: string, hasToken: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol)) throw invalid('The address of the bundle is not an http or https URL.')
  if (url.username !== '' || url.password !== '') throw invalid('The address of the bundle holds a password. Use a token from the environment.')
  if (hasToken && url.protocol === 'http:' && !isLoopback(url.hostname)) throw invalid('A token is sent over https, or to this machine, only.')
  return url
}

function isLoopback (hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

function invalid (message: string): GatewayError {
  return new GatewayError('WEIR_ERR_CONFIG_INVALID', message)
}
