import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

/** All addresses that a name stands for. */
export type AddressesOf = (name: string) => Promise<readonly string[]>

const bySystem: AddressesOf = async (name) => (await lookup(name, { all: true })).map(({ address }) => address)

/**
 * The addresses that the host of `listen` stands for and that nobody listens on: a server has one address, and whoever takes the name for
 * another of them is refused, or is answered by somebody else.
 *
 * @param heard the address that is listened on
 * @returns none for an address, and for a name that cannot be looked up any more
 */
export async function unheardAddresses (host: string, heard: string, addressesOf: AddressesOf = bySystem): Promise<readonly string[]> {
  if (isIP(host) !== 0) return []
  try {
    return (await addressesOf(host)).filter((address) => address !== heard)
  } catch {
    return [] // it was found a moment ago, and is listened on: nothing to say
  }
}
