import type { Readable, Writable } from 'node:stream'
import type { Permit } from '../gateway/core/permit.ts'
import type { LimitHit } from './limits.ts'
import type { Walls } from './walls.ts'

/** Where things are inside a sandbox. The agent's configuration names these paths and ports. */
export const INSIDE = {
  workspace: '/workspace',
  shell: '/weir/bin/bash',
  agentPort: 4096,
  modelPort: 4097,
  modelBaseUrl: 'http://127.0.0.1:4097',
  conversations: '/weir/conversations',
} as const

/** What a sandbox is made of. `lowerDir` is an absolute host path with the read-only tree the workspace starts from. */
export interface SandboxSpec {
  readonly lowerDir: string
  /** Host folder in which the agent keeps its conversations. Default: they go with the sandbox. */
  readonly conversations?: string
  /** One command runs in it, for as long as it lasts: no jail waits for a next one. */
  readonly isForOne?: true
  /** Told when the session ran into a limit and what was ended for it. With `session`, the receiver is to stop the sandbox. */
  readonly onLimit?: (hit: LimitHit, ended: LimitEnding) => void
}

export const LIMIT_ENDINGS = ['commands', 'session'] as const
export type LimitEnding = typeof LIMIT_ENDINGS[number]

/** The agent's managed configuration (OpenCode's JSON) and what its model requests prove themselves with. */
export interface AgentSpec { readonly config: object }

/** One command for the tool sandbox: `/bin/bash -c command` in `cwd` (inside the workspace). */
export interface ToolSpec {
  readonly command: string
  readonly cwd: string
  /** Longest run, ms. Default: `SandboxLimits.commandMs`. */
  readonly wallMs?: number
  /** The command gets a terminal of this size, at which nobody types. Both its streams come on `stdout` then, and `stdin` goes nowhere. */
  readonly terminal?: TerminalSize
}

/** Of a terminal, characters. Both 1 to `MAX_TERMINAL_SIZE`. */
export interface TerminalSize { readonly columns: number, readonly rows: number }

export const MAX_TERMINAL_SIZE = 1_000

export const TOOL_ENDINGS = ['exited', 'killed', 'timed-out', 'over-limit'] as const
export interface ToolEnd {
  readonly how: typeof TOOL_ENDINGS[number]
  /** 0–255; 128 + n when signal n ended it. */
  readonly code: number
  /** Why, with `over-limit`. */
  readonly hit?: LimitHit
}

/** A running tool process. Its streams have back-pressure; nothing is buffered beyond the pipes. */
export interface ToolProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves when the process and everything it started are gone. Never rejects. */
  readonly ended: Promise<ToolEnd>
  kill (): void
  /** Changes the size of its terminal. Does nothing without one. */
  resize (size: TerminalSize): void
}

/** One session's workspace and the processes on it. */
export interface Sandbox {
  /** Folder for the gateway's sockets to this run; the agent's sandbox sees it read-only. Short enough for Unix sockets. */
  readonly gateDir: string
  /** Unix socket of the agent's HTTP server. Exists once `startAgent` has resolved. */
  readonly agentSocketPath: string
  /** `Basic …` of this run's random password. */
  readonly authorization: string
  readonly holderPid: number
  /** The merged overlay as the holder sees it. */
  readonly mergedDir: string
  /**
   * The same tree from the gateway: `/proc/<holder>/root/<merged>`. Only lstat and readlink, never open or follow: an
   * absolute link in it resolves against the host's root.
   */
  readonly workspaceRoot: string
  readonly lowerDir: string
  readonly upperDir: string
  /** What makes the walls around the process that reads this workspace. */
  readonly walls: Walls
  /**
   * Starts the agent and waits until it answers.
   * @throws GatewayError WEIR_ERR_AGENT_START
   */
  startAgent (agent: AgentSpec): Promise<void>
  /** Resolves when the agent is gone: with its exit code, null when it was killed or never started. */
  readonly agentEnded: Promise<number | null>
  /** @throws GatewayError WEIR_ERR_DENIED without a permit that govern issued, WEIR_ERR_SANDBOX */
  runTool (permit: Permit, spec: ToolSpec): ToolProcess
  /** Kills the agent and every tool; the overlay stays readable. */
  stopProcesses (): Promise<void>
  /** Kills all, unmounts, and removes the run folder. */
  stop (): Promise<void>
}

/** A way to make sandboxes. */
export interface SandboxDriver {
  /**
   * Makes the workspace (no process of the agent runs yet).
   *
   * @throws GatewayError WEIR_ERR_DENIED without an issued permit, WEIR_ERR_SANDBOX
   */
  open (permit: Permit, spec: SandboxSpec): Promise<Sandbox>
  /** Removes what sandboxes shared. Every sandbox must have been stopped. */
  close (): Promise<void>
}
