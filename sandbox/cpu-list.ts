import { readFileSync } from 'node:fs'

/** Processors for a sandbox, of those that this process may use itself: the last ones, for the first serve most interrupts. */
export function cpuList (count: number, status: string = readFileSync('/proc/self/status', 'latin1')): string {
  const ranges = /^Cpus_allowed_list:\s*([0-9,-]+)$/m.exec(status)?.[1] ?? '0'
  return ranges.split(',').flatMap(spread).slice(-count).join(',')
}

function spread (range: string): number[] {
  const [from = 0, to = from] = range.split('-').map(Number)
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
