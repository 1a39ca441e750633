import { resolve } from 'node:path'
import { Command } from 'commander'
import { manifestOf, MEMBERS, revisionOf, unpackBundle } from '../../policy/bundle/archive.ts'
import { bundleUrl } from '../../policy/bundle/url.ts'
import { uploadBundle } from '../../policy/bundle/upload.ts'
import { CommandFailed, type Io } from '../io.ts'
import { readBundleFile } from './bundle-file.ts'
import { secretFromEnv } from './secret-from-env.ts'

interface PushOptions { readonly to: string, readonly token?: string, readonly allowUnsigned?: boolean, readonly json?: boolean }

/** `weir policy push`: puts a signed bundle on any server that takes HTTP PUT. */
export function pushCommand (io: Io): Command {
  return new Command('push')
    .description('put a signed bundle on a bundle server, unless somebody else does so at the same time')
    .argument('<bundle>', 'the bundle, as "weir policy sign" wrote it')
    .requiredOption('--to <url>', 'where gateways fetch it; the server must take PUT there')
    .option('--token <env:NAME>', 'environment variable that holds the server\'s bearer token')
    .option('--allow-unsigned', 'push a bundle without a signature, which no gateway takes by default')
    .option('--json', 'print JSON')
    .action(async (bundle: string, options: PushOptions) => await push(io, resolve(io.cwd, bundle), options))
}

async function push (io: Io, file: string, options: PushOptions): Promise<void> {
  const token = options.token === undefined ? null : secretFromEnv(options.token, io.env)
  const url = bundleUrl(options.to, token !== null)
  const archive = await readBundleFile(file)
  const files = unpackBundle(archive)
  if (!files.has(MEMBERS.signatures) && options.allowUnsigned !== true) throw new CommandFailed(`${file} is not signed: run "weir policy sign" first.`)
  const revision = revisionOf(files, manifestOf(files))
  const { etag, guarded } = await uploadBundle({ url, archive, token })
  if (!guarded) io.stderr('weir: the server gives no ETag, so an upload at the same time would not have been noticed\n')
  // A query may hold a signature of its own.
  const place = `${url.origin}${url.pathname}`
  io.stdout(options.json === true ? `${JSON.stringify({ revision, url: place, etag })}\n` : `revision ${revision} is at ${place}\n`)
}
