import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { openPrivateKeyFile } from '../files/private-key-file.ts'
import { replaceFile } from '../files/replace-file.ts'
import { StoreError } from '../object-store/object-store.ts'
import { IndexRefused, makeIndex } from '../publish/make-index.ts'
import { parseVerifierKey, verifierKey, type NoteKey } from '../transparency/signed-note.ts'
import { openTarget, type BucketOptions } from './export-target.ts'
import { CommandFailed, type Io } from './io.ts'

const NAME = 'weir-ledger-index'

interface IndexOptions extends BucketOptions { readonly at: string, readonly keyFile: string, readonly add?: readonly string[] }

/** `weir audit index`: one signed list of how far the ledgers of all replicas are, made from the checkpoints that they published. */
export function indexCommand (io: Io): Command {
  return new Command('index')
    .description('sign one index over the published checkpoints of all replicas\' ledgers, and publish it beside them; refuses, with exit code 1, when one of them is gone or went back')
    .requiredOption('--at <target>', 'where all replicas publish: a folder or s3://BUCKET/PREFIX; credentials as for export')
    .requiredOption('--key-file <file>', 'the key that indexes are signed with, made when it is not there; the last index is kept beside it, as FILE.last')
    .option('--add <key>', 'a ledger that is new, by what weir audit key printed; may be given several times. Those of the index before stay', (key: string, before: readonly string[] = []) => [...before, key])
    .option('--endpoint <url>', 'address of the S3-compatible service (default: that of AWS; env AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL)')
    .option('--region <region>', 'its region (default: us-east-1; env AWS_REGION)')
    .action((options: IndexOptions) => run(io, options))
}

async function run (io: Io, { at, keyFile, add = [], ...where }: IndexOptions): Promise<void> {
  const file = resolve(io.cwd, keyFile)
  const privateKey = openPrivateKeyFile(file, () => generateKeyPairSync('ed25519').privateKey)
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new CommandFailed(`${keyFile} is not an Ed25519 private key.`)
  const key: NoteKey = { name: NAME, publicKey: createPublicKey(privateKey) }
  const kept = `${file}.last`
  const store = openTarget(io, at, where)
  try {
    const { number, logs } = await makeIndex({
      store, key, privateKey, add: add.map(ledgerKey), last: existsSync(kept) ? readFileSync(kept, 'utf8') : null, keep: (note) => replaceFile(kept, note), nowMs: Date.now(),
    })
    io.stdout(`index ${number} of ${logs.length} ledgers, signed by ${verifierKey(key)}\n`)
    for (const log of logs) io.stdout(`${log.key.name}  ${log.size} entries\n`)
  } catch (thrown) {
    throw thrown instanceof IndexRefused || thrown instanceof StoreError ? new CommandFailed(`No index was published: ${thrown.message}.`, { cause: thrown }) : thrown
  } finally {
    await store.close()
  }
}

function ledgerKey (text: string): NoteKey {
  const key = parseVerifierKey(text)
  if (key === null) throw new CommandFailed(`This is no key of a ledger: ${text}`)
  return key
}
