import { Transform } from 'node:stream'
import type { AgentSession } from '../../sessions/session.ts'
import { INSIDE } from '../../../sandbox/sandbox.ts'

const BLANK = '*'
const MIN_SECRET_CHARS = 12 // a short one would blank ordinary words; real ones are random and long

// Where the agent finds the gateway: the transcript of a model request that failed names it.
const MODEL_ADDRESS = new URL(INSIDE.modelBaseUrl).host

/** What the agent knows and no client shall read: its own password in each spelling, the credential of its model requests and where they go. */
export function secretsOf ({ modelToken, endpoint }: Pick<AgentSession, 'modelToken' | 'endpoint'>): readonly string[] {
  const encoded = endpoint.authorization.replace(/^Basic /, '')
  const password = Buffer.from(encoded, 'base64').toString('latin1').replace(/^[^:]*:/, '')
  return [modelToken, encoded, password, MODEL_ADDRESS].filter((secret) => secret.length >= MIN_SECRET_CHARS)
}

/** The text with each secret in asterisks. */
export function blankText (text: string, secrets: readonly string[]): string {
  let blanked = text
  for (const secret of secrets) if (blanked.includes(secret)) blanked = blanked.replaceAll(secret, BLANK.repeat(secret.length))
  return blanked
}

/** The same in bytes, in place: the length stays, so a stated content-length stays true. */
export function blankBytes (bytes: Buffer, secrets: readonly string[]): Buffer {
  for (const secret of secrets) {
    for (let at = bytes.indexOf(secret); at >= 0; at = bytes.indexOf(secret, at + secret.length)) bytes.fill(BLANK, at, at + secret.length)
  }
  return bytes
}

/** The same for a stream, wherever it is cut. Holds back as many bytes as a secret could still begin in. */
export function createBlanking (secrets: readonly string[]): Transform {
  const kept = Math.max(0, ...secrets.map(({ length }) => length - 1))
  let rest: Buffer = Buffer.alloc(0)
  return new Transform({
    transform (chunk: Buffer, _encoding, done) {
      const bytes = blankBytes(Buffer.concat([rest, chunk]), secrets)
      const whole = Math.max(0, bytes.length - kept)
      rest = bytes.subarray(whole)
      done(null, bytes.subarray(0, whole))
    },
    flush (done) {
      done(null, rest)
    },
  })
}
