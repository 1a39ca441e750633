import { lstatSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Names the folder that the test files of one run share, empty at its start. Absent when a file runs alone. */
const SHARED = 'WEIR_TEST_POLICY_CACHE'

/**
 * Lets a gateway's data folder take the policies that an earlier gateway of the same run compiled: its cache is theirs. What
 * is there is of this run's code, and taken only for the same sources and the same OPA.
 */
export function shareCompiledPolicies (dataDir: string): void {
  const shared = process.env[SHARED]
  const cache = join(dataDir, 'policy-cache')
  if (shared === undefined || lstatSync(cache, { throwIfNoEntry: false }) !== undefined) return
  mkdirSync(dirname(cache), { recursive: true, mode: 0o700 })
  symlinkSync(shared, cache)
}

/** Where policies are compiled to that several files of a run open; a folder of its own when a file runs alone. */
export function sharedCompiledPolicies (): string | null {
  return process.env[SHARED] ?? null
}
