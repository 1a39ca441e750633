import type { Static } from 'typebox'
import { ENVIRONMENTS } from '../../../core/actor.ts'
import { VERDICTS } from '../../../core/decision.ts'
import { Type } from '../../../core/schema-type.ts'
import { MAX_TERMINAL_SIZE } from '../../../../sandbox/sandbox.ts'

/** The version that this gateway speaks. Fields and verbs may be added under the same number: who does not know one leaves it alone. */
export const PROTOCOL_VERSION = 1

/** What a client may say that it can show. */
export const RENDERS = ['diff', 'plan-tree', 'approval-prompt'] as const
export type Render = typeof RENDERS[number]

export const VERBS = ['hello', 'plan', 'apply', 'observe', 'revert', 'log', 'cancel', 'resize'] as const
export type Verb = typeof VERBS[number]

/** How a request ended: `allow`: all of it was done; `failed`: all was allowed, and something of it did not work. */
export const ENDINGS = [...VERDICTS, 'failed', 'cancelled'] as const
export type Ending = typeof ENDINGS[number]

export const MESSAGE_LIMITS = {
  lineBytes: 16_777_216, // one 8 MiB file with every character escaped once
  depth: 64,
  calls: 256, // in one request
  promptChars: 131_072,
  waitMs: 3_600_000,
  logEntries: 1_000,
  terminalSize: MAX_TERMINAL_SIZE, // columns, or rows
} as const

const described = (description: string): { readonly description: string } => ({ description })
const RequestId = Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Integer({ minimum: 0 })], described('Names the request in its answers. Must not be that of a request that is still open.'))
const WantedCallShape = Type.Object({
  tool: Type.String({ minLength: 1, maxLength: 128, description: 'read-file, write-file, run-shell, run-test or search.' }),
  args: Type.Optional(Type.Unknown(described('Its arguments. Default: none.'))),
}, described('One wished call.'))
const Calls = Type.Array(WantedCallShape, { minItems: 1, maxItems: MESSAGE_LIMITS.calls })
const NodeName = Type.String({ pattern: '^[0-9]{1,4}$' })

const request = <const V extends Verb>(verb: V) => ({ verb: Type.Literal(verb), id: Type.Optional(RequestId) })

/** What a client says. Members beside these are left alone, with a notice. */
export const CLIENT_MESSAGES = {
  hello: Type.Object({
    ...request('hello'),
    protocol: Type.Optional(Type.Integer({ minimum: 1, description: 'The newest version that the client speaks. Default 1.' })),
    client: Type.Optional(Type.String({ maxLength: 128, description: 'Its name, for people.' })),
    renders: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64, description: 'What it can show: diff, plan-tree, approval-prompt. Default: nothing, and it gets text.' })),
    app: Type.Optional(Type.String({ maxLength: 64, description: 'Narrows what the token allows.' })),
    environment: Type.Optional(Type.Union(ENVIRONMENTS.map((name) => Type.Literal(name)), described('Narrows what the token allows.'))),
  }, described('The handshake. First message, at most once. Without it the client counts as one that shows nothing.')),
  plan: Type.Object({
    ...request('plan'),
    calls: Type.Optional(Calls),
    prompt: Type.Optional(Type.String({ minLength: 1, maxLength: MESSAGE_LIMITS.promptChars, description: 'Asks the agent for calls, in its read-only mode.' })),
  }, described('What these calls would be decided as; nothing is done. One of calls and prompt.')),
  apply: Type.Object({
    ...request('apply'),
    call: Type.Optional(WantedCallShape),
    calls: Type.Optional(Calls),
    plan: Type.Optional(Type.String({ maxLength: 64, description: 'Id of a plan of this session.' })),
    nodes: Type.Optional(Type.Array(NodeName, { minItems: 1, maxItems: MESSAGE_LIMITS.calls, description: 'Which nodes of the plan. Default: all.' })),
    parallel: Type.Optional(Type.Boolean(described('Begin at once, beside what runs. Default: reads beside reads, and everything else in the order in which it came.'))),
    waitMs: Type.Optional(Type.Integer({ minimum: 0, maximum: MESSAGE_LIMITS.waitMs, description: 'How long to wait for a second person where policy asks for one. Default 0.' })),
  }, described('Does one call, several in their order, or a plan, and stops at the first that is not done. One of call, calls and plan.')),
  observe: Type.Object({
    ...request('observe'),
    after: Type.Optional(Type.Integer({ minimum: 0, description: 'Events with a higher `seq` only. Default 0: all that are kept.' })),
    follow: Type.Optional(Type.Boolean(described('Go on with what happens from now on, until it is cancelled. Default true.'))),
  }, described('What happens in the session.')),
  revert: Type.Object({
    ...request('revert'),
    commit: Type.String({ pattern: '^[0-9a-f]{40,64}$', description: 'A commit that an `apply` of this session made.' }),
  }, described('Undoes what a commit changed, as a new change that is decided like any other.')),
  log: Type.Object({
    ...request('log'),
    after: Type.Optional(Type.Integer({ minimum: 0, description: 'Entries with a higher index only.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MESSAGE_LIMITS.logEntries, description: 'Most entries. Default 100.' })),
  }, described('Ledger entries of the session, oldest first.')),
  cancel: Type.Object({ ...request('cancel'), of: RequestId }, described('Ends a request that is open.')),
  resize: Type.Object({
    ...request('resize'),
    of: RequestId,
    columns: Type.Integer({ minimum: 1, maximum: MESSAGE_LIMITS.terminalSize }),
    rows: Type.Integer({ minimum: 1, maximum: MESSAGE_LIMITS.terminalSize }),
  }, described('Gives the terminal of a request that is open, now or as soon as it has one, another size.')),
} as const

export type Id = Static<typeof RequestId>
export type WantedCall = Static<typeof WantedCallShape>
export type Hello = Static<typeof CLIENT_MESSAGES.hello>
export type Plan = Static<typeof CLIENT_MESSAGES.plan>
export type Apply = Static<typeof CLIENT_MESSAGES.apply>
export type Observe = Static<typeof CLIENT_MESSAGES.observe>
export type Revert = Static<typeof CLIENT_MESSAGES.revert>
export type LogRequest = Static<typeof CLIENT_MESSAGES.log>
export type Cancel = Static<typeof CLIENT_MESSAGES.cancel>
export type Resize = Static<typeof CLIENT_MESSAGES.resize>
/** What is answered with an `end`. */
export type Asked = Plan | Apply | Observe | Revert | LogRequest
export type ClientMessage = Asked | Hello | Cancel | Resize
