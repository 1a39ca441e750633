import { readFile } from 'node:fs/promises'
import type { Context } from '../../core/actor.ts'
import type { Project } from '../../project/project.ts'
import type { Candidate } from './candidates.ts'
import { contentOf } from './content-of.ts'

const PLAIN_MODE = '100644'

/** A call that was approved and passed, its arguments in full as its approver saw them, and the paths it wrote that are not accounted for yet. */
export interface ApprovedCall { readonly approval: string, readonly native: string, readonly text: string, readonly paths: ReadonlySet<string> }

/** Where approved calls are known. */
export interface ApprovedCalls {
  /** Those of this session that wrote to any of these paths, oldest first. */
  writesOf (session: string, paths: ReadonlySet<string>): readonly ApprovedCall[]
  /** The change of this path with this digest is what these calls made, and nothing else: it needs no other approval, once. */
  carry (approvals: readonly string[], change: { readonly path: string, readonly digest: string }, context: Context): void
}

/** The whole content of a file; null when there is none, undefined when that is not known. */
export type ContentBefore = (path: string) => Promise<Uint8Array | null | undefined>

/** What a call makes of a file: its whole content, or null when the file is gone. */
export interface MadeFile { readonly content: Buffer | null }

/** What a call makes of the file at this path. Null when its arguments alone do not say. */
export type CallWork = (path: string, before: ContentBefore) => Promise<MadeFile | null>

/** What a call makes of the files it names. Null when nothing can be told to be its work. */
export type WorkOf = (native: string, argumentsText: string) => CallWork | null

export interface ApprovedChangePorts { readonly approvals: ApprovedCalls, readonly workOf: WorkOf, readonly project: Pick<Project, 'contents'> }

interface Work { readonly approval: string, readonly paths: ReadonlySet<string>, readonly on: CallWork | null }

/**
 * Finds the changes that are, byte for byte, what approved calls made of the project's files. They are still decided, like every other; but who
 * approved the call has seen them.
 */
export async function carryApproved (candidates: readonly Candidate[], context: Context, { approvals, workOf, project }: ApprovedChangePorts): Promise<void> {
  if (context.session === null) return
  const byPath = new Map(candidates.map((candidate) => [candidate.path, candidate]))
  const calls = approvals.writesOf(context.session.id, new Set(byPath.keys()))
  const works = calls.map(({ approval, paths, native, text }): Work => ({ approval, paths, on: workOf(native, text) }))
  for (const candidate of works.length === 0 ? [] : candidates) {
    const own = works.filter(({ paths }) => paths.has(candidate.path))
    const makers = own.length === 0 ? [] : await makersOf(candidate, own, basesFor(candidate.path, { byPath, works, project }))
    if (makers.length > 0) approvals.carry(makers.map(({ approval }) => approval), { path: candidate.path, digest: candidate.call.digest }, context)
  }
}

/** The calls that account for the whole of a change; none when they do not. */
async function makersOf ({ path, change, snapshot }: Candidate, works: readonly Work[], base: ContentBefore): Promise<readonly Work[]> {
  // Nobody was shown another mode than the one the file has, or a new file gets.
  if (change === null || (change.next !== null && change.next.mode !== (change.base?.mode ?? PLAIN_MODE))) return []
  if (change.next !== null && snapshot === null) return []
  const after = snapshot === null ? null : await readFile(snapshot)
  // The first of them may have failed in the agent; what is left must account for the whole change.
  for (let from = 0; from < works.length; from++) {
    const makers = works.slice(from)
    const made = await madeBy(makers, path, base)
    if (made !== null && isSame(made.content, after)) return makers
  }
  return []
}

function isSame (made: Buffer | null, after: Buffer | null): boolean {
  return made === null || after === null ? made === after : made.equals(after)
}

async function madeBy (works: readonly Work[], path: string, base: ContentBefore): Promise<MadeFile | null> {
  let made: MadeFile | null = null
  let before = base
  for (const { on } of works) {
    made = await on?.(path, before) ?? null
    if (made === null) return null
    before = after(path, made, base)
  }
  return made
}

function after (path: string, { content }: MadeFile, base: ContentBefore): ContentBefore {
  return async (asked) => asked === path ? content : await base(asked)
}

interface Around { readonly byPath: ReadonlyMap<string, Candidate>, readonly works: readonly Work[], readonly project: Pick<Project, 'contents'> }

// What a file had before the turn. Of another file (the one that a patch moves here) this is what the call found only if no other approved call wrote it.
function basesFor (path: string, { byPath, works, project }: Around): ContentBefore {
  return async (asked) => {
    const change = byPath.get(asked)?.change
    if (change == null || (asked !== path && works.filter(({ paths }) => paths.has(asked)).length > 1)) return undefined
    return change.base === null ? null : await contentOf(project, change.base.id)
  }
}
