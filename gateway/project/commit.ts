import { GatewayError } from '../core/errors.ts'
import { isIssued } from '../core/permit.ts'
import { branchTip, moveRef, WEIR_IDENTITY } from './branch.ts'
import { changeDigest, type PermittedChange } from './change.ts'
import { conflictsOf } from './conflicts.ts'
import type { Git } from './git.ts'
import { writeTree } from './private-index.ts'
import { storeFiles } from './store-files.ts'
import { readTree } from './tree.ts'

const MAX_ATTEMPTS = 5 // each one lost means that another commit won
const MAX_LINE_CHARS = 65_536 // the ledger indexes of a full change set fit

export interface CommitRequest {
  readonly ref: string
  /** Sorted by path, at least one. */
  readonly changes: readonly PermittedChange[]
  readonly author: string
  readonly subject: string
  /** Trailer lines, in order. */
  readonly trailers: readonly (readonly [name: string, value: string])[]
}

export type CommitResult =
  | { readonly kind: 'committed', readonly commit: string }
  | { readonly kind: 'conflict', readonly paths: readonly string[] }

/**
 * Makes one commit of all changes on the branch, or none. When the branch moved since the session's base and nobody
 * touched our paths, the commit is built on the new tip; else it is a conflict and nothing happens.
 *
 * @throws GatewayError WEIR_ERR_PROJECT
 */
export async function commitChanges (git: Git, request: CommitRequest): Promise<CommitResult> {
  request.changes.forEach(assertPermitted)
  await storeSnapshots(git, request.changes)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const tip = await branchTip(git, request.ref)
    const conflicts = conflictsOf(request.changes, await readTree(git, tip))
    if (conflicts.length > 0) return { kind: 'conflict', paths: conflicts }
    const commit = await writeCommit(git, request, tip)
    if (commit === tip || await moveRef(git, request.ref, commit, tip)) return { kind: 'committed', commit }
  }
  return { kind: 'conflict', paths: request.changes.map(({ path }) => path) }
}

// The type says a Permit is there; this says that govern made it, for exactly these bytes at this path.
function assertPermitted (change: PermittedChange): void {
  if (isIssued(change.permit) && change.permit.digest === changeDigest(change)) return
  throw new GatewayError('WEIR_ERR_PROJECT', 'a change was about to be committed that policy did not allow')
}

async function storeSnapshots (git: Git, changes: readonly PermittedChange[]): Promise<void> {
  const written = changes.flatMap(({ snapshot, next }) => snapshot === null || next === null ? [] : [{ snapshot, id: next.id }])
  const ids = await storeFiles(git, written.map(({ snapshot }) => snapshot))
  if (written.every(({ id }, at) => ids[at] === id)) return
  throw new GatewayError('WEIR_ERR_PROJECT', 'what was stored is not what was decided')
}

/** @returns the new commit, or `tip` when it already holds all of this */
async function writeCommit (git: Git, request: CommitRequest, tip: string): Promise<string> {
  const lines = request.changes.map(({ path, next }) => ({ path, mode: next?.mode ?? null, id: next?.id ?? null }))
  const tree = await writeTree(git, tip, lines)
  if (tree === await git.text(['rev-parse', '--verify', `${tip}^{tree}`])) return tip
  const env = { ...WEIR_IDENTITY, GIT_AUTHOR_NAME: identityName(request.author), GIT_AUTHOR_EMAIL: identityEmail(request.author) }
  return git.text(['commit-tree', tree, '-p', tip], { env, input: commitMessage(request) })
}

function commitMessage ({ subject, trailers }: CommitRequest): string {
  return `${oneLine(subject)}\n\n${trailers.map(([name, value]) => `${name}: ${oneLine(value)}\n`).join('')}`
}

// Actor ids come from an identity provider; in a commit header a line break or angle bracket would forge another field.
function identityName (actor: string): string {
  return oneLine(actor).replace(/[<>]/g, '').trim() || 'unknown'
}

function identityEmail (actor: string): string {
  const name = identityName(actor).replace(/\s/g, '-')
  return name.includes('@') ? name : `${name}@weir.invalid`
}

function oneLine (text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is removed
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, MAX_LINE_CHARS)
}
