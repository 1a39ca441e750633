import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolder } from './sync-folder.ts'

/**
 * Makes a file that only its owner can read. It is there as a whole or not at all, and on the disk when this returns: a key that a crash left
 * empty would keep every later start from its work, and what was signed or sealed with a lost one is lost with it.
 *
 * @throws Error of the file system, EEXIST when there is one: it is never replaced
 */
export function writeOnce (file: string, content: string | Buffer): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    const descriptor = openSync(draft, 'wx', 0o600)
    try {
      writeFileSync(descriptor, content)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    linkSync(draft, file) // a rename would replace what another process made meanwhile
  } finally {
    rmSync(draft, { force: true })
  }
  syncFolder(dirname(file))
}
