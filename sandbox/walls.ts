import { enterArguments, packArguments } from './argv.ts'

/** What a jail is made of, before somebody makes it. */
export interface JailPlan {
  readonly holderPid: number
  /** bwrap's options, for every driver the description of what the jail sees. They may hold secrets. */
  readonly options: readonly string[]
  readonly command: readonly string[]
  readonly filter: Buffer
  /** The processors it may run on, as `taskset -c` takes them. Default: all. */
  readonly cpus?: string | null
  /** The command is fit to be process 1. Other commands get one above them that collects the dead. */
  readonly isFirst?: true
}

/** How a plan becomes a process. */
export interface Entry {
  /** bash's arguments. */
  readonly args: readonly string[]
  /** What it is fed on the descriptors `ARGS_FD` and `SECCOMP_FD`. */
  readonly feeds: readonly [Buffer, Buffer]
  /** Somebody beside the command holds its output: that it is closed does not say that the command's processes are gone. */
  readonly outputIsCopied?: true
}

/** A way to put walls around a command. @throws RangeError for a plan that cannot be said without changing its meaning */
export type Walls = (plan: JailPlan, mark: string) => Entry

/** Walls made by bubblewrap, which brings a process 1 of its own. */
export const bubblewrapWalls: Walls = ({ holderPid, options, command, filter, cpus }, mark) => ({
  args: enterArguments(holderPid, mark, command, cpus ?? null),
  feeds: [packArguments(options), filter],
})
