import { changedMembers, type BlankFindings } from '../../../adapters/change-arguments.ts'
import { isRecord } from '../../../adapters/opencode/json-record.ts'
import { decodeWeirWork } from '../../../adapters/weir/decode.ts'
import type { ToolWork } from '../../../adapters/weir/tool-work.ts'
import { INSIDE } from '../../../sandbox/sandbox.ts'
import type { Context } from '../../core/actor.ts'
import { asGatewayError, GatewayError } from '../../core/errors.ts'
import type { Governed, Governor, Preview } from '../../core/govern.ts'
import type { Permit } from '../../core/permit.ts'
import type { Ledger } from '../../core/ports.ts'
import type { RewriteCall, ToolCallSubject } from '../../core/subject.ts'
import type { Classification } from '../../core/tool-call.ts'
import type { ToolRunner } from './runner/tool-runner.ts'
import type { ToolIo, ToolResult } from './runner/tool-result.ts'

/** A call as somebody wishes it: its name and its arguments, neither checked. */
export interface WishedCall { readonly tool: string, readonly args: unknown }

/** The decision, and what became of the call when it was allowed. */
export interface CallEnd { readonly governed: Governed, readonly result: ToolResult | null }

export interface PerformPorts {
  readonly governor: Governor
  readonly ledger: Pick<Ledger, 'settle'>
  readonly runner: ToolRunner
  readonly blank: BlankFindings
  /** Name under which the calls are recorded. */
  readonly protocol?: string
}

/**
 * Decides one call, records the decision, performs the call if it is allowed, and records what became of it: in this order.
 *
 * @param onDecided hears the recorded decision before anything is done
 * @throws GatewayError WEIR_ERR_LEDGER_APPEND, WEIR_ERR_SANDBOX: the call is settled as failed then
 */
export async function performCall (wish: WishedCall, context: Context, ports: PerformPorts, io: ToolIo, onDecided: OnDecided): Promise<CallEnd> {
  const asked = ask(wish, ports)
  return await performGoverned(asked.subject, context, { governor: ports.governor, ledger: ports.ledger, isCancelled: () => io.isCancelled?.() ?? io.signal.aborted, onDecided }, async ({ governed, permit, facts }) => {
    const work = asked.workOf(governed)
    if (work === null) throw new GatewayError('WEIR_ERR_INTERNAL', 'A call that cannot be read was allowed.')
    return await ports.runner.perform({ permit, work, facts }, io)
  })
}

export type OnDecided = (governed: Governed) => Promise<void> | void

/** An allow, whole: what an effect may rest on. */
export interface Allowed { readonly governed: Governed, readonly permit: Permit, readonly facts: Classification }

interface Performing extends Pick<PerformPorts, 'ledger'> { readonly governor: Pick<Governor, 'govern'>, readonly isCancelled: () => boolean, readonly onDecided: OnDecided }

/** The same for any question about a tool call, whose effect is given. Throws as `performCall`, and what the effect throws. */
export async function performGoverned (subject: ToolCallSubject, context: Context, { governor, ledger, isCancelled, onDecided }: Performing, effect: (allowed: Allowed) => Promise<ToolResult>): Promise<CallEnd> {
  const governed = await governor.govern(subject, context)
  const { permit, facts } = governed
  if (permit === null) {
    await onDecided(governed)
    return { governed, result: null }
  }
  try {
    await onDecided(governed)
    if (facts === null) throw new GatewayError('WEIR_ERR_INTERNAL', 'A call without facts was allowed.')
    if (isCancelled()) throw new GatewayError('WEIR_ERR_SANDBOX', 'The call was cancelled before it began.')
    const result = await effect({ governed, permit, facts })
    ledger.settle(permit, result.ok ? 'done' : 'failed', outcomeOf(result))
    return { governed, result }
  } catch (thrown) {
    ledger.settle(permit, 'failed', { code: asGatewayError(thrown).code })
    throw thrown
  }
}

/** What a call would be decided as. Nothing is done or recorded, and nobody is bound by it. */
export function previewCall (wish: WishedCall, context: Context, ports: Pick<PerformPorts, 'governor' | 'protocol' | 'blank'>): Preview {
  return ports.governor.preview(ask(wish, ports).subject, context)
}

interface Asked { readonly subject: ToolCallSubject, workOf (governed: Governed): ToolWork | null }

function ask ({ tool, args }: WishedCall, { protocol, blank }: Pick<PerformPorts, 'protocol' | 'blank'>): Asked {
  const made = decodeWeirWork(tool, args, INSIDE.workspace, protocol)
  let changed: { readonly text: string, readonly work: ToolWork | null } | null = null
  const rewrite: RewriteCall = (operations) => {
    const others = isRecord(args) ? changedMembers(args, operations, { command: tool === 'run-shell' ? 'command' : null, blank }) : null
    if (others === null) return null
    const { call, work } = decodeWeirWork(tool, others, INSIDE.workspace, protocol)
    const argumentsText = JSON.stringify(others)
    changed = { text: argumentsText, work }
    return { call, argumentsText }
  }
  return {
    subject: { kind: 'tool-call', call: made.call, rewrite, text: () => JSON.stringify(args) ?? 'null' },
    // A call that policy had changed is done as it was changed, or not at all.
    workOf (governed) {
      if (governed.changed === null) return made.work
      return changed?.text === governed.changed.argumentsText ? changed.work : null
    },
  }
}

/** Sizes and codes alone: no content, no path. */
function outcomeOf (result: ToolResult): Readonly<Record<string, unknown>> {
  if ('problem' in result) return { problem: result.problem }
  switch (result.kind) {
    case 'file': return { bytes: result.size }
    case 'written': return { bytes: result.size }
    case 'matches': return { matches: result.matches.length }
    case 'remote': return { bytes: result.bytes, digest: result.digest, parts: result.parts.length }
    case 'command': return { how: result.how, code: result.code, outputBytes: result.outputBytes, ...(result.tests === undefined ? {} : { tests: { total: result.tests.total, failed: result.tests.failed } }) }
  }
}
