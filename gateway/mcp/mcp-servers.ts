import { join } from 'node:path'
import type { Context } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import { eventBody, type EntryBody } from '../core/ledger-entry.ts'
import type { Permit } from '../core/permit.ts'
import type { Vault } from '../vault/vault.ts'
import type { CommandServers } from './command-servers.ts'
import type { HttpPlace, McpServerConfig } from './mcp-config.ts'
import { MAX_LIST_BYTES, openMcpLink, type McpLink } from './mcp-link.ts'
import { openHttpWay } from './mcp-way.ts'
import { openPins, type PinnedTool, type Pins } from './pins.ts'
import type { ToolDefinition } from './tool-definition.ts'

/** A tool of an attached server that may be offered now. `native` is the name that clients and rules know it by: SERVER_TOOL. */
export interface AttachedTool { readonly native: string, readonly server: string, readonly config: McpServerConfig, readonly definition: ToolDefinition }

/** One configured server, for people: without the path of its address. `origin` is `command` for a server that is one. */
export interface ShownServer { readonly name: string, readonly origin: string, readonly tools: ReadonlyArray<PinnedTool & { readonly name: string }> }

/** The MCP servers behind the gateway. A tool is offered as somebody approved it, to the letter, or not at all. */
export interface McpServers {
  list (): readonly ShownServer[]
  /** Every tool that is offered, by its native name. */
  tools (): readonly AttachedTool[]
  /** @returns in words, for the client, why there is none */
  find (native: string): AttachedTool | string
  /** Whether such a name is for a configured server, offered or not. */
  isNamed (native: string): boolean
  /**
   * Connects for somebody whose call was allowed; starts the server first if it is a command.
   *
   * @throws GatewayError WEIR_ERR_UPSTREAM, WEIR_ERR_UPSTREAM_TIMEOUT, WEIR_ERR_KEY_MISSING, WEIR_ERR_ROUTE_UNKNOWN, WEIR_ERR_RATE, WEIR_ERR_SANDBOX
   */
  connect (server: string, allowed: { readonly context: Context, readonly permit: Permit }, signal: AbortSignal): Promise<McpLink>
  /** Takes note of what a server lists now, and records what came to be held by it. One that tells a key of the vault is left out. */
  see (server: string, listed: readonly ToolDefinition[], context: Context): Promise<void>
  /** @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN, WEIR_ERR_DECIDED */
  approve (server: string, tool: string, digest: string, context: Context): Promise<void>
  /** Whether a text holds a key of the vault, which nothing that is passed on may. */
  holdsKey (text: string): boolean
}

export interface McpServersPorts {
  readonly servers: Readonly<Record<string, McpServerConfig>>
  /** Where approvals are kept. */
  readonly folder: string
  readonly vault: Pick<Vault, 'keys' | 'values'>
  /** Starts those that are commands. */
  readonly commands: CommandServers
  readonly record: (body: EntryBody) => void
  readonly version: string
  readonly nowMs: () => number
}

interface Attached { readonly config: McpServerConfig, readonly pins: Pins }

/** @throws GatewayError WEIR_ERR_STORE when approvals cannot be read */
export function openMcpServers ({ servers, folder, vault, commands, record, version, nowMs }: McpServersPorts): McpServers {
  const attached = new Map<string, Attached>(Object.entries(servers).map(([name, config]) => [name, { config, pins: openPins(folder, name, nowMs) }]))
  function demand (server: string): Attached {
    const found = attached.get(server)
    if (found === undefined) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such MCP server.')
    return found
  }
  function keyFor (server: string, { auth }: HttpPlace, { app, environment }: Context): string | null {
    if (auth === 'none') return null
    const key = vault.keys(`mcp.${server}`, environment, app).at(-1)?.value
    if (key === undefined) throw new GatewayError('WEIR_ERR_KEY_MISSING', `No key is set for the MCP server: weir keys set mcp.${server} --env ${environment}.`)
    return key
  }
  const holdsKey = (text: string): boolean => vault.values().some((value) => text.includes(JSON.stringify(value).slice(1, -1)))
  return {
    list: () => [...attached].map(([name, { config, pins }]) => ({ name, origin: config.place.kind === 'http' ? new URL(config.place.url).origin : 'command', tools: [...pins.tools].map(([tool, pinned]) => ({ name: tool, ...pinned })) })),
    tools: () => [...attached].flatMap(([server, { config, pins }]) => [...pins.tools.keys()].flatMap((tool) => {
      const definition = pins.approved(tool)
      return definition === null ? [] : [{ native: `${server}_${tool}`, server, config, definition }]
    })),
    find (native) {
      const { server, tool } = split(native)
      const found = attached.get(server)
      const pinned = found?.pins.tools.get(tool)
      if (found === undefined || pinned === undefined) return 'there is no such tool'
      const definition = found.pins.approved(tool)
      if (definition !== null) return { native, server, config: found.config, definition }
      return pinned.approved === null ? 'nobody approved this tool of the MCP server yet' : 'what the MCP server says of this tool has changed, and nobody approved that yet'
    },
    isNamed: (native) => attached.has(split(native).server),
    async connect (server, { context, permit }, signal) {
      const { config: { place, timeoutMs, resultBytes } } = demand(server)
      const maxBytes = Math.max(resultBytes * 2, MAX_LIST_BYTES)
      const way = place.kind === 'http'
        ? await openHttpWay({ place, key: keyFor(server, place, context), maxBytes, timeoutMs })
        : await commands.start(server, { place, permit, maxBytes }, context.actor, signal)
      return await openMcpLink({ way, timeoutMs, version }, signal)
    },
    async see (server, listed, context) {
      const shown = listed.filter((definition) => !holdsKey(JSON.stringify(definition)))
      for (const { definition: { name }, digest } of await demand(server).pins.see(shown)) record(eventBody('mcp-tool-held', context, { server, tool: name, digest }))
    },
    async approve (server, tool, digest, context) {
      await demand(server).pins.approve(tool, digest, context.actor.id)
      record(eventBody('mcp-tool-approved', context, { server, tool, digest }))
    },
    holdsKey,
  }
}

export function mcpFolder (dataDir: string): string {
  return join(dataDir, 'mcp')
}

// The names of servers hold no underscore, so the first one ends it.
function split (native: string): { readonly server: string, readonly tool: string } {
  const at = native.indexOf('_')
  return at === -1 ? { server: '', tool: native } : { server: native.slice(0, at), tool: native.slice(at + 1) }
}
