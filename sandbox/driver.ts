import type { ToolPaths } from './argv.ts'
import type { SandboxLimits } from './limits.ts'
import type { RunFolder, RuntimeFolder } from './run-folder.ts'
import type { Walls } from './walls.ts'

export interface DriverOptions {
  readonly dataDir: string
  /** Real path of the agent's executable, see `findAgentBinary`. */
  readonly agentBinary: string
  /** The agent's arguments after its name. Default: OpenCode's `serve` on the sandbox's agent port. */
  readonly agentArguments?: readonly string[]
  /** Default: `DEFAULT_LIMITS`. */
  readonly limits?: SandboxLimits
  /** The last output of an agent that ended unasked or did not start, for the operator's log; the run's password is masked. */
  readonly onDiagnostic?: (text: string) => void
}

/** What all sandboxes of one driver have in common, found out once. */
export interface Driver {
  readonly options: DriverOptions
  readonly base: string
  readonly runtime: RuntimeFolder
  /** The system-call filter. */
  readonly filter: Buffer
  readonly walls: Walls
  /** The walls of Weir's own process that reads a workspace. Those of the driver, where it makes any. */
  readonly readerWalls: Walls
  readonly npm: string | null
  readonly shells: readonly string[]
  readonly limits: SandboxLimits
  /** The processors of a sandbox, as `taskset -c` takes them; null for all. */
  readonly cpus: string | null
  /** Whether each sandbox keeps a jail that waits for its next command: where one is quick to make and small. */
  readonly keepsSpare: boolean
}

/** The host paths that a tool sandbox of this run is bound. */
export function toolPaths (driver: Driver, run: RunFolder): ToolPaths {
  return { node: process.execPath, npm: driver.npm, etc: driver.runtime.etc, limits: driver.limits, merged: run.merged }
}
