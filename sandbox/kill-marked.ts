import { readdirSync, readFileSync } from 'node:fs'
import { MARK } from './argv.ts'

/** Kills every process that was started with this mark and is still there. @returns how many there were */
export function killMarked (mark: string): number {
  const found = marked(mark)
  for (const pid of found) killIfThere(Number(pid))
  return found.length
}

/** Those with this mark that are process 1 of their process namespace: they end after everything in it has. */
export function firstOfMarked (mark: string): string[] {
  return marked(mark).filter((pid) => /^NSpid:.*\t1$/m.test(read(pid, 'status')))
}

/** Whether it is no more, or only its exit code is. A zombie with more than one thread is not at its end. */
export function hasEnded (pid: string): boolean {
  const status = read(pid, 'status')
  return status === '' || (/^State:\t[ZX]/m.test(status) && /^Threads:\t[01]$/m.test(status))
}

function marked (mark: string): string[] {
  const needle = `${MARK}=${mark}`
  return readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).filter((pid) => read(pid, 'environ').includes(needle))
}

function read (pid: string, what: 'environ' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'latin1')
  } catch {
    return '' // gone meanwhile, or not ours: then it carries no mark of ours
  }
}

function killIfThere (pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ESRCH') throw error
  }
}
