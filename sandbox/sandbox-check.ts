import { accessSync, constants, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { asGatewayError } from '../gateway/core/errors.ts'
import { toolArguments, toolCommand } from './argv.ts'
import type { DriverChoice } from './driver-names.ts'
import { BARE_ENVIRONMENT, openHolder, type Holder } from './holder.ts'
import { startJail } from './jail.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { noWalls } from './no-walls.ts'
import { findPodman } from './podman/find-podman.ts'
import { podmanWalls } from './podman/podman-walls.ts'
import { stagePodman } from './podman/podman.ts'
import { ownProcessLimit } from './process-limit.ts'
import { removeTree, writeEtc } from './run-folder.ts'
import { seccompFilter } from './seccomp.ts'
import { bubblewrapWalls, type Walls } from './walls.ts'

/** Programs that sandboxes are made with, and the Debian package each comes from. */
const PROGRAMS = { unshare: 'util-linux', nsenter: 'util-linux', prlimit: 'util-linux', mount: 'mount', git: 'git', rg: 'ripgrep' } as const
const BWRAP = { bwrap: 'bubblewrap' } as const
const DRIVER_PROGRAMS = { bubblewrap: BWRAP, podman: { podman: 'podman', conmon: 'conmon' }, none: BWRAP } as const
const BWRAP_ADVICE = 'bubblewrap 0.8 or newer is needed, with unprivileged user namespaces allowed.'
const ADVICE = {
  bubblewrap: BWRAP_ADVICE,
  none: BWRAP_ADVICE,
  podman: 'podman 4 or newer and an OCI runtime (apt-get install crun, or name yours in agent.runtime) are needed, with unprivileged user namespaces allowed.',
} as const
const BUBBLEWRAP: DriverChoice = { sandbox: 'bubblewrap', runtime: null }

/** What stands in the way of a sandbox and what to do about it. */
export interface SandboxProblem { readonly problem: string, readonly advice: string }

/**
 * Tries out a whole sandbox: programs, overlay mount, walls, filter, one command.
 *
 * @returns the problems found, none when sandboxes work here. Never rejects.
 */
export async function checkSandbox (choice: DriverChoice = BUBBLEWRAP): Promise<readonly SandboxProblem[]> {
  const missing = Object.entries({ ...DRIVER_PROGRAMS[choice.sandbox], ...PROGRAMS }).filter(([program]) => !isOnPath(program))
  if (missing.length > 0) {
    return missing.map(([program, from]) => ({ problem: `${program} was not found`, advice: `Install it: apt-get install ${from}` }))
  }
  const dir = mkdtempSync(join(tmpdir(), 'weir-check-'))
  try {
    return await tryOut(dir, choice)
  } catch (error) {
    return [{ problem: asGatewayError(error).message, advice: 'Unprivileged user namespaces and overlay mounts in them must be allowed (sysctl user.max_user_namespaces, AppArmor or the container around Weir).' }]
  } finally {
    await removeTree(dir).catch(() => {}) // the answer stands; what is left is an empty folder in the temporary directory
  }
}

async function tryOut (dir: string, choice: DriverChoice): Promise<readonly SandboxProblem[]> {
  const [lower, upper, work, merged, etc] = ['lower', 'upper', 'work', 'merged', 'etc'].map((name) => join(dir, name)) as [string, string, string, string, string]
  for (const folder of [lower, upper, work, merged, etc]) mkdirSync(folder)
  writeEtc(etc)
  const holder = await openHolder({ lower, upper, work, merged }, ownProcessLimit(DEFAULT_LIMITS))
  try {
    return await runOne(holder, merged, etc, choice)
  } finally {
    await holder.close()
  }
}

async function runOne (holder: Holder, merged: string, etc: string, choice: DriverChoice): Promise<readonly SandboxProblem[]> {
  const jail = startJail({
    holderPid: holder.pid,
    options: toolArguments({ node: process.execPath, npm: null, etc, merged, limits: DEFAULT_LIMITS }, '/workspace'),
    command: toolCommand('echo works > proof && cat proof', DEFAULT_LIMITS),
    filter: seccompFilter(process.arch),
    walls: wallsOf(choice, etc),
  })
  jail.stdin.end()
  const [out, error] = await Promise.all([text(jail.stdout), text(jail.stderr)])
  if (out === 'works\n') return []
  return [{ problem: `a sandbox did not start: ${error.slice(0, 300).trim()}`, advice: ADVICE[choice.sandbox] }]
}

function wallsOf ({ sandbox, runtime }: DriverChoice, folder: string): Walls {
  switch (sandbox) {
    case 'bubblewrap': return bubblewrapWalls
    case 'podman': return podmanWalls(stagePodman(folder, findPodman(), runtime))
    case 'none': return noWalls
  }
}

function isOnPath (program: string): boolean {
  return BARE_ENVIRONMENT.PATH.split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false // not in this folder
    }
  })
}
