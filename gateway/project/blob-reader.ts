import { GatewayError } from '../core/errors.ts'
import type { Git } from './git.ts'
import { openObjectReader, type FoundObject } from './object-reader.ts'

/** Reads file contents by object id, many through one process. Not for concurrent use. */
export interface BlobReader {
  /** @throws GatewayError WEIR_ERR_PROJECT when there is no such blob or it is over 256 MiB */
  read (id: string): Promise<Buffer>
  close (): void
}

/** One that is closed by who opened it: for many files of one commit, beside which commits go on. */
export function openBlobReader (git: Git): BlobReader {
  const objects = openObjectReader(git)
  return {
    read: async (id) => blobOf(await objects.find(id)),
    close: objects.close,
  }
}

/** @throws GatewayError WEIR_ERR_PROJECT when it is none */
export function blobOf (found: FoundObject | null): Buffer {
  if (found?.type === 'blob') return found.bytes
  throw new GatewayError('WEIR_ERR_PROJECT', 'a file of the project is missing')
}
