/** What one session's sandboxes may use together: the agent, and every command that runs beside it. */
export interface SandboxLimits {
  /** Memory of all processes and of their scratch folders, bytes. */
  readonly memoryBytes: number
  /** Processes and threads at once: threads take process ids too. At least `MIN_PROCESSES`. */
  readonly processes: number
  /** Processors that the sandboxes may run on; null for all. */
  readonly cpus: number | null
  /** What the session changed in its workspace, bytes on disk. */
  readonly diskBytes: number
  /** Names that the session made or changed in its workspace. */
  readonly files: number
  /** Size of each sandbox's `/tmp`, and of the agent's home, bytes. It is memory and counts as such. */
  readonly scratchBytes: number
  /** Longest run of one command, ms. */
  readonly commandMs: number
  /** Longest session, ms. */
  readonly sessionMs: number
}

const MIB = 1_048_576
const HOUR_MS = 3_600_000

/** The agent's own threads take most of these. */
export const MIN_PROCESSES = 128

/** Room for a large build; an end for whatever grows without one. */
export const DEFAULT_LIMITS: SandboxLimits = Object.freeze({
  memoryBytes: 8_192 * MIB,
  processes: 4_096,
  cpus: null,
  diskBytes: 10_240 * MIB,
  files: 1_000_000,
  scratchBytes: 1_024 * MIB,
  commandMs: 600_000,
  sessionMs: 12 * HOUR_MS,
})

export const LIMIT_NAMES = ['memory', 'processes', 'disk', 'files', 'session-time'] as const
export type LimitName = typeof LIMIT_NAMES[number]

/** A limit that a session ran into. Bytes, counts or milliseconds, by what the limit is of. */
export interface LimitHit {
  readonly limit: LimitName
  readonly used: number
  readonly allowed: number
}

const SPOKEN: Readonly<Record<LimitName, (value: number) => string>> = {
  memory: (bytes) => `${mib(bytes)} of memory`,
  processes: (count) => `${count} processes and threads`,
  disk: (bytes) => `${mib(bytes)} of disk`,
  files: (count) => `${count} changed files`,
  'session-time': (ms) => `${Math.round(ms / 60_000)} minutes`,
}

/** The hit as a sentence for whoever ran into it. */
export function limitText ({ limit, used, allowed }: LimitHit): string {
  return `over the ${limit} limit of this session: ${SPOKEN[limit](used)}, at most ${SPOKEN[limit](allowed)}`
}

const FILE_TOO_LARGE = 128 + 25 // SIGXFSZ, by which the kernel ends who writes on

/** What a command that ended with this code should be told; null for nothing. Programs that ignore the signal say so themselves: "File too large". */
export function endText (code: number): string | null {
  return code === FILE_TOO_LARGE ? 'over the limit of one file: 1 GiB, or what agent.limits.diskMiB allows when that is less' : null
}

function mib (bytes: number): string {
  return `${Math.ceil(bytes / MIB)} MiB`
}
