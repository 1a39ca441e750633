import { readdirSync, readFileSync } from 'node:fs'

/** A process as it was. `born` tells it from a later one with the same id; `name` is its whole command line. */
export interface SeenProcess { readonly pid: string, readonly parent: string, readonly born: string, readonly name: string }

/** The living process with this id, or null. */
export function processOf (pid: string): SeenProcess | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z') return null // dead, only not yet collected by its parent
    return { pid, parent: fields[1] ?? '', born: fields[19] ?? '', name: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }
  } catch {
    return null // it ended while we looked
  }
}

/** Everything that a process started, and what that started. */
export function descendantsOf (root: string): SeenProcess[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => processOf(pid) ?? [])
  const children = (pid: string): SeenProcess[] => all.filter((process) => process.parent === pid).flatMap((process) => [process, ...children(process.pid)])
  return children(root)
}
