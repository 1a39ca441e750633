import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { replaceFile } from '../files/replace-file.ts'
import { journalDirOf } from '../ledger/journal.ts'
import { StoreError } from '../object-store/object-store.ts'
import { exportLedger, type ExportOptions as LedgerExport } from '../transparency/export-ledger.ts'
import { putExport } from '../transparency/export-parts.ts'
import { logDirOf } from '../transparency/log-place.ts'
import { filtered, filterOf, journalOf, type FilterOptions } from './audit-filter.ts'
import { keyOf } from './audit-log.ts'
import { openTarget, type BucketOptions } from './export-target.ts'
import { CommandFailed, type Io } from './io.ts'
import { progressOf } from './progress.ts'

interface ExportOptions extends FilterOptions, BucketOptions { readonly out?: string, readonly to?: string, readonly progress?: boolean }

/** `weir audit export`: the signed entries in a form that is checked with the public key alone. */
export function exportCommand (io: Io): Command {
  return filtered(new Command('export').description('write the signed entries, all or those that match, each of these with its proof, for weir audit verify anywhere'))
    .option('--out <file>', 'where to, with mode 0600 (default: standard output)')
    .addOption(new Option('--to <target>', 'into a folder or s3://BUCKET/PREFIX, in parts, those that are there already left as they are; credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN').conflicts('out'))
    .option('--endpoint <url>', 'address of the S3-compatible service (default: that of AWS; env AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL)')
    .option('--region <region>', 'its region (default: us-east-1; env AWS_REGION)')
    .option('--progress', 'say on standard error how far it is, also when that is no terminal')
    .action((options: ExportOptions) => run(io, options))
}

async function run (io: Io, options: ExportOptions): Promise<void> {
  journalOf(io, options)
  const dataDir = io.dataDir(options)
  const progress = progressOf(io, 'entries read', options.progress)
  const from: LedgerExport = { dir: logDirOf(dataDir), journalDir: journalDirOf(dataDir), key: await keyOf(io, options), filter: filterOf(options), onProgress: progress.show }
  try {
    if (options.to !== undefined) io.stdout(await putInto(io, options.to, options, from))
    else if (options.out !== undefined) await replaceFile(resolve(io.cwd, options.out), bytesOf(exportLedger(from)))
    else for await (const part of exportLedger(from)) io.stdout(part)
  } finally {
    progress.clear()
  }
}

async function putInto (io: Io, to: string, where: BucketOptions, from: LedgerExport): Promise<string> {
  const store = openTarget(io, to, where)
  try {
    const { entries, parts, put } = await putExport(store, from)
    return `${entries} entries in ${parts} parts, ${parts - put} of them there already.\n`
  } catch (thrown) {
    throw thrown instanceof StoreError ? new CommandFailed(`The export was not ended: ${thrown.message}. Run it again to go on.`, { cause: thrown }) : thrown
  } finally {
    await store.close()
  }
}

async function * bytesOf (parts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const part of parts) yield Buffer.from(part)
}
