import type { Environment } from '../core/actor.ts'
import { canonicalJson } from '../core/canonical-json.ts'
import { GatewayError } from '../core/errors.ts'
import { readRef, WEIR_IDENTITY } from '../project/branch.ts'
import type { Git } from '../project/git.ts'
import type { Pointing, SignedManifest } from './release.ts'

const MAX_ATTEMPTS = 5 // each one lost means that somebody else moved the branch

/** The tag of a release: it keeps the commit, and takes manifest and signature along to whoever clones the repository. */
export function tagRef (id: string): string {
  return `refs/tags/weir/${id}`
}

/** The ref that says, for people and other tools, which commit an environment was pointed at. */
export function environmentRef (app: string, environment: Environment): string {
  // A dot may stand nearly everywhere in an app's name, but not everywhere in a ref's. No app has a percent sign.
  return `refs/weir/environments/${app.replaceAll('.', '%2E')}/${environment.toLowerCase()}`
}

/** Writes the tag if it is not there. The same manifest makes the same tag. @throws GatewayError WEIR_ERR_PROJECT */
export async function writeTag (git: Git, signed: SignedManifest): Promise<void> {
  const { manifest } = signed
  const ref = tagRef(manifest.id)
  if (await readRef(git, ref) !== null) return
  const seconds = Math.floor(manifest.madeAtMs / 1_000)
  const { GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email } = WEIR_IDENTITY
  const text = `object ${manifest.commit}\ntype commit\ntag weir/${manifest.id}\ntagger ${name} <${email}> ${seconds} +0000\n\n${tagMessage(signed)}`
  const tag = await git.text(['mktag'], { input: text })
  await git.run(['update-ref', '--no-deref', '-m', 'weir', ref, tag])
}

/** What stands in a release's tag behind its header. */
export function tagMessage ({ manifest, signature, key }: SignedManifest): string {
  return `${canonicalJson(manifest)}\nkey ${key}\nsignature ${signature}\n`
}

/** Whether the commit is still in the repository. */
export async function hasCommit (git: Git, commit: string): Promise<boolean> {
  return await git.text(['rev-parse', '--verify', '--quiet', `${commit}^{commit}`]).then((id) => id === commit, () => false)
}

/**
 * Brings an environment's branch and ref to the release's commit, in one transaction. A branch that is elsewhere than at `tip` was moved
 * already or by somebody else; what the release's commit does not hold of it is kept under `refs/weir/kept/`. To call it again changes nothing.
 *
 * @throws GatewayError WEIR_ERR_PROJECT
 */
export async function moveEnvironment (git: Git, branch: string, commit: string, { app, environment, tip }: Pick<Pointing, 'app' | 'environment' | 'tip'>): Promise<void> {
  const pointer = environmentRef(app, environment)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const at = await readRef(git, branch)
    // Behind a pointer that is there already, the branch has been moved: what lies on top of it since is work of this environment.
    const isMoved = await readRef(git, pointer) === commit && at !== tip
    if (isMoved || at === commit) {
      await git.run(['update-ref', '--no-deref', '-m', 'weir', pointer, commit])
      return
    }
    const kept = at === null || await isAncestor(git, at, commit) ? [] : [`update refs/weir/kept/${pointer.slice('refs/weir/environments/'.length)}/${at} ${at}`]
    const lines = [...kept, `update ${branch} ${commit} ${at ?? '0'.repeat(commit.length)}`, `update ${pointer} ${commit}`]
    try {
      await git.run(['update-ref', '--no-deref', '-m', 'weir', '--stdin'], { input: `start\n${lines.join('\n')}\nprepare\ncommit\n` })
      return
    } catch (error) {
      if (await readRef(git, branch) === at) throw error // it did not move, so the failure has another cause
    }
  }
  throw new GatewayError('WEIR_ERR_PROJECT', 'the branch of the environment is moved by others all the time')
}

async function isAncestor (git: Git, commit: string, of: string): Promise<boolean> {
  return await git.text(['merge-base', '--is-ancestor', commit, of]).then(() => true, () => false)
}
