import { randomBytes } from 'node:crypto'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567' // RFC 4648 base32, lower case
const LENGTH = 26

/** A new session id: `wses_` and 26 base32 characters, 130 random bits. */
export function newSessionId (): string {
  return `wses_${[...randomBytes(LENGTH)].map((byte) => ALPHABET.charAt(byte & 31)).join('')}`
}

/** A session's virtual model credential: 256 random bits. It is good for nothing but this session's own socket. */
export function newModelToken (): string {
  return `wmt_${randomBytes(32).toString('base64url')}`
}
