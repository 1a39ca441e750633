import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { decodeMcpCall } from '../../../../adapters/mcp/decode.ts'
import type { ListedTool } from '../../../../adapters/mcp/tool-list.ts'
import { INSIDE } from '../../../../sandbox/sandbox.ts'
import type { Context } from '../../../core/actor.ts'
import { sha256 } from '../../../core/canonical-json.ts'
import { GatewayError } from '../../../core/errors.ts'
import type { Governor } from '../../../core/govern.ts'
import type { Permit } from '../../../core/permit.ts'
import type { Ledger } from '../../../core/ports.ts'
import type { McpLink } from '../../../mcp/mcp-link.ts'
import type { AttachedTool, McpServers } from '../../../mcp/mcp-servers.ts'
import { definitionDigest } from '../../../mcp/tool-definition.ts'
import { performGoverned, type CallEnd, type OnDecided, type WishedCall } from '../perform-call.ts'
import type { RemotePart, ToolResult } from '../runner/tool-result.ts'

const MAX_PARTS = 256 // of one result

export interface AttachedPorts {
  readonly servers: McpServers
  readonly governor: Pick<Governor, 'govern'>
  readonly ledger: Pick<Ledger, 'settle'>
}

/** Whose call it is, and that it was allowed. */
interface Asker { readonly context: Context, readonly permit: Permit }

/** Tools of attached servers, for one MCP session of a client: it shares its connections with nobody. */
export interface AttachedTools {
  list (): readonly ListedTool[]
  /** Whether a call is for an attached server and not for a tool of Weir's own. */
  isNamed (tool: string): boolean
  /** Decides, records, asks the server, records. Throws as `performCall`, and WEIR_ERR_UPSTREAM and its like. */
  perform (wish: WishedCall, context: Context, signal: AbortSignal, onDecided: OnDecided): Promise<CallEnd>
  close (): Promise<void>
}

export function openAttachedTools ({ servers, governor, ledger }: AttachedPorts): AttachedTools {
  const links = new Map<string, Promise<McpLink>>()
  async function close (server: string): Promise<void> {
    const link = links.get(server)
    links.delete(server)
    await (await link?.catch(() => undefined))?.close() // one that was never made has nothing to close
  }
  async function linked<T> (server: string, asker: Asker, signal: AbortSignal, use: (link: McpLink) => Promise<T>): Promise<T> {
    const link = links.get(server) ?? connect(server, asker, signal)
    try {
      return await use(await link)
    } catch (thrown) {
      // What is still on its way there may never end. A client that cancelled has its other calls go on.
      if (!signal.aborted) await close(server)
      throw thrown
    }
  }
  function connect (server: string, asker: Asker, signal: AbortSignal): Promise<McpLink> {
    const link = servers.connect(server, asker, signal)
    links.set(server, link)
    link.catch(() => { if (links.get(server) === link) links.delete(server) })
    return link
  }

  async function ask (tool: AttachedTool, args: unknown, asker: Asker, signal: AbortSignal): Promise<ToolResult> {
    const { server, native, config, definition } = tool
    return await linked(server, asker, signal, async (link) => {
      // Each time: what is asked is what was approved, and not what it has become since.
      const listed = await link.list(signal)
      await servers.see(server, listed, asker.context)
      const now = servers.find(native)
      if (typeof now === 'string') return { ok: false, problem: 'held', text: `The call was not made: ${now}.` }
      const said = listed.find(({ name }) => name === definition.name)
      if (said === undefined || definitionDigest(said) !== definitionDigest(definition)) return { ok: false, problem: 'gone', text: 'The call was not made: the MCP server has no such tool any more, or says of it what may not be shown.' }
      return resultOf(await link.call(definition.name, args as Readonly<Record<string, unknown>>, signal), config.resultBytes, servers)
    })
  }

  return {
    list: () => servers.tools().map(({ native, server, definition: { description, inputSchema } }) => ({
      name: native,
      description: `A tool of the MCP server ${server}. ${description}`,
      inputSchema,
      annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
    })),
    isNamed: servers.isNamed,
    async perform ({ tool, args }, context, signal, onDecided) {
      const found = servers.find(tool)
      const call = decodeMcpCall(tool, args, INSIDE.workspace, typeof found === 'string' ? found : null)
      const subject = { kind: 'tool-call' as const, call, text: () => JSON.stringify(args) ?? 'null' }
      return await performGoverned(subject, context, { governor, ledger, isCancelled: () => signal.aborted, onDecided }, async ({ permit }) => {
        if (typeof found === 'string') throw new GatewayError('WEIR_ERR_INTERNAL', 'A call that cannot be made was allowed.')
        return await ask(found, args, { context, permit }, signal)
      })
    },
    async close () {
      await Promise.all([...links.keys()].map(close))
    },
  }
}

function resultOf ({ content, isError }: CallToolResult, maxBytes: number, { holdsKey }: Pick<McpServers, 'holdsKey'>): ToolResult {
  const parts = content.slice(0, MAX_PARTS).map(partOf)
  const text = JSON.stringify(parts)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes) return { ok: false, problem: 'too-large', text: `The MCP server answered with ${bytes} bytes; at most ${maxBytes} are passed on (resultBytes in weir.yaml).` }
  if (holdsKey(text)) return { ok: false, problem: 'key', text: 'The answer of the MCP server held a key, and was not passed on.' }
  return { ok: isError !== true, kind: 'remote', parts, bytes, digest: sha256(text) }
}

// Member by member: what a newer protocol or an odd server adds to them is not passed on.
function partOf (part: CallToolResult['content'][number]): RemotePart {
  switch (part.type) {
    case 'text': return { type: 'text', text: part.text }
    case 'image': case 'audio': return { type: part.type, data: part.data, mimeType: part.mimeType }
    case 'resource_link': return { type: 'resource_link', uri: part.uri, name: part.name }
    case 'resource': {
      const { uri, mimeType } = part.resource
      const about = { uri, ...(mimeType === undefined ? {} : { mimeType }) }
      return { type: 'resource', resource: 'text' in part.resource ? { ...about, text: part.resource.text } : { ...about, blob: part.resource.blob } }
    }
  }
}
