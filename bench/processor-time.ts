import { readFileSync } from 'node:fs'

const TICK_MICROSECONDS = 10_000 // USER_HZ is 100 on every Linux that Node runs on
const FIELDS_BEFORE = 11 // of the fields behind the program's name, in proc_pid_stat(5)

/**
 * Processor time of a process's main thread, in microseconds, in steps of 10 ms; NaN where there is no /proc. Unlike requests per second it
 * says the same on a machine that others use too, nearly.
 */
export function mainThreadMicroseconds (pid: number): number {
  const fields = statOf(pid).split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[FIELDS_BEFORE]) + Number(fields[FIELDS_BEFORE + 1])) * TICK_MICROSECONDS
}

function statOf (pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8')
  } catch {
    return '' // not a Linux, or the process has ended
  }
}
