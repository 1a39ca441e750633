import type { Static } from 'typebox'
import { Type } from '../core/schema-type.ts'

export const MAX_SERVERS = 16
/** How a server takes its key. */
export const MCP_AUTH = ['none', 'bearer', 'x-api-key'] as const

const closed = { additionalProperties: false }
const DURATION = '^[0-9]{1,6}(ms|s|m|h)$'
/** No underscore: the first one in the name of a tool ends the name of its server. */
export const SERVER_NAME = '^[a-z0-9][a-z0-9-]{0,30}$'

const McpServerSchema = Type.Object({
  url: Type.Optional(Type.String({ pattern: '^https?://[^@?#\\s]+$', maxLength: 2048, description: 'Address of its streamable HTTP endpoint, e.g. https://mcp.acme.test/mcp. http only with allowPrivate. Either this or command.' })),
  command: Type.Optional(Type.String({ minLength: 1, maxLength: 4096, description: 'What starts it, for a server that speaks on its standard streams, e.g. node server.mjs. Bash runs it in folder, in a sandbox of its own without network.' })),
  folder: Type.Optional(Type.String({ minLength: 1, description: 'Folder with the program of command and all that it needs, relative to this file. The server sees it as /workspace; what it writes there is thrown away when it ends.' })),
  auth: Type.Optional(Type.Enum([...MCP_AUTH], { description: 'How it takes its key, which is in the vault as mcp.NAME (weir keys set mcp.NAME --env E): in the authorization header (bearer), in x-api-key, or none. With url only. Default: none.' })),
  allowPrivate: Type.Optional(Type.Boolean({ description: 'The server may be on this machine or in a private network, and may speak http. Link-local addresses (metadata services) are refused all the same. With url only. Default: false.' })),
  timeout: Type.Optional(Type.String({ pattern: DURATION, description: 'How long one call may take, 100ms to 1h. Default: 1m.' })),
  resultBytes: Type.Optional(Type.Integer({ minimum: 1024, maximum: 16777216, description: 'Largest result of one call, bytes; a larger one is not passed on. Default: 1048576.' })),
}, closed)

/** The `mcp` part of weir.yaml. */
export const McpSchema = Type.Record(Type.String({ pattern: SERVER_NAME }), McpServerSchema, { maxProperties: MAX_SERVERS, additionalProperties: false, description: 'MCP servers behind the gateway by name: lower-case letters, digits and dashes (docs/mcp.md). Their tools are offered at /weir/mcp as NAME_TOOL once they were approved. At most 16. Default: none.' })

export type McpServerFile = Static<typeof McpServerSchema>
