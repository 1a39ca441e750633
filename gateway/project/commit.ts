import { GatewayError } from '../core/errors.ts'
import { isIssued } from '../core/permit.ts'
import { branchTip, WEIR_IDENTITY } from './branch.ts'
import { changeDigest, sameEntry, type PermittedChange } from './change.ts'
import { conflictsOf } from './conflicts.ts'
import type { Git } from './git.ts'
import type { KeptImport } from './import-process.ts'
import type { KeptObjects } from './kept-objects.ts'
import { importCommit, type CommitText } from './import-commit.ts'
import { treeAround } from './tree-around.ts'
import type { Tree } from './tree.ts'

const MAX_ATTEMPTS = 5 // each one lost means that another commit won
const TREE_LINE = /^tree ([0-9a-f]{40,64})\n/
const MAX_LINE_CHARS = 65_536 // the ranges of ledger indexes of a full change set fit

export interface CommitRequest {
  readonly ref: string
  /** Sorted by path, at least one. */
  readonly changes: readonly PermittedChange[]
  readonly author: string
  readonly subject: string
  /** Trailer lines, in order. */
  readonly trailers: readonly (readonly [name: string, value: string])[]
}

/** The repository, and the processes that stay between its commits. */
export interface CommitPorts { readonly git: Git, readonly objects: KeptObjects, readonly imports: KeptImport }

export type CommitResult =
  | { readonly kind: 'committed', readonly commit: string }
  | Conflict

/** Somebody else changed these paths since. `theirs` is what the branch has there now, null for nothing. */
export interface Conflict { readonly kind: 'conflict', readonly paths: readonly string[], readonly tip: string, readonly theirs: Tree }

/**
 * Makes one commit of all changes on the branch, or none. When the branch moved since the session's base and nobody
 * touched our paths, the commit is built on the new tip; else it is a conflict and nothing happens.
 *
 * @throws GatewayError WEIR_ERR_PROJECT
 */
export async function commitChanges (repository: CommitPorts, request: CommitRequest): Promise<CommitResult> {
  request.changes.forEach(assertPermitted)
  repository.imports.expect() // it starts while the tip is read
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const { tip, tree } = await tipOf(repository, request.ref)
    const theirs = await treeAround(repository.objects, tree, request.changes)
    const paths = conflictsOf(request.changes, theirs)
    if (paths.length > 0) return { kind: 'conflict', paths, tip, theirs }
    if (request.changes.every(({ path, next }) => sameEntry(theirs.get(path), next))) return { kind: 'committed', commit: tip }
    const commit = await importCommit(repository.imports.take(), { ref: request.ref, tip }, request.changes, commitText(request))
    if (commit !== null) return { kind: 'committed', commit }
  }
  throw new GatewayError('WEIR_ERR_PROJECT', 'others commit to the branch too fast to add to it')
}

// By the kept process while the branch is there. A name that is none is looked for in other places, too (`refs/tags/refs/heads/…`), where nobody
// but the project's owner puts a commit.
async function tipOf ({ git, objects }: CommitPorts, ref: string): Promise<{ readonly tip: string, readonly tree: string }> {
  const found = await objects.find(ref) ?? await objects.find(await branchTip(git, ref))
  const tree = found?.type === 'commit' ? TREE_LINE.exec(found.bytes.toString('latin1'))?.[1] : undefined
  if (found === null || tree === undefined) throw new GatewayError('WEIR_ERR_PROJECT', 'the branch does not stand at a commit')
  return { tip: found.id, tree }
}

// The type says a Permit is there; this says that govern made it, for exactly these bytes at this path.
function assertPermitted (change: PermittedChange): void {
  if (isIssued(change.permit) && change.permit.digest === changeDigest(change)) return
  throw new GatewayError('WEIR_ERR_PROJECT', 'a change was about to be committed that policy did not allow')
}

function commitText (request: CommitRequest): CommitText {
  const { GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email } = WEIR_IDENTITY
  return { author: `${identityName(request.author)} <${identityEmail(request.author)}>`, committer: `${name} <${email}>`, message: commitMessage(request) }
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
