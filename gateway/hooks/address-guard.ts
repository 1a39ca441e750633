import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { urlFacts } from '../classify/url-facts.ts'

/** An address that events may not be sent to. The message is for people who configure hooks. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

/** Whether a connection to this IP address is allowed: public ones, and with `allowPrivate` loopback and private ones. */
export function isAllowedAddress (address: string, allowPrivate: boolean): boolean {
  if (isIP(address) === 0) return false
  const kind = urlFacts(`http://${isIP(address) === 6 ? `[${address}]` : address}/`).address
  return kind === 'public' || (allowPrivate && (kind === 'private' || kind === 'loopback'))
}

/** Refuses a host that is written as an address: a connection to one asks no resolver. @throws AddressRefused */
export function assertAllowedHost (url: URL, allowPrivate: boolean): void {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(host) !== 0 && !isAllowedAddress(host, allowPrivate)) throw refused()
}

/**
 * A resolver that answers only when every address of the name is allowed. The connection is made to what was checked, so a name that
 * answers differently the second time (DNS rebinding) gains nothing.
 */
export function guardedLookup (allowPrivate: boolean): LookupFunction {
  return (hostname, options, done) => {
    dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, [])
      const [first] = addresses
      if (first === undefined || !addresses.every(({ address }) => isAllowedAddress(address, allowPrivate))) return done(refused(), [])
      if (options.all === true) return done(null, addresses as LookupAddress[])
      done(null, first.address, first.family)
    })
  }
}

function refused (): AddressRefused {
  return new AddressRefused('the receiver\'s address is a private or link-local one (allowPrivate allows private ones)')
}
