import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Has the names of a folder reach the disk: a file that was synced itself can be without its name after a power cut. @throws Error of the file system */
export function syncFolder (folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
