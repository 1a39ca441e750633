import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { enterArguments, packArguments, SECCOMP_FD } from './argv.ts'
import type { DriverOptions } from './driver.ts'
import { createOverlayDriver } from './overlay-driver.ts'
import { readView, type View } from './podman/view.ts'
import type { SandboxDriver } from './sandbox.ts'
import { bubblewrapWalls, type Walls } from './walls.ts'

/**
 * The driver without walls: for machines that are thrown away, and for measuring what walls cost. What runs sees and changes
 * whatever the gateway's own user may, and commands reach the network. Weir's own process that reads the workspace keeps its walls.
 *
 * Never opened by a configuration alone, see `containmentOf`.
 *
 * @throws GatewayError WEIR_ERR_SANDBOX
 */
export async function createUncontained (options: DriverOptions): Promise<SandboxDriver> {
  return await createOverlayDriver(options, () => ({ walls: noWalls, readerWalls: bubblewrapWalls }))
}

/**
 * Puts the workspace and Weir's files where every sandbox has them, into the machine's own file system; bwrap does no more here than
 * that. A process namespace remains, so that a command ends with all that it started; and the agent's own process keeps a loopback
 * of its own, because its ports are the same in every session. The exec gate stands in for the shells as it does elsewhere.
 */
export const noWalls: Walls = ({ holderPid, options, command, isFirst, cpus }, mark) => {
  const view = readView(options)
  return {
    args: enterArguments(holderPid, mark, command, cpus ?? null),
    feeds: [packArguments(placeOptions(view, isFirst === true)), Buffer.from('none\n')],
  }
}

// What only the sandbox's root has. Everything else that a sandbox is bound is the machine's own here, which is there anyway.
const PLACES = ['/workspace', '/weir', '/etc/opencode']

// Not in the machine's folder of temporary files, where a sandbox has it: to make it there, that folder would have to be put together
// anew, and how much is in it nobody knows, while bwrap takes nine thousand words.
const COMMAND_HOME = '/weir/home'

function placeOptions (whole: View, isAgent: boolean): string[] {
  const view = isAgent ? whole : { ...whole, environment: whole.environment.map((one) => one.name === 'HOME' ? { ...one, value: COMMAND_HOME } : one) }
  const binds = view.binds.filter(({ from, to }) => isBelow(to, PLACES) || (from !== to && to.startsWith('/usr/')))
  const homes = view.environment.filter(({ name }) => name === 'HOME').map(({ value }) => value)
  const open = openedFolders([...binds.map(({ to }) => to), ...homes])
  return [
    '--unshare-user', '--uid', view.user, '--gid', view.user, '--unshare-pid', ...(isAgent ? ['--unshare-net'] : []),
    '--die-with-parent', '--new-session', '--clearenv',
    ...contents('/', open),
    '--proc', '/proc',
    ...homes.flatMap((home) => ['--tmpfs', home]),
    ...binds.flatMap(({ from, to, writable, optional }) => [writable ? '--bind' : optional ? '--ro-bind-try' : '--ro-bind', from, to]),
    ...view.links.filter(({ path }) => isBelow(path, PLACES)).flatMap(({ path, target }) => ['--symlink', target, path]),
    '--ro-bind-data', String(SECCOMP_FD), '/weir/containment', // says what it is, and closes a descriptor that nothing else takes here
    ...view.environment.flatMap(({ name, value }) => ['--setenv', name, value]),
    '--chdir', view.directory,
  ]
}

function isBelow (path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(`${folder}/`))
}

/**
 * Folders of the machine in which something of Weir's is to appear: a bind to a place that is not there would make it, on the machine
 * itself. These are put together anew, from what is in them.
 */
function openedFolders (places: readonly string[]): ReadonlySet<string> {
  const open = new Set<string>()
  for (const place of places) {
    if (isBelow(place, ['/workspace', '/weir'])) continue
    let path = place
    while (path !== '/' && look(path) === null) path = dirname(path)
    if (path !== '/' && path !== place) open.add(path)
  }
  return open
}

function contents (folder: string, open: ReadonlySet<string>): string[] {
  return namesIn(folder).filter((name) => folder !== '/' || !['proc', 'workspace', 'weir'].includes(name)).flatMap((name) => {
    const path = join(folder, name)
    if (look(path)?.isSymbolicLink() === true) return ['--symlink', readlinkSync(path), path]
    if ([...open].some((one) => isBelow(one, [path]))) return ['--tmpfs', path, ...contents(path, open)]
    return ['--dev-bind-try', path, path]
  })
}

function namesIn (folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // not to be read by the gateway's user: what is in it is not shown, and that is no wall
  }
}

function look (path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null
}
