import type { Environment } from '../core/actor.ts'
import type { AppConfig } from '../config.ts'
import { GatewayError } from '../core/errors.ts'
import type { Git } from './git.ts'

const HEX_ID = /^[0-9a-f]{40,64}$/

/** Full name of the ref that an environment's commits go to. Default `refs/heads/weir/<environment in lower case>`. */
export function branchRef (config: AppConfig, environment: Environment): string {
  return `refs/heads/${config.environments[environment]?.branch ?? `weir/${environment.toLowerCase()}`}`
}

/**
 * Refuses a branch that somebody has checked out: moving it under a work tree would show there as a change that
 * reverts ours, ready to be committed by accident.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID, WEIR_ERR_PROJECT
 */
export async function assertUsableBranches (git: Git, refs: readonly string[]): Promise<void> {
  for (const ref of refs) {
    try {
      await git.run(['check-ref-format', ref])
    } catch (cause) {
      throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `"${branchName(ref)}" is not a valid branch name`, { cause })
    }
  }
  if (await git.text(['rev-parse', '--is-bare-repository']) === 'true') return
  const head = await git.text(['symbolic-ref', '-q', 'HEAD']).catch(() => '') // detached: nothing is checked out by name
  for (const ref of refs) {
    if (head !== ref && await refField(git, ref, 'worktreepath') === '') continue
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `branch "${branchName(ref)}" is checked out in the project; name another branch for this environment`)
  }
}

function branchName (ref: string): string {
  return ref.slice('refs/heads/'.length)
}

/** The commit an existing branch points at, or null. @throws GatewayError WEIR_ERR_PROJECT */
export async function readRef (git: Git, ref: string): Promise<string | null> {
  const id = await refField(git, ref, 'objectname')
  return HEX_ID.test(id) ? id : null
}

// for-each-ref also lists refs below the name (`weir/dev/x` for `weir/dev`), hence the comparison.
async function refField (git: Git, ref: string, field: 'objectname' | 'worktreepath'): Promise<string> {
  const lines = await git.text(['for-each-ref', `--format=%(refname) %(${field})`, ref])
  return lines.split('\n').find((line) => line.startsWith(`${ref} `))?.slice(ref.length + 1) ?? ''
}

/** The branch's tip; a branch that is not there yet is made at `HEAD`. @throws GatewayError WEIR_ERR_PROJECT */
export async function branchTip (git: Git, ref: string): Promise<string> {
  const known = await readRef(git, ref)
  if (known !== null) return known
  const start = await git.text(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']).catch(() => emptyCommit(git))
  // Another session may have made it meanwhile: whoever was first decides where it starts.
  if (await moveRef(git, ref, start, null)) return start
  return await readRef(git, ref) ?? start
}

/** Points the branch at `to` if it still is at `from` (null: does not exist). @returns whether it was moved */
export async function moveRef (git: Git, ref: string, to: string, from: string | null): Promise<boolean> {
  try {
    await git.run(['update-ref', '--no-deref', '-m', 'weir', ref, to, from ?? '0'.repeat(to.length)])
    return true
  } catch (error) {
    if (await readRef(git, ref) === from) throw error // it did not move, so the failure has another cause
    return false
  }
}

/** A root commit without files, for a repository that has no commit yet. */
async function emptyCommit (git: Git): Promise<string> {
  const tree = await git.text(['mktree'], { input: '' })
  return git.text(['commit-tree', tree], { input: 'Start of the project\n', env: WEIR_IDENTITY })
}

/** Who commits: always Weir. The author is the actor. */
export const WEIR_IDENTITY = {
  GIT_AUTHOR_NAME: 'Weir', GIT_AUTHOR_EMAIL: 'weir@weir.invalid', GIT_COMMITTER_NAME: 'Weir', GIT_COMMITTER_EMAIL: 'weir@weir.invalid',
} as const
