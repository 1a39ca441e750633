import { randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { GatewayError } from '../gateway/core/errors.ts'
import { sha256 } from '../gateway/core/canonical-json.ts'
import { BARE_ENVIRONMENT } from './holder.ts'
import type { Covers } from './project-config.ts'

const MAX_BASE = 60 // bytes; sun_path holds 107 and the longest socket below the base takes 33
const INSIDE_FILES = ['relay.js', 'stdio-relay.js', 'join.js', 'shell.js', 'frames.js'] as const

const ETC: Readonly<Record<string, string>> = {
  passwd: 'root:x:0:0:root:/nonexistent:/usr/sbin/nologin\nweir:x:1000:1000::/tmp/home:/bin/bash\n',
  group: 'root:x:0:\nweir:x:1000:\n',
  hosts: '127.0.0.1 localhost weir\n::1 localhost\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
}

/** Folder of one session's run; every path is absolute. */
export interface RunFolder {
  readonly dir: string
  readonly upper: string
  readonly work: string
  readonly merged: string
  readonly gateDir: string
  readonly agentDir: string
  readonly agentSocket: string
  readonly config: string
}

/** What all runs of one driver share. */
export interface RuntimeFolder { readonly inside: string, readonly launcher: string, readonly etc: string, readonly models: string, readonly covers: Covers }

/**
 * Where runs live: `<dataDir>/run`, or a private folder in the temporary directory when that path is too long for Unix
 * sockets. What an earlier process left there is removed.
 *
 * @throws GatewayError WEIR_ERR_SANDBOX when the folder belongs to somebody else
 */
export async function openRunBase (dataDir: string): Promise<string> {
  const wanted = join(resolve(dataDir), 'run')
  const base = Buffer.byteLength(wanted) <= MAX_BASE ? wanted : join(tmpdir(), `weir-${sha256(wanted).slice(0, 12)}`)
  mkdirSync(base, { recursive: true, mode: 0o700 })
  const stat = lstatSync(base)
  // In a shared temporary directory somebody could have put the folder, or a link, there before us.
  if (!stat.isDirectory() || stat.uid !== process.getuid?.()) throw new GatewayError('WEIR_ERR_SANDBOX', `${base} is not a folder of this user. Remove it.`)
  chmodSync(base, 0o700)
  for (const left of readdirSync(base)) await removeTree(join(base, left))
  return base
}

/** Copies what runs inside sandboxes, so that a rebuild of Weir does not change it under a running session. */
export function stageRuntime (base: string, compiled: string): RuntimeFolder {
  const dir = join(base, 'runtime')
  const inside = join(dir, 'inside')
  const etc = join(dir, 'etc')
  mkdirSync(inside, { recursive: true })
  mkdirSync(etc)
  for (const file of INSIDE_FILES) copyFileSync(join(compiled, file), join(inside, file))
  writeFileSync(join(inside, 'package.json'), '{"type":"module"}\n')
  writeEtc(etc)
  const launcher = join(dir, 'bash')
  writeFileSync(launcher, "#!/weir/bin/node\nimport('/weir/inside/shell.js')\n")
  chmodSync(launcher, 0o755)
  const models = join(dir, 'models.json')
  writeFileSync(models, '{}\n')
  return { inside, launcher, etc, models, covers: writeCovers(dir) }
}

function writeCovers (dir: string): Covers {
  const covers = { folder: join(dir, 'empty'), document: join(dir, 'empty.json') }
  mkdirSync(covers.folder)
  writeFileSync(covers.document, '{}\n')
  return covers
}

/** Writes the few files of /etc that programs in a sandbox look for, into an existing folder. */
export function writeEtc (folder: string): void {
  for (const [name, text] of Object.entries(ETC)) writeFileSync(join(folder, name), text)
}

/** A new, empty run. Its name is random: session ids are too long for socket paths. */
export function makeRunFolder (base: string): RunFolder {
  const dir = join(base, randomBytes(4).toString('hex'))
  mkdirSync(dir, { mode: 0o700 }) // not recursive: a name that exists is an error, never shared
  const run = {
    dir,
    upper: join(dir, 'upper'),
    work: join(dir, 'work'),
    merged: join(dir, 'merged'),
    gateDir: join(dir, 'gate'),
    agentDir: join(dir, 'agent'),
    agentSocket: join(dir, 'agent.sock'),
    config: join(dir, 'config.json'),
  }
  for (const folder of [run.upper, run.work, run.merged, run.gateDir, run.agentDir]) mkdirSync(folder, { mode: 0o755 })
  return run
}

/** Removes a tree, also one whose folders a tool made unreadable, which only a user-namespace root can do. */
export async function removeTree (dir: string): Promise<void> {
  const child = spawn('unshare', ['-Ur', 'rm', '-rf', '--one-file-system', '--', dir], { stdio: 'ignore', env: BARE_ENVIRONMENT, cwd: '/' })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new GatewayError('WEIR_ERR_SANDBOX', `${dir} could not be removed.`)
}
