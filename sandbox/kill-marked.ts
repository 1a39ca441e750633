import { readdirSync, readFileSync } from 'node:fs'
import { MARK } from './argv.ts'

/** Kills every process that was started with this mark and is still there. @returns how many there were */
export function killMarked (mark: string): number {
  const needle = `${MARK}=${mark}`
  const found = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).filter((pid) => environmentOf(pid).includes(needle))
  for (const pid of found) killIfThere(Number(pid))
  return found.length
}

function environmentOf (pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1')
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
