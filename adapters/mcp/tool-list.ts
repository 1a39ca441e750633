import { NATIVE_TOOLS, type Argument } from '../weir/native-tools.ts'

/** A tool as MCP lists it. */
export interface ListedTool {
  readonly name: string
  readonly description: string
  readonly inputSchema: { readonly type: 'object', readonly [member: string]: unknown }
  readonly annotations?: { readonly readOnlyHint: boolean, readonly destructiveHint: boolean, readonly openWorldHint: boolean }
}

/** Weir's own tools, made from the list that calls are decoded with: what is offered and what is taken cannot differ. */
export function listWeirTools (looking: readonly string[]): readonly ListedTool[] {
  return [...NATIVE_TOOLS].map(([name, { about, arguments: fields }]) => ({
    name,
    description: about,
    inputSchema: {
      type: 'object' as const,
      properties: Object.fromEntries(Object.entries(fields).map(([field, argument]) => [field, schemaOf(argument)])),
      required: Object.keys(fields).filter((field) => fields[field]?.required === true),
      additionalProperties: false,
    },
    // Hints for people who look on. Nothing is decided by them.
    annotations: { readOnlyHint: looking.includes(name), destructiveHint: !looking.includes(name), openWorldHint: false },
  }))
}

function schemaOf ({ type, min, max, about }: Argument): object {
  if (type === 'boolean') return { type, description: about }
  return type === 'string' ? { type, minLength: min, maxLength: max, description: about } : { type, minimum: min, maximum: max, description: about }
}
