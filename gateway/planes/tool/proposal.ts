import { Compile } from 'typebox/schema'
import { NATIVE_TOOLS, type NativeTool } from '../../../adapters/weir/native-tools.ts'
import { GatewayError } from '../../core/errors.ts'
import { Type } from '../../core/schema-type.ts'
import { parseStrictJson } from '../../decode/strict-json.ts'
import type { WishedCall } from './perform-call.ts'

export const PROPOSAL_LIMITS = {
  steps: 64,
  calls: 256, // of all steps; as in a plan that a client makes itself
  titleChars: 1_000,
  bytes: 4_194_304,
} as const

/** One step of a plan, and the calls that would do it. */
export interface ProposedStep { readonly title: string, readonly calls: readonly WishedCall[] }

/** What an agent proposed when it was asked: steps, and its own words around them. */
export interface Proposal { readonly steps: readonly ProposedStep[], readonly text: string }

const OPEN = '```json'
const CLOSE = '```'

// Closed: a member beside these would be something that the agent meant and nobody shows.
const closed = { additionalProperties: false }
const check = Compile(Type.Object({
  steps: Type.Array(Type.Object({
    title: Type.String({ maxLength: PROPOSAL_LIMITS.titleChars }),
    calls: Type.Array(Type.Object({ tool: Type.String({ minLength: 1, maxLength: 128 }), args: Type.Object({}) }, closed), { maxItems: PROPOSAL_LIMITS.calls }),
  }, closed), { maxItems: PROPOSAL_LIMITS.steps }),
}, closed))

/** What the agent is told of how to answer. */
export const PLAN_FORM = `Answer with a plan. Read what you need to know with the tools read, grep, glob and list; every other tool is refused, and nothing of the plan is done by you.
End the answer with one block that begins with the line ${OPEN} and ends with the line ${CLOSE}. It holds one JSON object of this form, on one line or several:
{"steps":[{"title":"what this step is for","calls":[{"tool":"write-file","args":{"path":"src/a.ts","content":"…"}}]}]}
Somebody will look at the plan, choose steps of it, and have exactly these calls done, in this order. At most ${PROPOSAL_LIMITS.steps} steps and ${PROPOSAL_LIMITS.calls} calls. The tools:
${[...NATIVE_TOOLS].map(([name, tool]) => `- ${name} ${argumentsOf(tool)}: ${tool.about}`).join('\n')}`

/**
 * Reads the answer of an agent that was asked in this form. One that holds no such block proposes nothing, and is words alone.
 *
 * @throws GatewayError WEIR_ERR_UPSTREAM when there is a block that cannot be read: half a plan is none
 */
export function readProposal (words: string): Proposal {
  const lines = words.split('\n')
  const from = lines.findLastIndex((line) => line.trim() === OPEN)
  if (from === -1) return { steps: [], text: words.trim() }
  // In JSON no text goes over several lines, so the first such line is the end.
  const to = lines.findIndex((line, at) => at > from && line.trim() === CLOSE)
  if (to === -1) throw unreadable('it breaks off')
  const steps = stepsOf(lines.slice(from + 1, to).join('\n'))
  if (steps.reduce((sum, { calls }) => sum + calls.length, 0) > PROPOSAL_LIMITS.calls) throw unreadable(`it has more than ${PROPOSAL_LIMITS.calls} calls`)
  return { steps, text: [...lines.slice(0, from), ...lines.slice(to + 1)].join('\n').trim() }
}

function stepsOf (block: string): readonly ProposedStep[] {
  let value: unknown
  try {
    value = parseStrictJson(block, { maxBytes: PROPOSAL_LIMITS.bytes })
  } catch (cause) {
    throw unreadable('it is no JSON', cause)
  }
  if (!check.Check(value)) throw unreadable('it is not in the form that was asked for')
  return (value as unknown as Pick<Proposal, 'steps'>).steps
}

function unreadable (what: string, cause?: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_UPSTREAM', `The agent's plan cannot be read: ${what}. Ask again.`, { cause })
}

function argumentsOf ({ arguments: fields }: NativeTool): string {
  const named = Object.entries(fields).map(([name, { required, type }]) => `"${name}"${required ? '' : '?'}: ${type}`)
  return `{${named.join(', ')}}`
}
