import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { durationMs } from '../../duration.ts'
import { manifestOf, packBundle, revisionOf, unpackBundle } from '../../policy/bundle/archive.ts'
import { signBundle } from '../../policy/bundle/signature.ts'
import { defaultAlgorithm, demandFit, readPrivateKey, SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../policy/bundle/signing-key.ts'
import { CommandFailed, type Io } from '../io.ts'
import { readBundleFile, writeBundleFile } from './bundle-file.ts'
import { secretFromEnv } from './secret-from-env.ts'

interface SignCommandOptions {
  readonly key: string
  readonly alg?: SigningAlgorithm
  readonly keyId?: string
  readonly scope?: string
  readonly expires?: string
  readonly output?: string
  readonly json?: boolean
}

/** `weir policy sign`: OPA's own signature format, so that any OPA can check it too. */
export function signCommand (io: Io): Command {
  return new Command('sign')
    .description('sign a bundle; the time of signing orders bundles, and a gateway takes no older one')
    .argument('<bundle>', 'the bundle, as "weir policy build -o" or "opa build" wrote it')
    .requiredOption('--key <key>', 'private key in PEM: a file, or env:NAME (env WEIR_SIGNING_PASSPHRASE when it is encrypted)')
    .addOption(new Option('--alg <algorithm>', 'signature algorithm (default: RS256, or the ES one of the key\'s curve)').choices(SIGNING_ALGORITHMS))
    .option('--key-id <id>', 'name of the key, for gateways that demand it')
    .option('--scope <scope>', 'what the bundle is for; a gateway takes bundles of its own scope only')
    .option('--expires <age>', 'how long gateways may take it, such as 90d (default: for ever)')
    .option('-o, --output <file>', 'where to write the signed bundle (default: in its place)')
    .option('--json', 'print JSON')
    .action(async (bundle: string, options: SignCommandOptions) => await sign(io, resolve(io.cwd, bundle), options))
}

async function sign (io: Io, file: string, options: SignCommandOptions): Promise<void> {
  const key = readPrivateKey(await pemOf(io, options.key), io.env['WEIR_SIGNING_PASSPHRASE'])
  const algorithm = options.alg ?? defaultAlgorithm(key)
  demandFit(key, algorithm)
  const files = unpackBundle(await readBundleFile(file))
  const signedAt = Math.floor(Date.now() / 1_000)
  const signed = signBundle(files, {
    key,
    algorithm,
    keyId: options.keyId,
    scope: options.scope,
    signedAt,
    expiresAt: options.expires === undefined ? undefined : signedAt + Math.floor(durationMs(options.expires) / 1_000),
  })
  const output = options.output === undefined ? file : resolve(io.cwd, options.output)
  await writeBundleFile(output, await packBundle(signed))
  const revision = revisionOf(files, manifestOf(files))
  io.stdout(options.json === true
    ? `${JSON.stringify({ revision, algorithm, signedAt: new Date(signedAt * 1_000).toISOString(), file: output })}\n`
    : `revision ${revision}, signed by ${algorithm}\n`)
}

async function pemOf (io: Io, named: string): Promise<string> {
  if (named.includes('PRIVATE KEY')) throw new CommandFailed('--key takes a file or env:NAME: a command line is readable by every user of the machine.')
  if (named.startsWith('env:')) return secretFromEnv(named, io.env)
  return await readFile(resolve(io.cwd, named), 'utf8').catch((cause: unknown) => {
    throw new CommandFailed(`The signing key ${named} could not be read.`, { cause })
  })
}
