import { readFileSync } from 'node:fs'

/** What a process that opens a database may take. Opening takes some 3 s of a processor, however long the machine takes to give them. */
export interface OpeningLimits {
  /** Without a sign of work for so long, it hangs. Where the system does not say what a process used, it is all the time that it has. */
  readonly stillMs: number
  /** Less processor time than this in `stillMs` is no sign of work. */
  readonly workMs: number
  /** With more processor time than this it goes round in circles. */
  readonly processorMs: number
  readonly checkMs: number
}

const LIMITS: OpeningLimits = Object.freeze({ stillMs: 60_000, workMs: 100, processorMs: 60_000, checkMs: 5_000 })
const TICK_MS = 10 // USER_HZ is 100 on every Linux that Node runs on

/** Told how much processor time a process has used, says whether it hangs. Times in ms; `processorMs` is null where it is not known. */
export type JudgeHang = (nowMs: number, processorMs: number | null) => boolean

/**
 * Tells a process that hangs from one that the machine gives no time. By the clock alone, a machine with much else to do took a database that
 * was being made for a broken one, deleted it and began anew, which took longer still.
 */
export function createHangJudge (startMs: number, { stillMs, workMs, processorMs: mostMs }: Omit<OpeningLimits, 'checkMs'> = LIMITS): JudgeHang {
  let workedAtMs = startMs
  let countedMs = 0
  return (nowMs, processorMs) => {
    if (processorMs !== null) {
      if (processorMs > mostMs) return true
      if (processorMs - countedMs >= workMs) {
        countedMs = processorMs
        workedAtMs = nowMs
      }
    }
    return nowMs - workedAtMs >= stillMs
  }
}

/** Calls once when the process hangs. @returns ends the watch */
export function watchOpening (pid: number, onHang: () => void, limits: OpeningLimits = LIMITS): () => void {
  const hangs = createHangJudge(performance.now(), limits)
  const timer = setInterval(() => {
    if (!hangs(performance.now(), processorTimeMs(pid))) return
    clearInterval(timer)
    onHang()
  }, limits.checkMs)
  return () => clearInterval(timer)
}

/** Processor time that a process has used, ms, in steps of 10; null where there is no /proc, or no such process. */
export function processorTimeMs (pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in field 2 may hold spaces and brackets, so fields are counted from its last bracket: 14 and 15 are user and system time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    return Number.isFinite(ticks) ? ticks * TICK_MS : null
  } catch {
    return null // no Linux, or it has ended, which its parent hears
  }
}
