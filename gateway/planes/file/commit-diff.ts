import { digestOf } from '../../core/canonical-json.ts'
import { GatewayError } from '../../core/errors.ts'
import type { PathClass, ToolCall } from '../../core/tool-call.ts'
import type { Project } from '../../project/project.ts'
import { changeDiff, diffHead } from './change-diff.ts'
import { contentOf } from './content-of.ts'

const ROOT = '/workspace'
const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/
const NO_FILE = /^0+$/
const MAX_FILES = 200
const MAX_CHARS = 524_288 // 512 KiB of text: more than anybody reads of one turn
const MAX_BYTES = 1_048_576 // of one file

/** One file of a commit. An id is null where there is no file. */
export interface CommittedFile { readonly path: string, readonly before: string | null, readonly after: string | null }

/**
 * The files in which a commit differs from the one before it, without secret ones, at most 200.
 *
 * @throws GatewayError WEIR_ERR_PROJECT when the project does not have the commit (any more)
 */
export async function committedFiles (project: Project, commit: string, classOf: (path: string) => PathClass): Promise<{ readonly files: readonly CommittedFile[], readonly isWhole: boolean }> {
  if (!COMMIT.test(commit)) throw new GatewayError('WEIR_ERR_PROJECT', 'the ledger names no commit there')
  const words = (await project.git.text(['diff-tree', '-r', '-z', '--root', '--no-renames', '--no-commit-id', commit])).split('\0')
  const files: CommittedFile[] = []
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [, , before = '', after = ''] = (words[at] ?? '').replace(/^:/, '').split(' ')
    const path = words[at + 1] ?? ''
    if (classOf(path) !== 'secret') files.push({ path, before: idOf(before), after: idOf(after) })
  }
  return { files: files.slice(0, MAX_FILES), isWhole: files.length <= MAX_FILES }
}

/** The question whether somebody may read these files: what changed in them is their content. */
export function readingCall (commit: string, files: readonly CommittedFile[]): ToolCall {
  const targets = files.map(({ path }) => Object.freeze({ path: `${ROOT}/${path}`, access: 'read' as const }))
  return Object.freeze({
    readable: true,
    protocol: 'weir',
    native: 'read-file',
    tool: 'read-file',
    args: Object.freeze({ commit }),
    targets: Object.freeze(targets),
    command: null,
    url: null,
    cwd: ROOT,
    digest: digestOf({ native: 'read-file', commit, paths: files.map(({ path }) => path) }),
  })
}

/** What became of them, as unified diffs one after another, cut at 512 KiB. @throws GatewayError WEIR_ERR_PROJECT */
export async function committedDiff (project: Project, files: readonly CommittedFile[]): Promise<{ readonly diff: string, readonly isWhole: boolean }> {
  let diff = ''
  for (const { path, before, after } of files) {
    const [old, next] = [await sideOf(project, before), await sideOf(project, after)]
    diff += old === 'long' || next === 'long' ? `${diffHead(path, path)}(too long to show)\n` : changeDiff(path, old, next)
    if (diff.length > MAX_CHARS) return { diff: diff.slice(0, MAX_CHARS), isWhole: false }
  }
  return { diff, isWhole: true }
}

async function sideOf (project: Project, id: string | null): Promise<Buffer | 'long' | null> {
  if (id === null) return null
  const bytes = await contentOf(project, id)
  return bytes !== null && bytes.length > MAX_BYTES ? 'long' : bytes
}

function idOf (id: string): string | null {
  return NO_FILE.test(id) ? null : id
}
