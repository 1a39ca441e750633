import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { CommandFailed } from '../io.ts'

const MAX_BUNDLE_BYTES = 32 * 1024 * 1024 // what a gateway takes from a bundle server

/** @throws CommandFailed when it cannot be read or is larger than any gateway would take */
export async function readBundleFile (file: string): Promise<Uint8Array> {
  try {
    if ((await stat(file)).size > MAX_BUNDLE_BYTES) throw new CommandFailed(`${file} is larger than ${MAX_BUNDLE_BYTES} bytes: no gateway would take it.`)
    return await readFile(file)
  } catch (cause) {
    if (cause instanceof CommandFailed) throw cause
    throw new CommandFailed(`The bundle ${file} could not be read.`, { cause })
  }
}

/** Writes whole or not at all: an upload that runs beside it never sees half a bundle. @throws CommandFailed */
export async function writeBundleFile (file: string, archive: Uint8Array): Promise<void> {
  const staging = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(staging, archive, { flag: 'wx' })
    await rename(staging, file)
  } catch (cause) {
    await rm(staging, { force: true })
    throw new CommandFailed(`The bundle could not be written to ${file}.`, { cause })
  }
}
