import { resolve } from 'node:path'
import { Command } from 'commander'
import { exportRelease, manifestFileOf } from '../releases/export-release.ts'
import { DATA_OPTIONS, type Io } from './io.ts'
import { openRecordedRelease, type RecordedOptions } from './recorded-release.ts'

interface ExportOptions extends RecordedOptions { readonly out: string }

/** `weir releases export`: from the repository and the record, like `verify`. */
export function exportCommand (io: Io): Command {
  return new Command('export')
    .description('write the archive of a release, and its signed manifest beside it, without a gateway')
    .argument('<id>')
    .requiredOption('--out <file>', 'where to; the manifest becomes <file>.manifest.json')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action(async (id: string, options: ExportOptions) => {
      const { git, signed } = await openRecordedRelease(io, id, options)
      const file = resolve(io.cwd, options.out)
      await exportRelease(git, signed, file)
      const { bytes, sha256 } = signed.manifest.archive
      io.stdout(`${options.out} holds ${id}: ${bytes} bytes, SHA-256 ${sha256}. Its manifest is ${manifestFileOf(options.out)}.\n`)
    })
}
