import { AnswerSchema } from '../policy/answer-schema.ts'
import { PolicyInputSchema, QUESTION_KINDS } from '../policy/input-schema.ts'
import { HOST_RULES } from '../core/decision.ts'

interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
  readonly maxLength?: number
  readonly maxItems?: number
}

/** What of the input is there, by the kind of question. */
const PARTS: Readonly<Record<typeof QUESTION_KINDS[number], string>> = {
  'tool-call': 'a call of the agent, or a request of its client that does the same: `permission`, `tool`, `targets`, and `command` or `url` when it has one. `approval` once a second person said yes',
  route: 'a request to a route, before what is inside it is asked about as tool calls: `route`',
  'model-request': 'a request of the agent to a model: `model`',
  session: 'the start of an agent for this actor, app and environment: nothing more',
  approval: 'a second person\'s yes or no: `permission` and `approval`; `actor` is who answers',
  release: 'an environment is to point at another release: `release`; `environment` is the one that would',
}

/** `docs/policy-input.md`: what rules are given and give back, from the schemas. */
export function policyInputPage (): string {
  return `# What rules are given, and give back

Generated from \`gateway/policy/input-schema.ts\` and \`answer-schema.ts\` by \`npm run docs\`. The same schema as a file for OPA's type
checker and for editors is \`policies/schemas/input.json\`: with it a rule that reads \`input.target\` for \`input.targets\` does not build.

Rules compare; everything that takes work (canonical paths and their classes, the programs in a command, the parts of an address) was
done before they are asked. **No member is ever missing**: what does not apply is null, so ask \`is_object(input.command)\`, not
\`input.command == null\`. The whole input of every decision is in the ledger, and \`weir policy eval --input\` decides it again.

## The kinds of question

| \`input.kind\` | Asks about |
| --- | --- |
${QUESTION_KINDS.map((kind) => `| \`${kind}\` | ${PARTS[kind]}. |`).join('\n')}

## \`input\`

| Member | Type | Meaning |
| --- | --- | --- |
${rows(PolicyInputSchema as SchemaNode, 'input').join('\n')}

## The answer

\`data.weir.decision\`, made in \`policies/weir/main/main.rego\` from what the rules found. Rules never give it themselves: they add findings
\`{"rule", "reason", "feedback", "obligations"?}\` to \`deny\`, \`pending\` or \`permit\`.

| Member | Type | Meaning |
| --- | --- | --- |
${rows(AnswerSchema as SchemaNode, 'decision').join('\n')}

The gateway adds \`revision\`, the digest of the policy that decided. An answer of any other shape is a deny.

## Rules of the host

When policy can not be asked or gives no good answer, the gateway denies by itself and names why:

${Object.values(HOST_RULES).map((rule) => `- \`${rule}\``).join('\n')}
`
}

function rows (node: SchemaNode, at: string): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = `${at}.${name}`
    return [`| \`${path}\` | ${typeOf(child)} | ${child.description ?? ''} |`, ...within(child, path)]
  })
}

function within (node: SchemaNode, at: string): string[] {
  if (node.items !== undefined) return rows(node.items, `${at}[]`)
  return [node, ...node.anyOf ?? []].flatMap((part) => rows(part, at))
}

function typeOf (node: SchemaNode): string {
  if (node.anyOf !== undefined) return node.anyOf.map(typeOf).join(' or ')
  if (node.enum !== undefined) return node.enum.map((word) => `\`${word}\``).join(', ')
  if (node.items !== undefined) return `array of ${node.items.properties === undefined ? typeOf(node.items) : 'objects'}${atMost(node.maxItems)}`
  if (node.patternProperties !== undefined) return 'object with any keys'
  return `${node.type ?? 'any'}${atMost(node.maxLength, ' characters')}`
}

function atMost (limit: number | undefined, unit = ''): string {
  return limit === undefined ? '' : `, at most ${limit}${unit}`
}
