import type { Context } from '../core/actor.ts'
import type { CheckResult, SignedManifest } from './release.ts'

interface Wish { readonly release: SignedManifest, readonly action: string, readonly from: string | null, readonly checks: readonly CheckResult[] }

/** What the person reads who is to agree, as JSON: which environment goes from which release to which, and what is known of it. */
export function wishText ({ release: { manifest }, action, from, checks }: Wish, { app, environment }: Context): string {
  const { id, digest, commit, source, madeBy, madeAtMs, archive, withheld } = manifest
  return JSON.stringify({
    action,
    app,
    environment,
    from: from ?? 'no release',
    to: id,
    digest,
    commit,
    source,
    made: `by ${madeBy} at ${new Date(madeAtMs).toISOString()}`,
    holds: `${archive.files} files, ${archive.bytes} bytes of tar, SHA-256 ${archive.sha256}; ${withheld} withheld`,
    checks: checks.length === 0 ? 'none' : checks.map(({ name, passed, atMs }) => `${name}: ${passed ? 'passed' : 'FAILED'} at ${new Date(atMs).toISOString()}`).join('\n'),
  })
}
