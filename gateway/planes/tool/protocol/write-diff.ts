import type { Governed } from '../../../core/govern.ts'
import type { Classification } from '../../../core/tool-call.ts'
import { changeDiff } from '../../file/change-diff.ts'
import type { WishedCall } from '../perform-call.ts'
import type { ToolResult } from '../runner/tool-result.ts'
import { tell, type SessionExchange } from './exchange.ts'

const MAX_BYTES = 1_048_576 // of a file, before or after: nobody reads a change in a longer one

/**
 * Says what a `write-file` that is allowed, or waits, makes of its file as the workspace has it, to a client that shows diffs. A diff holds what was
 * in the file, so the file is read by a call of its own, decided and recorded: who may not read it is told that there is no diff.
 *
 * @throws GatewayError as `performCall`: nothing is written then
 */
export async function tellDiff (node: string, wish: WishedCall, governed: Governed, exchange: SessionExchange): Promise<void> {
  if (wish.tool !== 'write-file' || !exchange.renders.has('diff') || (governed.permit === null && governed.approval === null)) return
  const { id, tools: { log } } = exchange
  const path = pathOf(governed.facts) ?? ''
  const shown = await diffOf(governed.changed === null ? wish.args : JSON.parse(governed.changed.argumentsText), path, exchange)
  if ('missing' in shown) return await exchange.say({ type: 'notice', id, code: 'no-diff', text: `What call ${node} changes is not shown: ${shown.missing}` })
  await tell(exchange, log, { type: 'diff', id, node, path, diff: shown.diff }, { type: 'diff', id, node, path, left: 'what is in a file is not kept' })
}

type Shown = { readonly diff: string } | { readonly missing: string }

async function diffOf (args: unknown, path: string, { tools, context, signal }: SessionExchange): Promise<Shown> {
  const { path: asked, content } = args as { readonly path: string, readonly content: string } // it was read as a write-file
  const after = Buffer.from(content)
  if (after.length > MAX_BYTES) return TOO_LONG
  const reading = { tool: 'read-file', args: { path: asked } }
  // Asked without a record first: a client that wants diffs must not fill the queue of approvals, or the ledger with refusals.
  const { decision: { verdict, reason } } = tools.preview(reading, context)
  if (verdict !== 'allow') return { missing: reason }
  let readPath: string | null = null
  const { governed, result } = await tools.perform(reading, context, { signal, onOutput: () => undefined }, ({ facts }) => { readPath = pathOf(facts) })
  if (result === null) return { missing: governed.decision.reason }
  // Links are followed for each call: another file's content is no diff of this one.
  if (path === '' || readPath !== path) return { missing: 'the path leads elsewhere now.' }
  return against(result, path, after)
}

const TOO_LONG: Shown = Object.freeze({ missing: `a side of it has more than ${MAX_BYTES} bytes.` })

function against (result: ToolResult, path: string, after: Buffer): Shown {
  if ('problem' in result) return result.problem === 'ENOENT' ? { diff: changeDiff(path, null, after) } : { missing: result.text }
  if (result.kind !== 'file' || !result.whole || result.size > MAX_BYTES) return TOO_LONG
  const before = Buffer.from(result.content, result.encoding === 'base64' ? 'base64' : 'utf8')
  return { diff: before.equals(after) ? '' : changeDiff(path, before, after) }
}

// The file itself comes before what a patch in its content names.
function pathOf (facts: Classification | null): string | null {
  return facts?.targets[0]?.path ?? null
}
