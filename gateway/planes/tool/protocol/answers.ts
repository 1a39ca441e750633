import { VERDICTS } from '../../../core/decision.ts'
import { Type } from '../../../core/schema-type.ts'
import { ACCESSES, PATH_CLASSES } from '../../../core/tool-call.ts'
import { TOOL_ENDINGS } from '../../../../sandbox/sandbox.ts'
import { OUTPUT_STREAMS } from '../runner/tool-result.ts'
import { CLIENT_MESSAGES, ENDINGS, VERBS } from './messages.ts'

// Open to further members: a client that meets a newer agent leaves alone what it does not know.

const text = (description: string) => Type.String({ description })
const whole = (description: string) => Type.Integer({ minimum: 0, description })
const of = Type.Optional(Type.Union([Type.String(), Type.Integer(), Type.Null()], { description: 'The request that this answers; null for one without an id.' }))
const node = text('Which call of the request, from 1.')
const seq = whole('Place among the events of the session, from 1: where `observe` can go on.')
const decision = { verdict: Type.Enum([...VERDICTS]), rule: text('The rule that decided.'), reason: text('For people.'), feedback: text('For a model: what to do instead.'), revision: text('Digest of the policy.') }
const targets = Type.Array(Type.Object({ path: Type.String(), class: Type.Enum([...PATH_CLASSES]), access: Type.Enum([...ACCESSES]) }))
const command = Type.Union([Type.String(), Type.Null()])

const Tests = Type.Object({
  format: Type.Enum(['tap', 'junit']),
  total: whole('Tests.'),
  passed: whole('Passed.'),
  failed: whole('Failed.'),
  skipped: whole('Skipped, or expected to fail.'),
  failures: Type.Array(Type.String(), { description: 'Names of the first that failed.' }),
  complete: Type.Boolean({ description: 'The report has its end.' }),
}, { description: 'What the output said, where it was a report that is known.' })

/** What the gateway says, by `type`. */
export const AGENT_MESSAGES = {
  hello: Type.Object({
    type: Type.Literal('hello'),
    id: of,
    protocol: Type.Integer(),
    agent: Type.String(),
    app: Type.String(),
    environment: Type.String(),
    runs: Type.Array(Type.String()),
    verbs: Type.Array(Type.String()),
    renders: Type.Array(Type.String()),
    limits: Type.Record(Type.String(), Type.Integer()),
  }, { description: 'The handshake.' }),
  notice: Type.Object({ type: Type.Literal('notice'), id: of, code: Type.String(), text: text('For people.') }, { description: 'Something was left alone, or is not there any more. No error.' }),
  error: Type.Object({ type: Type.Literal('error'), id: of, error: Type.Object({ code: Type.String(), message: Type.String(), rule: Type.Optional(Type.String()), decision: Type.Optional(Type.Integer()) }) }, { description: 'A line that is no message, or a request that broke. The conversation goes on.' }),
  text: Type.Object({ type: Type.Literal('text'), id: of, text: Type.String() }, { description: 'For clients that do not render the thing itself.' }),
  plan: Type.Object({
    type: Type.Literal('plan'),
    id: of,
    plan: text('Its id, for `apply`.'),
    text: Type.Optional(text('The agent\'s own words.')),
    steps: Type.Optional(Type.Array(Type.Object({ title: text('What the step is for, in the agent\'s words.'), nodes: Type.Array(Type.String()) }), { description: 'The tree, when an agent was asked: which nodes belong to which step.' })),
    seq,
    nodes: Type.Array(Type.Object({ node, call: Type.Object({ tool: Type.String(), args: Type.Unknown() }), decision: Type.Object(decision), targets, command })),
  }, { description: 'What each call would be decided as.' }),
  decided: Type.Object({ type: Type.Literal('decided'), id: of, node, tool: Type.String(), ...decision, entry: whole('Index in the ledger.'), approval: Type.Optional(text('What a second person answers.')), seq }, { description: 'A recorded decision. Nothing was done before it.' }),
  diff: Type.Object({ type: Type.Literal('diff'), id: of, node, path: text('The file, as it was decided.'), diff: text('Unified, with one hunk; empty when nothing changes.'), seq }, { description: 'What a call that writes a file makes of it: before it is done, or waits. For clients that show diffs, of files that the caller may read.' }),
  approval: Type.Object({ type: Type.Literal('approval'), id: of, node, approval: Type.String(), rule: Type.String(), reason: Type.String(), call: Type.Object({ tool: Type.String(), targets, command }) }, { description: 'A call waits for a second person.' }),
  output: Type.Object({ type: Type.Literal('output'), id: of, node, stream: Type.Enum([...OUTPUT_STREAMS]), text: Type.String(), seq }, { description: 'Output of a command, as it comes.' }),
  result: Type.Object({
    type: Type.Literal('result'),
    id: of,
    node,
    status: Type.Enum(['done', 'failed', 'cancelled']),
    seq,
    kind: Type.Optional(Type.Enum(['file', 'written', 'command', 'matches', 'remote'])),
    problem: Type.Optional(text('Why it failed, in a word.')),
    text: Type.Optional(text('The same for people.')),
    content: Type.Optional(Type.String()),
    encoding: Type.Optional(Type.Enum(['utf-8', 'base64'])),
    size: Type.Optional(whole('Bytes of the whole file.')),
    whole: Type.Optional(Type.Boolean({ description: 'This is all of it.' })),
    how: Type.Optional(Type.Enum([...TOOL_ENDINGS, 'too-much-output'])),
    code: Type.Optional(whole('Exit code; 128 + n for signal n.')),
    outputBytes: Type.Optional(whole('Bytes of both streams.')),
    tests: Type.Optional(Tests),
    parts: Type.Optional(Type.Array(Type.Object({ type: Type.String() }), { description: 'What an attached MCP server answered, as MCP has it.' })),
    bytes: Type.Optional(whole('Bytes of parts.')),
    digest: Type.Optional(text('SHA-256 of parts.')),
    matches: Type.Optional(Type.Array(Type.Object({ path: Type.String(), line: Type.Integer(), text: Type.String() }))),
  }, { description: 'What became of an allowed call.' }),
  changes: Type.Object({
    type: Type.Literal('changes'),
    id: of,
    seq,
    commits: Type.Array(Type.String()),
    committed: Type.Array(Type.String()),
    pending: Type.Array(Type.Object({ path: Type.String(), approval: Type.String() })),
    denied: Type.Array(Type.Object({ path: Type.String(), rule: Type.String(), feedback: Type.String() })),
    conflicts: Type.Array(Type.Object({ path: Type.String(), how: Type.String() })),
  }, { description: 'What became of the files that were changed.' }),
  event: Type.Object({ type: Type.Literal('event'), id: of, event: Type.Object({ type: Type.String(), seq }) }, { description: 'Something that happened in the session, in the words of whose request it was.' }),
  entry: Type.Object({ type: Type.Literal('entry'), id: of, entry: Type.Object({ index: Type.Integer(), kind: Type.String() }) }, { description: 'A ledger entry.' }),
  end: Type.Object({ type: Type.Literal('end'), id: of, verb: Type.Enum([...VERBS]), status: Type.Enum([...ENDINGS]) }, { description: 'The last answer to a request.' }),
} as const

/** Every message of the wire protocol in one JSON Schema, for clients in any language. */
export function protocolJsonSchema (): string {
  const named = (messages: Readonly<Record<string, object>>, prefix: string): Record<string, object> => Object.fromEntries(Object.entries(messages).map(([name, schema]) => [`${prefix}.${name}`, schema]))
  const client = named(CLIENT_MESSAGES, 'client')
  const agent = named(AGENT_MESSAGES, 'agent')
  const oneOf = (messages: object): object => ({ anyOf: Object.keys(messages).map((name) => ({ $ref: `#/$defs/${name}` })) })
  return `${JSON.stringify({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Weir wire protocol',
    description: 'One message is one line of JSON. `client` is what a client says, `agent` what the gateway says.',
    $defs: { client: oneOf(client), agent: oneOf(agent), ...client, ...agent },
    $ref: '#/$defs/agent',
  }, null, 2)}\n`
}
