import { text } from 'node:stream/consumers'
import { startJail, type JailSpec } from './jail.ts'
import { PROJECT_CONFIG } from './project-config.ts'

const SEED_MS = 60_000
const MAX_SAID = 500

/**
 * Gives the workspace a throwaway repository of its own. Without one OpenCode takes `/` for the project: its permission
 * patterns, diffs and snapshots would speak of the whole sandbox. The authoritative repository is never mounted.
 *
 * What the agent does not see of the project is not in it: its diffs would tell that it was deleted, and OpenCode, which begins its snapshots with
 * this repository's index, could put none of them back: git gives up where a folder is read-only.
 *
 * The first commit is empty, its author and date are fixed: OpenCode takes it for the project's identity, and lists only that project's conversations.
 */
const SCRIPT = `test -e .git || {
  git init -q -b main && mkdir -p .git/info && printf '/%s\\n' ${PROJECT_CONFIG.join(' ')} > .git/info/exclude &&
  git commit -q --allow-empty --no-verify -m project && git add -A && git commit -q --allow-empty --no-verify -m base
}`

const ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Weir',
  GIT_AUTHOR_EMAIL: 'weir@localhost',
  GIT_AUTHOR_DATE: '2000-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'Weir',
  GIT_COMMITTER_EMAIL: 'weir@localhost',
  GIT_COMMITTER_DATE: '2000-01-01T00:00:00Z',
} as const

/** Makes the repository in a tool sandbox. @returns what went wrong, or null: the agent can work without one */
export async function seedRepository (jail: Omit<JailSpec, 'command'>): Promise<string | null> {
  const variables = Object.entries(ENVIRONMENT).flatMap(([name, value]) => ['--setenv', name, value])
  const git = startJail({ ...jail, options: [...jail.options, ...variables], command: ['/bin/bash', '-c', SCRIPT] })
  const timer = setTimeout(() => { git.kill() }, SEED_MS)
  git.stdin.end()
  git.stdout.resume()
  const said = await text(git.stderr)
  const code = await git.ended
  clearTimeout(timer)
  return code === 0 ? null : `git ended with code ${code}: ${said.slice(0, MAX_SAID).trim()}`
}
