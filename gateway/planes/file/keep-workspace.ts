import { openWorkspaceFs, type OverlayMount, type WorkspaceFs } from '../../../sandbox/workspace-fs.ts'

const IDLE_MS = 30_000 // the turns of a conversation come closer together than this; a worker takes some 40 MB meanwhile

/** A session's workspace, and the worker that reads it: to start one takes longer than most collections. */
export interface KeptWorkspace {
  /** Runs with a worker that is open, beside other runs. Rejects as `run` does; the runs beside one that failed fail with it. */
  use<T> (run: (fs: WorkspaceFs) => Promise<T>): Promise<T>
  close (): void
}

/** @param open makes a worker; for tests */
export function keepWorkspace (mount: OverlayMount, open: (mount: OverlayMount) => WorkspaceFs = openWorkspaceFs): KeptWorkspace {
  let fs: WorkspaceFs | null = null
  let running = 0
  let idle: NodeJS.Timeout | null = null
  function close (): void {
    if (idle !== null) clearTimeout(idle)
    idle = null
    fs?.close()
    fs = null
  }
  const rest = (): void => {
    if (running === 0) close()
    else idle?.refresh()
  }
  return {
    async use (run) {
      if (fs?.isOpen() === false) close()
      const mine = fs ??= open(mount)
      running += 1
      try {
        return await run(mine)
      } catch (thrown) {
        // What it was in the middle of is not known; the next run has another.
        if (fs === mine) close()
        else mine.close()
        throw thrown
      } finally {
        running -= 1
        if (fs !== null) idle = idle?.refresh() ?? setTimeout(rest, IDLE_MS).unref()
      }
    },
    close,
  }
}
