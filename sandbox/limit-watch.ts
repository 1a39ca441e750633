import { createDiskLook, type DiskLook } from './disk-use.ts'
import type { LimitHit, LimitName, SandboxLimits } from './limits.ts'
import { processUse } from './memory-use.ts'

const LOOK_MS = 500
const ENOUGH = 0.9 // where the kernel refuses the last process itself, the count never gets to the limit
const PATIENCE = 3 // looks: what was killed gives its memory back in the meantime
const BLIND_LOOKS = 3

/** What a session's sandboxes are stopped by when they use too much. */
export interface Stoppers {
  /** Ends the commands that run; says whether there were any. */
  readonly stopCommands: (hit: LimitHit) => boolean
  /** Ends the session. Called once. */
  readonly stopSession: (hit: LimitHit) => void
}

/** `folders`: what the session writes to on the machine's disk. */
export interface Watched { readonly holderPid: number, readonly folders: readonly string[] }

/**
 * Looks twice a second at what a session uses. Over a limit, its commands are ended first, which are what grows; when
 * that does not help, the session.
 *
 * It is the only bound on memory and disk where Weir may make no control group, and between two looks a program can go
 * over; the kernel then ends sandboxes before the gateway (`oom_score_adj`).
 */
export function watchLimits (watched: Watched, limits: SandboxLimits, stoppers: Stoppers): { close (): void } {
  const disk = createDiskLook(watched.folders, limits)
  const looks = createLooks(watched.holderPid, disk, limits)
  let over = 0
  let closed = false
  const end = (hit: LimitHit): void => {
    close()
    stoppers.stopSession(hit)
  }
  const look = async (): Promise<void> => {
    const hit = await looks()
    if (closed) return
    over = hit === null ? 0 : over + 1
    if (hit === null) return
    const stopped = stoppers.stopCommands(hit)
    if (over > PATIENCE || (over === 1 && !stopped)) end(hit)
  }
  const again = (): void => {
    timer = setTimeout(() => { look().then(next, next) }, LOOK_MS).unref()
  }
  const next = (): void => { if (!closed) again() }
  let timer: NodeJS.Timeout
  const session = setTimeout(() => { end({ limit: 'session-time', used: limits.sessionMs, allowed: limits.sessionMs }) }, limits.sessionMs).unref()
  const close = (): void => {
    closed = true
    clearTimeout(timer)
    clearTimeout(session)
  }
  again()
  return { close }
}

/** One look at everything: the first limit that is passed, or null. Never rejects. */
function createLooks (holderPid: number, disk: DiskLook, limits: SandboxLimits): () => Promise<LimitHit | null> {
  let written: LimitHit | null = null
  let blind = 0
  const lookAtDisk = async (): Promise<void> => {
    try {
      const use = await disk(written !== null)
      if (use !== null) written = passed('disk', use.diskBytes, limits.diskBytes) ?? passed('files', use.files, limits.files)
      blind = 0
    } catch {
      blind += 1 // a tree too large to be walked in a minute, three times in a row, is too large
      if (blind >= BLIND_LOOKS) written = { limit: 'files', used: limits.files, allowed: limits.files }
    }
  }
  return async () => {
    const { processes, memoryBytes } = processUse(holderPid)
    await lookAtDisk()
    return passed('memory', memoryBytes, limits.memoryBytes) ?? passed('processes', processes, Math.floor(limits.processes * ENOUGH), limits.processes) ?? written
  }
}

function passed (limit: LimitName, used: number, most: number, allowed: number = most): LimitHit | null {
  return used > most ? { limit, used, allowed } : null
}
