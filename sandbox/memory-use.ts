import { readdirSync, readFileSync, readlinkSync, statfsSync } from 'node:fs'

const PAGE_BYTES = 4_096 // x64; a kernel with larger pages counts less than there is, and never stops a session too early
const TMPFS = 0x01021994
const INODE_BYTES = 1_024 // what an empty file of a tmpfs takes of the kernel's memory
const SCRATCH = ['tmp', 'dev/shm', 'home/agent'] as const

/** What the processes of one session use right now. */
export interface ProcessUse { readonly processes: number, readonly memoryBytes: number }

/**
 * Counts the processes of a session, their private memory, and what their scratch folders hold. Everything is read
 * through the holder's own `/proc`, which no sandbox can reach: it lists its process namespace and nothing else.
 *
 * What no file tells is not counted: memory files that no name leads to, buffers of the kernel.
 */
export function processUse (holderPid: number): ProcessUse {
  const proc = `/proc/${holderPid}/root/proc`
  const pids = namesIn(proc).filter((name) => /^[0-9]+$/.test(name))
  const own = mountsOf(`${proc}/1`)
  const seen = new Set<string | null>([own, null]) // the holder's own mounts are the machine's
  let memoryBytes = 0
  for (const pid of pids) {
    const at = `${proc}/${pid}`
    memoryBytes += privateBytes(at)
    const mounts = mountsOf(at)
    if (seen.has(mounts)) continue
    seen.add(mounts)
    for (const folder of SCRATCH) memoryBytes += scratchBytes(`${at}/root/${folder}`)
  }
  return { processes: pids.length, memoryBytes }
}

// The second and third field are the pages in memory and those of them that files back.
function privateBytes (at: string): number {
  const [, resident = 0, shared = 0] = read(() => readFileSync(`${at}/statm`, 'latin1'), '').split(' ').map(Number)
  return Math.max(0, resident - shared) * PAGE_BYTES
}

function scratchBytes (folder: string): number {
  const use = read(() => statfsSync(folder), null)
  return use === null || use.type !== TMPFS ? 0 : (use.blocks - use.bfree) * use.bsize + (use.files - use.ffree) * INODE_BYTES
}

function mountsOf (at: string): string | null {
  return read(() => readlinkSync(`${at}/ns/mnt`), null)
}

function namesIn (folder: string): string[] {
  return read(() => readdirSync(folder), [])
}

function read<T> (look: () => T, gone: T): T {
  try {
    return look()
  } catch {
    return gone // processes come and go while they are counted
  }
}
