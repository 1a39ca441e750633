import { open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** In one piece or in several; one that throws leaves the file as it was. */
export type Content = string | Uint8Array | AsyncIterable<Uint8Array>

/**
 * Replaces a file as a whole, readable by its owner only: whatever happens, it is as before or as after, and after when this has
 * resolved. One writer at a time for each draft.
 *
 * @param draft where the new content is written first, in the same folder
 * @throws Error of the file system; the file is as it was, unless only its folder could not be written out
 */
export async function replaceFile (file: string, content: Content, draft = `${file}.new`): Promise<void> {
  try {
    await rm(draft, { force: true }) // what a crash left
    await writeDurably(draft, content)
    await rename(draft, file)
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined) // the first error is the one that counts
    throw cause
  }
  await syncFolder(dirname(file))
}

// `wx`: nothing that somebody else put there is written through. Without the sync a power cut can leave the new name with no content.
async function writeDurably (file: string, content: Content): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await writeFile(handle, content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncFolder (folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
