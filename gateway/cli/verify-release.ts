import type { KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { readExportedManifest } from '../releases/export-release.ts'
import { openReleaseKey, readReleasePublicKey, releaseKeyFile } from '../releases/release-key.ts'
import { RELEASE_ID } from '../releases/release.ts'
import type { VerifiedPart } from '../releases/verified-part.ts'
import { verifyArchive } from '../releases/verify-archive.ts'
import { verifyRelease } from '../releases/verify-release.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'
import { openRecordedRelease, type RecordedOptions } from './recorded-release.ts'

interface VerifyOptions extends RecordedOptions { readonly json?: boolean, readonly publicKey?: string }
interface Verified { readonly id: string, readonly parts: readonly VerifiedPart[] }

/** `weir releases verify`: from the repository and the record, or from an exported archive alone, whether a gateway runs or not. */
export function verifyCommand (io: Io): Command {
  return new Command('verify')
    .description('make digests and tree of a release again and check its signature, without a gateway')
    .argument('<id|file>', 'a release of this data directory, or an archive that "export" wrote, on any machine')
    .option('--public-key <file>', 'key that must have signed it, PEM (default for a release: that of the data directory)')
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action(async (what: string, options: VerifyOptions) => {
      const isId = new RegExp(RELEASE_ID).test(what)
      print(io, what, options, isId ? await ofRepository(io, what, options) : await ofFile(io, what, options))
    })
}

function print (io: Io, what: string, { json }: VerifyOptions, { id, parts }: Verified): void {
  const ok = parts.every(({ problem }) => problem === null)
  if (json === true) io.stdout(`${JSON.stringify({ id, ok, parts })}\n`)
  else for (const { part, problem } of parts) io.stdout(`${part.padEnd(10)} ${problem === null ? 'holds' : `DOES NOT HOLD: ${problem}`}\n`)
  if (!ok) throw new CommandFailed(`${what} is not what was released.`)
  if (json !== true && what !== id) io.stdout(`It is ${id}.\n`)
}

async function ofRepository (io: Io, id: string, options: VerifyOptions): Promise<Verified> {
  const { signed, git, dataDir } = await openRecordedRelease(io, id, options)
  const key = options.publicKey === undefined ? openReleaseKey(releaseKeyFile(dataDir)).publicKey : publicKeyIn(io, options.publicKey)
  return { id, parts: await verifyRelease(git, signed, key) }
}

async function ofFile (io: Io, file: string, { publicKey }: VerifyOptions): Promise<Verified> {
  // What comes with a file says nothing of who made it: the key has to come by another way.
  if (publicKey === undefined) throw new CommandFailed('An archive is verified by a key that is known already: name it with --public-key.')
  const key = publicKeyIn(io, publicKey)
  const path = resolve(io.cwd, file)
  const signed = await readExportedManifest(path).catch((cause: unknown) => { throw new CommandFailed(`There is no manifest beside ${file}.`, { cause }) })
  if (signed === null) throw new CommandFailed(`What is beside ${file} is no manifest of a release.`)
  return { id: signed.manifest.id, parts: await verifyArchive(path, signed, key) }
}

function publicKeyIn (io: Io, file: string): KeyObject {
  return readReleasePublicKey(readFileSync(resolve(io.cwd, file), 'utf8'))
}
