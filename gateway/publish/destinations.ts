import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { GatewayError } from '../core/errors.ts'
import { openFolder } from '../object-store/folder.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { openS3 } from '../object-store/s3.ts'
import type { DestinationConfig, S3Config } from './publish-config.ts'

const run = promisify(execFile)
const TYPE = 'text/plain; charset=utf-8'

/** Somewhere that checkpoints are kept. */
export interface Destination {
  /** Puts these texts by their names, which have slashes; in the order given. @throws Error in words */
  put (texts: ReadonlyArray<readonly [name: string, text: string]>): Promise<void>
  close (): Promise<void>
}

export interface DestinationPorts { readonly env: NodeJS.ProcessEnv, readonly timeoutMs: number, readonly nowMs: () => number, /** Folder for working copies. */ readonly folder: string }

/** @throws GatewayError WEIR_ERR_CONFIG_INVALID when a credential is not set */
export function openDestination (name: string, config: DestinationConfig, ports: DestinationPorts): Destination {
  switch (config.kind) {
    case 'directory': return into(openFolder(config.directory))
    case 's3': return into(openBucket(config.s3, ports))
    case 'git': return gitBranch(config, join(ports.folder, name), ports)
  }
}

/** The store of a bucket with the credentials of the environment. @throws GatewayError WEIR_ERR_CONFIG_INVALID naming the variable */
export function openBucket ({ accessKey, secretKey, sessionToken, ...place }: S3Config, { env, timeoutMs, nowMs }: Omit<DestinationPorts, 'folder'>): ObjectStore {
  const valueOf = (variable: string): string => {
    const value = env[variable] ?? ''
    if (value === '') throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `The bucket ${place.bucket} needs the environment variable ${variable}, which is not set.`)
    return value
  }
  return openS3({ ...place, credentials: { accessKey: valueOf(accessKey), secretKey: valueOf(secretKey), sessionToken: env[sessionToken] ?? null }, timeoutMs, nowMs })
}

function into (store: ObjectStore): Destination {
  return {
    async put (texts) { for (const [name, text] of texts) await store.put(name, Buffer.from(text), TYPE) },
    close: () => store.close(),
  }
}

/** A commit for each publication, pushed. The working copy is cloned anew after any trouble: what others pushed meanwhile is in it then. */
function gitBranch ({ repository, branch }: { readonly repository: string, readonly branch: string }, folder: string, { timeoutMs }: DestinationPorts): Destination {
  const git = async (...args: readonly string[]): Promise<void> => {
    // No question to nobody, and no hook of a repository that others write.
    await run('git', ['-c', 'core.hooksPath=/dev/null', '-c', 'user.name=Weir', '-c', 'user.email=weir@localhost', '-c', 'commit.gpgsign=false', ...args], { timeout: timeoutMs, env: { ...process.env, GIT_TERMINAL_PROMPT: '0' } })
  }
  let isReady = false
  async function begin (): Promise<void> {
    await rm(folder, { recursive: true, force: true })
    await mkdir(dirname(folder), { recursive: true, mode: 0o700 })
    try {
      await git('clone', '--quiet', '--depth', '1', '--branch', branch, '--', repository, folder)
    } catch {
      // An empty repository, or one without this branch: the first commit makes it. One that is away fails at the push.
      await rm(folder, { recursive: true, force: true })
      await git('init', '--quiet', '--initial-branch', branch, folder)
      await git('-C', folder, 'remote', 'add', 'origin', repository)
    }
    isReady = true
  }
  return {
    async put (texts) {
      try {
        if (!isReady) await begin()
        for (const [name, text] of texts) {
          await mkdir(dirname(join(folder, name)), { recursive: true })
          await writeFile(join(folder, name), text)
        }
        await git('-C', folder, 'add', '--all')
        await git('-C', folder, 'commit', '--quiet', '--allow-empty', '--message', `checkpoint ${texts.at(0)?.[0] ?? ''}`)
        await git('-C', folder, 'push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`)
      } catch {
        isReady = false
        throw new Error('git could not push to the repository') // what git says can hold an address with a password
      }
    },
    async close () {},
  }
}
