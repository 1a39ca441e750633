import { resolve } from 'node:path'
import { Command } from 'commander'
import { replaceFile } from '../files/replace-file.ts'
import { journalDirOf } from '../ledger/journal.ts'
import { exportLedger } from '../transparency/export-ledger.ts'
import { logDirOf } from '../transparency/log-place.ts'
import { filtered, filterOf, journalOf, type FilterOptions } from './audit-filter.ts'
import { keyOf } from './audit-log.ts'
import type { Io } from './io.ts'
import { progressOf } from './progress.ts'

interface ExportOptions extends FilterOptions { readonly out?: string, readonly progress?: boolean }

/** `weir audit export`: the signed entries in a form that is checked with the public key alone. */
export function exportCommand (io: Io): Command {
  return filtered(new Command('export').description('write the signed entries, all or those that match, each of these with its proof, for weir audit verify anywhere'))
    .option('--out <file>', 'where to, with mode 0600 (default: standard output)')
    .option('--progress', 'say on standard error how far it is, also when that is no terminal')
    .action((options: ExportOptions) => run(io, options))
}

async function run (io: Io, options: ExportOptions): Promise<void> {
  journalOf(io, options)
  const dataDir = io.dataDir(options)
  const progress = progressOf(io, 'entries read', options.progress)
  const text = exportLedger({ dir: logDirOf(dataDir), journalDir: journalDirOf(dataDir), key: await keyOf(io, options), filter: filterOf(options), onProgress: progress.show })
  try {
    if (options.out === undefined) for await (const part of text) io.stdout(part)
    else await replaceFile(resolve(io.cwd, options.out), bytesOf(text))
  } finally {
    progress.clear()
  }
}

async function * bytesOf (parts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const part of parts) yield Buffer.from(part)
}
