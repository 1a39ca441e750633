import { isUtf8 } from 'node:buffer'
import type { ToolWork } from '../../../../adapters/weir/tool-work.ts'
import { CALL_LIMITS } from '../../../../adapters/weir/tool-work.ts'
import type { Classification } from '../../../core/tool-call.ts'
import type { OverlayMount, WorkspaceFs } from '../../../../sandbox/workspace-fs.ts'
import { keepWorkspace } from '../../file/keep-workspace.ts'
import { createTurns, type TurnKind } from '../turns.ts'
import type { ReadResult, WorkFailed, WrittenResult } from './tool-result.ts'

type ReadWork = Extract<ToolWork, { readonly tool: 'read-file' }>
type WriteWork = Extract<ToolWork, { readonly tool: 'write-file' }>

/** Files of one workspace, read and written by a worker that is jailed with it. */
export interface FileWork {
  read (work: ReadWork, facts: Classification): Promise<ReadResult | WorkFailed>
  write (work: WriteWork, facts: Classification): Promise<WrittenResult | WorkFailed>
  restore (files: readonly RestoredFile[], facts: Classification): Promise<WrittenResult | WorkFailed>
  close (): void
}

/** A file as it is to be again: `content` null for none. `mode` holds permission bits. */
export interface RestoredFile {
  readonly path: string
  readonly content: Buffer | null
  readonly mode: number
  /** Whether this is what it holds now; null for no file. */
  expected (content: Buffer | null): boolean
}

export function createFileWork (mount: OverlayMount): FileWork {
  const kept = keepWorkspace(mount)
  const turns = createTurns()
  const inTurn = <T>(kind: TurnKind, run: (fs: WorkspaceFs) => Promise<T>): Promise<T> => turns.run(kind, () => kept.use(run))
  return {
    async read ({ offset, limit }, facts) {
      const path = decidedPath(facts)
      if (path === null) return ELSEWHERE
      const answer = await inTurn('read', (fs) => fs.read(path, CALL_LIMITS.readBytes))
      if (!answer.ok) return failed(answer.problem)
      const bytes = answer.bytes.subarray(offset, offset + limit)
      const text = utf8(bytes)
      const { size, whole } = { size: answer.bytes.length, whole: bytes.length === answer.bytes.length }
      return text === null ? { ok: true, kind: 'file', content: bytes.toString('base64'), encoding: 'base64', size, whole } : { ok: true, kind: 'file', content: text, encoding: 'utf-8', size, whole }
    },
    async write ({ content }, facts) {
      const path = decidedPath(facts)
      if (path === null) return ELSEWHERE
      const bytes = Buffer.from(content)
      const problem = await inTurn('change', (fs) => fs.put(path, bytes))
      return problem === null ? { ok: true, kind: 'written', size: bytes.length } : failed(problem)
    },
    async restore (files, { targets }) {
      const decided = new Set(targets.map(({ path }) => path.replace(/^\.\//, '')))
      // Facts follow links as they are at that moment: what would be touched has to be what was named.
      if (decided.size !== files.length || files.some(({ path }) => !decided.has(path))) return ELSEWHERE
      return await inTurn('change', (fs) => restoreAll(files, fs))
    },
    close: () => { kept.close() },
  }
}

async function restoreAll (files: readonly RestoredFile[], fs: WorkspaceFs): Promise<WrittenResult | WorkFailed> {
  for (const { path, expected } of files) {
    const now = await fs.read(raw(path), CALL_LIMITS.readBytes)
    if (!now.ok && now.problem !== 'ENOENT') return failed(now.problem)
    if (!expected(now.ok ? now.bytes : null)) return { ok: false, problem: 'changed', text: `${path} was changed since. Nothing was touched.` }
  }
  let size = 0
  for (const { path, content, mode } of files) {
    const problem = content === null ? await fs.remove(raw(path)) : await fs.write(raw(path), mode, content)
    if (problem !== null) return failed(problem)
    size += content?.length ?? 0
  }
  return { ok: true, kind: 'written', size }
}

// What the workspace is asked with: one character for each byte.
function raw (path: string): string {
  return Buffer.from(path).toString('latin1')
}

const ELSEWHERE: WorkFailed = Object.freeze({ ok: false, problem: 'outside', text: 'Only files of the workspace are read and written.' })

/**
 * The path that was decided on, as the workspace is asked with it; null when it lies elsewhere. It is the first target: the others are what a
 * patch in the content names. Links were followed when the facts were made, and the worker follows none: a link that was put in the way
 * since then leads nowhere.
 */
export function decidedPath ({ targets: [target] }: Classification): string | null {
  if (target === undefined || target.path.startsWith('/') || target.path === '.') return null
  // `./~x` is the canonical form of a file whose name looks like a home folder.
  const plain = target.path.replace(/^\.\//, '')
  return plain.startsWith('~') && !target.path.startsWith('./') ? null : raw(plain)
}

const TEXTS: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file.',
  ELOOP: 'The path leads through a symbolic link that was not there when it was decided.',
  ENOTDIR: 'A folder of the path is no folder.',
  EACCES: 'The file may not be opened.',
  ENOSPC: 'There is no space left in the sandbox.',
  'not-a-file': 'It is not a plain file.',
  'too-large': `The file is larger than ${CALL_LIMITS.readBytes} bytes.`,
  'bad-path': 'The path cannot be one of a file.',
}

function failed (problem: string): WorkFailed {
  return { ok: false, problem, text: TEXTS[problem] ?? 'The file could not be read or written.' }
}

/** Null for what the caller has to send as base64. */
function utf8 (bytes: Buffer): string | null {
  return isUtf8(bytes) ? bytes.toString('utf8') : null
}
