/** Folders in which agents keep their conversations beyond a session: OpenCode's database, and nothing else that a run leaves there. */
import { lstat, mkdir, readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { removeTree } from './run-folder.ts'

/** The database's name in its folder; SQLite puts two files beside it. */
export const CONVERSATIONS_DATABASE = 'opencode.db'

const FILES = ['', '-wal', '-shm'].map((end) => `${CONVERSATIONS_DATABASE}${end}`)
const MAX_KEPT_BYTES = 268_435_456 // of one folder; some thousand long conversations

/** A folder that one session's agent uses. */
export interface OpenConversations {
  /** Path on the host. */
  readonly folder: string
  /** For after the session's last process. */
  close (): Promise<void>
}

export interface Conversations {
  /**
   * The folder of this key, made when there is none. One session at a time may have it.
   *
   * @param key a file name: a digest of whom the conversations belong to
   */
  open (key: string): Promise<OpenConversations>
}

export interface ConversationsOptions {
  /** The folder of all folders; made when it is not there. */
  readonly dir: string
  /** How long a folder is kept after its last use, ms. */
  readonly keepMs: number
  readonly nowMs: () => number
  /** Told of conversations that are thrown away because they are too large. */
  readonly onTooLarge: (key: string) => void
}

/**
 * Keeps conversations of sessions that ended. What an agent writes is read by nobody but the next agent of the same key, in the same walls;
 * whatever is not a regular file of the database's name goes before that, so that it can leave nothing else to itself.
 */
export function keepConversations ({ dir, keepMs, nowMs, onTooLarge }: ConversationsOptions): Conversations {
  const used = new Set<string>()

  async function expire (): Promise<void> {
    for (const key of await readdir(dir)) {
      if (used.has(key)) continue
      const folder = join(dir, key)
      const { mtimeMs } = await lstat(folder)
      if (nowMs() - mtimeMs > keepMs && !used.has(key)) await removeTree(folder)
    }
  }

  /** The folder's time is that of its last use: its files have theirs from the agent. */
  async function mark (folder: string): Promise<void> {
    await utimes(folder, nowMs() / 1_000, nowMs() / 1_000)
  }

  return {
    async open (key) {
      used.add(key)
      const folder = join(dir, key)
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await expire()
        if (await clean(folder) > MAX_KEPT_BYTES) {
          onTooLarge(key)
          await removeTree(folder)
          await mkdir(folder, { mode: 0o700 })
        }
        await mark(folder)
      } catch (error) {
        used.delete(key)
        throw error
      }
      return {
        folder,
        async close () {
          await mark(folder)
          used.delete(key)
        },
      }
    },
  }
}

/** Removes what is no file of the database. @returns bytes of what stays */
async function clean (folder: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(folder)) {
    const found = await lstat(join(folder, name))
    if (FILES.includes(name) && found.isFile()) bytes += found.size
    else await removeTree(join(folder, name))
  }
  return bytes
}
