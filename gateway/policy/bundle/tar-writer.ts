import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { readTarGz } from './tar-reader.ts'

const EPOCH = new Date(0)

/**
 * A gzipped POSIX tar of these files, in this order, each name with a leading slash as OPA writes them. The same files give
 * the same bytes: no clock, user or machine is in it.
 *
 * @throws RangeError when it would not be read back, as with a name that is not ASCII or does not fit the 255 bytes that POSIX gives it
 */
export async function writeTarGz (files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const tar = pack()
  for (const [name, content] of files) tar.entry({ name: `/${name}`, mode: 0o600, mtime: EPOCH }, content)
  tar.finalize()
  const archive = gzipSync(await buffer(tar as AsyncIterable<Buffer>))
  // Such a name becomes an extended header, which not every reader heeds: ours refuses it.
  readTarGz(archive)
  return archive
}
