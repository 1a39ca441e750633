import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** What a login at one gateway left on this machine. */
export interface StoredLogin {
  readonly token: string
  readonly expiresAtMs: number
  /** Of the identity provider, and who it is: it is shown to nobody else. Null when it gave none. */
  readonly refresh: { readonly token: string, readonly issuer: string } | null
}

export interface LoginStore {
  read (gateway: string): StoredLogin | null
  /** Written with mode 0600, whole or not at all. */
  write (gateway: string, login: StoredLogin): void
}

/** The logins of this machine's user: `weir/logins.json` in the user's configuration folder. */
export function openLoginStore (env: NodeJS.ProcessEnv): LoginStore {
  const file = join(env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config'), 'weir', 'logins.json')
  const all = (): Record<string, StoredLogin> => {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Record<string, StoredLogin>
    } catch {
      return {} // none yet, or damaged: the user logs in again
    }
  }
  return {
    read (gateway) {
      const logins = all()
      const login = Object.hasOwn(logins, gateway) ? logins[gateway] : undefined
      return typeof login?.token === 'string' && typeof login.expiresAtMs === 'number' ? login : null
    },
    write (gateway, login) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      const next = `${file}.${process.pid}`
      writeFileSync(next, `${JSON.stringify({ ...all(), [gateway]: login }, null, 2)}\n`, { mode: 0o600 })
      renameSync(next, file)
    },
  }
}
