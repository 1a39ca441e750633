import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import type { Identity } from '../identity/open-identity.ts'

const FIRST_TOKEN_TTL_MS = 30 * 24 * 3_600_000 // long enough for an evaluation, short enough to be replaced by a real one

/** Where the token of the machine's own user is kept, mode 0600. */
export function localTokenFile (dataDir: string): string {
  return join(dataDir, 'token')
}

/** The stored token of the machine's own user; a new one is made when there is none or it is no longer valid. */
export function ensureLocalToken (dataDir: string, identity: Identity, app: string): string {
  const stored = readLocalToken(dataDir)
  if (stored !== null && isValid(stored, identity)) return stored
  const { token } = identity.provider.issue({
    actor: `${userInfo().username}@localhost`, role: 'author', groups: [], org: 'local', app, environment: 'DEV', ttlMs: FIRST_TOKEN_TTL_MS,
  })
  const file = localTokenFile(dataDir)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, `${token}\n`, { mode: 0o600 })
  return token
}

export function readLocalToken (dataDir: string): string | null {
  const file = localTokenFile(dataDir)
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null
}

function isValid (token: string, identity: Identity): boolean {
  try {
    identity.provider.authenticate(`Bearer ${token}`)
    return true
  } catch {
    return false // expired, revoked or of another key: a new one is made
  }
}
