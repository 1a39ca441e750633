import { canonicalJson, sha256 } from '../core/canonical-json.ts'

const MAX_NAME_CHARS = 64
const MAX_DESCRIPTION_CHARS = 16_384
const MAX_SCHEMA_CHARS = 65_536

/** A tool of an attached server as models are told of it; nothing else of what the server says is passed on. */
export interface ToolDefinition {
  readonly name: string
  readonly description: string
  readonly inputSchema: { readonly type: 'object', readonly [member: string]: unknown }
}

/** @returns null for a tool that is never offered: its name, description or schema is odd or too large */
export function toolDefinition ({ name, description = '', inputSchema }: { readonly name: string, readonly description?: string | undefined, readonly inputSchema: ToolDefinition['inputSchema'] }): ToolDefinition | null {
  if (name.length > MAX_NAME_CHARS || !/^[A-Za-z0-9_.-]+$/.test(name)) return null
  if (description.length > MAX_DESCRIPTION_CHARS) return null
  try {
    const schema = canonicalJson(inputSchema)
    return schema.length > MAX_SCHEMA_CHARS ? null : { name, description: Buffer.from(description).toString(), inputSchema: JSON.parse(schema) as ToolDefinition['inputSchema'] }
  } catch {
    return null // nested deeper than anything here is read
  }
}

/** What is approved: every character that a model is told. */
export function definitionDigest ({ name, description, inputSchema }: ToolDefinition): string {
  return sha256(canonicalJson({ name, description, inputSchema }))
}
