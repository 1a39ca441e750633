import { spawn } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { BARE_ENVIRONMENT } from './holder.ts'
import type { SandboxLimits } from './limits.ts'

const WALK_MS = 60_000
const SHARE = 8 // looked at anew when the file system has grown by this part of the room that is left
const RECHECKS = 60 // looks without a walk, whatever the file system says: others may have freed what the session took

/** What a session wrote, on disk. */
export interface DiskUse { readonly diskBytes: number, readonly files: number }

/** @returns what is used, or null when nothing can have changed much since the last answer and none is wanted */
export type DiskLook = (wanted: boolean) => Promise<DiskUse | null>

/**
 * Watches the upper layer, and what else a session writes to. Walking costs, so they are walked only when their file systems have filled by enough
 * to matter.
 *
 * The look rejects when the folders cannot be measured within a minute.
 */
export function createDiskLook (folders: readonly string[], limits: SandboxLimits): DiskLook {
  let last: DiskUse = { diskBytes: 0, files: 0 }
  let mark = usedOf(folders)
  let quiet = 0
  return async (wanted) => {
    const now = usedOf(folders)
    const grown = now.diskBytes - mark.diskBytes > room(limits.diskBytes, last.diskBytes) || now.files - mark.files > room(limits.files, last.files)
    quiet += 1
    if (!wanted && !grown && quiet < RECHECKS) return null
    quiet = 0
    mark = now
    last = await walk(folders)
    return last
  }
}

function room (allowed: number, used: number): number {
  return Math.max(0, allowed - used) / SHARE
}

/** Of their file systems together; one that holds several counts as often, which has it walked the sooner. */
function usedOf (folders: readonly string[]): DiskUse {
  let [diskBytes, used] = [0, 0]
  for (const folder of folders) {
    const { blocks, bfree, bsize, files, ffree } = statfsSync(folder)
    diskBytes += (blocks - bfree) * bsize
    used += files - ffree
  }
  return { diskBytes, files: used }
}

/** In a user namespace, as it is removed: an agent can make its folders unreadable to whoever runs the gateway. */
async function walk (folders: readonly string[]): Promise<DiskUse> {
  const script = 'du -sxc --block-size=1 -- "$@" | tail -n 1; du -sxc --inodes -- "$@" | tail -n 1' // du complains of what is removed meanwhile
  const child = spawn('unshare', ['-Ur', 'nice', 'sh', '-c', script, 'du', ...folders], { stdio: ['ignore', 'pipe', 'ignore'], env: BARE_ENVIRONMENT, cwd: '/', timeout: WALK_MS, killSignal: 'SIGKILL' })
  child.on('error', () => { child.stdout.destroy() })
  const said = await text(child.stdout)
  const [diskBytes, files] = said.split('\n').map((line) => /^([0-9]+)\t/.exec(line)?.[1]).map(Number)
  if (diskBytes === undefined || files === undefined || Number.isNaN(diskBytes + files)) throw new RangeError('the workspace could not be measured')
  return { diskBytes, files }
}
