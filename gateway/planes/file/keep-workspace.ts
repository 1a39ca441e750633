import { openWorkspaceFs, type OverlayMount, type WorkspaceFs } from '../../../sandbox/workspace-fs.ts'

const IDLE_MS = 30_000 // the turns of a conversation come closer together than this; a worker takes some 40 MB meanwhile

/** A session's workspace, and the worker that reads it: to start one takes longer than most collections. */
export interface KeptWorkspace {
  /** Runs with a worker that is open. One run at a time. Rejects as `run` does. */
  use<T> (run: (fs: WorkspaceFs) => Promise<T>): Promise<T>
  close (): void
}

/** @param open makes a worker; for tests */
export function keepWorkspace (mount: OverlayMount, open: (mount: OverlayMount) => WorkspaceFs = openWorkspaceFs): KeptWorkspace {
  let fs: WorkspaceFs | null = null
  let idle: NodeJS.Timeout | null = null
  function close (): void {
    if (idle !== null) clearTimeout(idle)
    fs?.close()
    fs = null
  }
  return {
    async use (run) {
      if (idle !== null) clearTimeout(idle)
      if (fs?.isOpen() === false) close()
      fs ??= open(mount)
      try {
        return await run(fs)
      } catch (thrown) {
        close() // what it was in the middle of is not known; the next run has another
        throw thrown
      } finally {
        if (fs !== null) idle = setTimeout(close, IDLE_MS).unref()
      }
    },
    close,
  }
}
