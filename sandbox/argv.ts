/** Argument vectors of the sandbox's processes: what a sandbox can see and do is all in this file, but for the masks of `/proc`. */
import type { SandboxLimits } from './limits.ts'
import { procOptions } from './masked-proc.ts'
import { INSIDE, type TerminalSize } from './sandbox.ts'

/** The variable that a jail's outer processes carry; what runs inside starts with an environment of its own. */
export const MARK = 'WEIR_JAIL'

const MAX_FILE_BYTES = 1_073_741_824
const USER = '1000' // an ordinary user inside, whoever runs the gateway

/** File descriptors on which bwrap reads its options and its seccomp filter. */
export const ARGS_FD = 3
export const SECCOMP_FD = 4

/** Host paths that every sandbox of one driver shares. */
export interface SharedPaths {
  /** Node's binary, and the folder of npm when it is not under /usr; both are bound read-only. */
  readonly node: string
  readonly npm: string | null
  /** Folder with `passwd`, `group`, `hosts`, `nsswitch.conf`. */
  readonly etc: string
  readonly limits: SandboxLimits
}

export interface ToolPaths extends SharedPaths { readonly merged: string }

export interface AgentPaths extends ToolPaths {
  readonly agentBinary: string
  /** Folder with the compiled relay and wrapper, and the launcher named `bash`. */
  readonly inside: string
  readonly launcher: string
  /** The managed configuration file. */
  readonly config: string
  readonly models: string
  /** Folder with the gateway's sockets (read-only inside) and the folder the relay listens in. */
  readonly gateDir: string
  readonly agentDir: string
  /** Real paths of the system's shells, each covered by the wrapper. */
  readonly shells: readonly string[]
  /** Options that cover what of the workspace is not for the agent's process, see `coverProjectConfig`. */
  readonly covered: readonly string[]
  /** Folder of the agent's conversations; null when they go with the sandbox. */
  readonly conversations: string | null
}

/**
 * `unshare … sh -c` that mounts the overlay, says its process id on the host, and then lives exactly as long as its
 * standard input stays open. It is the first process of a process namespace that all sandboxes of the run are in: the
 * kernel ends them with it, also one that was only half started when the gateway was killed.
 *
 * @param processes most process ids in that namespace; null where the kernel has one number for the whole machine
 * @throws RangeError when a path holds a character that means something in mount options
 */
export function holderArguments (paths: { readonly lower: string, readonly upper: string, readonly work: string, readonly merged: string }, processes: number | null = null): string[] {
  for (const path of Object.values(paths)) {
    if (/[,:\\\n]/.test(path)) throw new RangeError('a sandbox path holds a comma, colon, backslash or newline')
  }
  const options = `lowerdir=${paths.lower},upperdir=${paths.upper},workdir=${paths.work},userxattr`
  // While /proc is still the host's, the first field is the id that the gateway knows this process by. bwrap needs the
  // namespace's own /proc: it looks up its children there. No exec of cat: the first process has to collect the dead.
  const script = 'mount -t overlay overlay -o "$1" "$2" && read -r pid rest </proc/self/stat && mount -t proc proc /proc && { [ -z "$3" ] || echo "$3" >/proc/sys/kernel/pid_max; } && echo "ready $pid" && cat >/dev/null'
  return ['-Urmp', '--kill-child=KILL', 'sh', '-c', script, 'weir-holder', options, paths.merged, processes === null ? '' : String(processes)]
}

// Descriptors that whoever started the gateway left open reach every child, Node cannot close them, and one open
// directory of the host is a way out of any mount namespace.
// And when the machine runs out of memory, its kernel ends what runs in sandboxes before the gateway.
export const CLOSE_INHERITED = `echo 500 >/proc/self/oom_score_adj; for f in /proc/self/fd/*; do n=\${f##*/}; (( n > ${SECCOMP_FD} )) && exec {n}>&-; done; exec "$@"`

/**
 * Arguments for bash: close what was inherited, then `nsenter` into the holder's user, mount and process namespaces,
 * then bwrap with its options on a descriptor, then the command.
 */
export function enterArguments (holderPid: number, mark: string, command: readonly string[], cpus: string | null = null): string[] {
  const onCpus = cpus === null ? [] : ['taskset', '-c', cpus]
  const enter = ['env', '-i', 'PATH=/usr/bin:/bin:/usr/sbin:/sbin', `${MARK}=${mark}`, ...onCpus, 'nsenter', '-t', String(holderPid), '-U', '-m', '-p', '--preserve-credentials', 'bwrap', '--args', String(ARGS_FD), '--', ...command]
  return ['--norc', '-c', CLOSE_INHERITED, 'weir', ...enter]
}

/** The walls that every sandbox has. */
function walls (paths: SharedPaths): string[] {
  return [
    '--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--new-session', '--clearenv',
    '--cap-drop', 'ALL', '--uid', USER, '--gid', USER, '--hostname', 'weir', '--seccomp', String(SECCOMP_FD),
    '--ro-bind', '/usr', '/usr',
    '--symlink', 'usr/bin', '/bin', '--symlink', 'usr/sbin', '/sbin', '--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64',
    ...['passwd', 'group', 'hosts', 'nsswitch.conf'].flatMap((name) => ['--ro-bind', `${paths.etc}/${name}`, `/etc/${name}`]),
    '--ro-bind-try', '/etc/alternatives', '/etc/alternatives', '--ro-bind-try', '/etc/ld.so.cache', '/etc/ld.so.cache',
    ...procOptions(),
    // The folder is memory without an end: what a program may put there goes into one that has a size.
    '--dev', '/dev', '--size', String(paths.limits.scratchBytes), '--tmpfs', '/dev/shm', '--remount-ro', '/dev',
    '--size', String(paths.limits.scratchBytes), '--tmpfs', '/tmp',
    '--ro-bind', paths.node, '/weir/bin/node',
    ...(paths.npm === null ? [] : npmBinds(paths.npm)),
  ]
}

function npmBinds (npm: string): string[] {
  return [
    '--ro-bind', npm, '/weir/lib/node_modules/npm',
    '--symlink', '../lib/node_modules/npm/bin/npm-cli.js', '/weir/bin/npm',
    '--symlink', '../lib/node_modules/npm/bin/npx-cli.js', '/weir/bin/npx',
  ]
}

/** Options of the sandbox that runs one tool command beside the agent's. */
export function toolArguments (paths: ToolPaths, cwd: string): string[] {
  return [
    ...walls(paths),
    '--dir', '/tmp/home',
    '--bind', paths.merged, INSIDE.workspace,
    '--remount-ro', '/',
    '--setenv', 'PATH', '/usr/local/bin:/usr/bin:/bin:/weir/bin',
    '--setenv', 'HOME', '/tmp/home', '--setenv', 'LANG', 'C.UTF-8', '--setenv', 'TERM', 'dumb',
    '--chdir', cwd,
  ]
}

/** What runs in a tool sandbox: the command under resource limits. */
export function toolCommand (command: string, limits: SandboxLimits): string[] {
  return limited(limits, ['/bin/bash', '-c', command])
}

/** What runs in a tool sandbox that waits for its command: the first thing on its standard input, ended by a NUL. All behind that is the command's own. */
export function waitingCommand (limits: SandboxLimits): string[] {
  return limited(limits, ['/bin/bash', '-c', 'IFS= read -r -d "" command && exec /bin/bash -c "$command"'])
}

// `script` makes the terminal: the sandbox's own, and of its instance of devpts the first. Nobody types at it: its input ends at once. What comes on
// standard input are sizes, a line each, which are read once the terminal has its first. The kernel tells the programs in its foreground.
const TERMINAL = `exec 3<&0 </dev/null 4> >(read -r ready; while read -r columns rows <&3; do stty cols "$columns" rows "$rows" </dev/pts/0; done >/dev/null 2>&1)
exec 3<&-
SHELL=/bin/bash TERM=xterm-256color script -qefc "stty cols $2 rows $3; echo ready >&4; exec 4>&-; exec /bin/bash -c \${1@Q}" /dev/null
exit $?`

/** A command on a terminal of its own. Its size is changed by a line `columns rows` on standard input. */
export function terminalCommand (command: string, { columns, rows }: TerminalSize, limits: SandboxLimits): string[] {
  return limited(limits, ['/bin/bash', '-c', TERMINAL, 'weir-terminal', command, String(columns), String(rows)])
}

/**
 * A command under resource limits. `prlimit` execs, so no process is added. The number of processes is counted for each
 * user in each user namespace, and by the kernel's choice not at all for root: where root runs the gateway, the process
 * namespace bounds it alone.
 */
function limited (limits: SandboxLimits, command: readonly string[]): string[] {
  return ['/usr/bin/prlimit', `--nproc=${limits.processes}`, `--fsize=${Math.min(limits.diskBytes, MAX_FILE_BYTES)}`, '--core=0', '--', ...command]
}

/** Options of the agent's sandbox. `environment` may hold secrets: these options go to bwrap on a descriptor, never in argv. */
export function agentArguments (paths: AgentPaths, environment: Readonly<Record<string, string>>): string[] {
  return [
    ...walls(paths),
    '--size', String(paths.limits.scratchBytes), '--tmpfs', '/home/agent',
    '--ro-bind', paths.agentBinary, '/weir/bin/agent',
    '--ro-bind', paths.launcher, INSIDE.shell,
    // Not a wall (other interpreters remain), but a terminal or plugin that ignores the configured shell meets the gate too.
    ...paths.shells.flatMap((shell) => ['--ro-bind', paths.launcher, shell]),
    '--ro-bind', paths.inside, '/weir/inside',
    '--ro-bind', paths.models, '/weir/models.json',
    '--ro-bind', paths.config, '/etc/opencode/opencode.json',
    '--ro-bind', paths.gateDir, '/weir/gate',
    '--bind', paths.agentDir, '/weir/agent',
    ...(paths.conversations === null ? [] : ['--bind', paths.conversations, INSIDE.conversations]),
    '--bind', paths.merged, INSIDE.workspace,
    ...paths.covered,
    '--remount-ro', '/',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    '--chdir', INSIDE.workspace,
  ]
}

/** What runs in the agent's sandbox: the relay, which starts the agent. */
export function agentCommand (agentArgv: readonly string[], limits: SandboxLimits): string[] {
  return limited(limits, ['/weir/bin/node', '/weir/inside/relay.js', String(INSIDE.agentPort), String(INSIDE.modelPort), '/weir/bin/agent', ...agentArgv])
}

/** Host paths of the sandbox of an agent that works on a person's own folder. */
export interface EditorAgentPaths extends SharedPaths {
  readonly project: string
  /** The project's own `.git`, null when it has none. */
  readonly repository: string | null
  readonly agentBinary: string
  readonly inside: string
  readonly models: string
  readonly config: string
  /** Folder with the socket to the models. */
  readonly gateDir: string
  /** Options that cover what of the project is not for the agent, see `coverProjectConfig`. */
  readonly covered: readonly string[]
}

/** Options of that sandbox: the folder itself, not a copy; nothing else of the machine, and no network but the models. */
export function editorAgentArguments (paths: EditorAgentPaths, environment: Readonly<Record<string, string>>): string[] {
  return [
    ...walls(paths),
    '--size', String(paths.limits.scratchBytes), '--tmpfs', '/home/agent',
    '--ro-bind', paths.agentBinary, '/weir/bin/agent',
    '--ro-bind', paths.inside, '/weir/inside',
    '--ro-bind', paths.models, '/weir/models.json',
    '--ro-bind', paths.config, '/etc/opencode/opencode.json',
    '--ro-bind', paths.gateDir, '/weir/gate',
    '--bind', paths.project, INSIDE.workspace,
    ...paths.covered,
    // Hooks and configuration of a repository are programs that run later, outside.
    ...(paths.repository === null ? [] : ['--ro-bind', paths.repository, `${INSIDE.workspace}/.git`]),
    '--remount-ro', '/',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    '--chdir', INSIDE.workspace,
  ]
}

/** What runs in it: the relay, which starts the agent on its own standard streams. */
export function editorAgentCommand (agentArgv: readonly string[], limits: SandboxLimits): string[] {
  return limited(limits, ['/weir/bin/node', '/weir/inside/stdio-relay.js', String(INSIDE.modelPort), '/weir/bin/agent', ...agentArgv])
}

/** bwrap's option format on a descriptor: every argument ended by a NUL. @throws RangeError when an argument holds one */
export function packArguments (args: readonly string[]): Buffer {
  if (args.some((argument) => argument.includes('\0'))) throw new RangeError('a sandbox argument holds a NUL')
  return Buffer.from(args.map((argument) => `${argument}\0`).join(''))
}
