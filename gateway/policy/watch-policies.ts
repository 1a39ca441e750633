import { watch } from 'node:fs'

const QUIET_MS = 200 // editors save in several steps; a build per step would show half-written rules

/** Calls back when something in the policy folder changed and has been quiet for a moment. @returns a function that ends it */
export function watchPolicies (dir: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | null = null
  const watcher = watch(dir, { recursive: true, persistent: false }, () => {
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(onChange, QUIET_MS)
    timer.unref()
  })
  // Losing the watch loses nothing but the convenience: SIGHUP still reloads.
  watcher.on('error', () => watcher.close())
  return () => {
    if (timer !== null) clearTimeout(timer)
    watcher.close()
  }
}
