import type { Approval } from '../../approvals/approval.ts'
import type { ShownCall } from '../../approvals/shown-calls.ts'
import { branchTip } from '../../project/branch.ts'
import type { Project } from '../../project/project.ts'
import { changeDiff } from './change-diff.ts'
import { contentOf } from './content-of.ts'

const MAX_BYTES = 1_048_576 // of a file: nobody reads a change in a longer one here

/** What the agents' tools for writing and editing are called with, as far as it says what a file will hold. */
interface WriteArguments { readonly content?: unknown, readonly oldString?: unknown, readonly newString?: unknown }

/**
 * What a call that waits, and has not run, would make of its one file, against the file as the project has it; null when the arguments do not
 * say it without doubt, or are not kept whole. What the session changed in the file and is still waiting for is not part of the comparison.
 *
 * @throws GatewayError WEIR_ERR_PROJECT when the project cannot be read
 */
export async function diffOfCall (approval: Approval, shown: ShownCall | null, projectOf: (app: string) => Project | Promise<Project>): Promise<string | null> {
  const [target, ...others] = approval.targets
  // Secret content is never shown, not even the old one.
  if (approval.state !== 'waiting' || shown?.whole !== true || target?.access !== 'write' || target.class === 'secret' || others.length > 0) return null
  const wanted = argumentsIn(shown.text)
  if (wanted === null) return null
  const project = await projectOf(approval.app)
  const entry = (await project.tree(await branchTip(project.git, project.branchOf(approval.environment)))).get(target.path)
  if (entry?.mode === '120000' || entry?.mode === '160000') return null
  const before = entry === undefined ? null : await contentOf(project, entry.id)
  if (before !== null && before.length > MAX_BYTES) return null
  const after = afterOf(before, wanted)
  return after === null ? null : changeDiff(target.path, before, Buffer.from(after))
}

function afterOf (before: Buffer | null, { content, oldString, newString }: WriteArguments): string | null {
  if (typeof content === 'string') return content
  if (before === null || typeof oldString !== 'string' || typeof newString !== 'string' || oldString === '') return null
  // Found once and literally: what else a tool may take for the place to edit is for the tool to know.
  const [head, tail, ...more] = before.toString('utf8').split(oldString)
  return head === undefined || tail === undefined || more.length > 0 ? null : `${head}${newString}${tail}`
}

function argumentsIn (text: string): WriteArguments | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch {
    return null // models may send anything; then it is shown as it came
  }
}
