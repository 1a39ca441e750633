import { resolve } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { durationWithin } from '../duration.ts'
import type { MCP_AUTH, McpServerFile } from './mcp-schema.ts'

const MIN_TIMEOUT_MS = 100
const MAX_TIMEOUT_MS = 3_600_000

export type McpAuth = typeof MCP_AUTH[number]

/** A server that the gateway reaches at an address. */
export interface HttpPlace { readonly kind: 'http', readonly url: string, readonly auth: McpAuth, readonly allowPrivate: boolean }

/** A server that is a command. `folder`, an absolute path, is all that it sees beside the system's programs. */
export interface CommandPlace { readonly kind: 'command', readonly command: string, readonly folder: string }

/** One MCP server behind the gateway. */
export interface McpServerConfig {
  readonly place: HttpPlace | CommandPlace
  /** Time of one call, ms. Default 60,000. */
  readonly timeoutMs: number
  /** Largest result, bytes. Default 1,048,576. */
  readonly resultBytes: number
}

/** The `mcp` part of the configuration with its defaults. Folders are relative to `base`. @throws GatewayError WEIR_ERR_CONFIG_INVALID */
export function readMcp (file: Readonly<Record<string, McpServerFile>>, base: string): Readonly<Record<string, McpServerConfig>> {
  return Object.freeze(Object.fromEntries(Object.entries(file).map(([name, server]) => [name, readServer(name, server, base)])))
}

function readServer (name: string, server: McpServerFile, base: string): McpServerConfig {
  const { timeout = '1m', resultBytes = 1_048_576 } = server
  return Object.freeze({ place: Object.freeze(placeOf(name, server, base)), timeoutMs: durationWithin(`mcp.${name}.timeout`, timeout, MIN_TIMEOUT_MS, MAX_TIMEOUT_MS), resultBytes })
}

function placeOf (name: string, { url, command, folder, auth, allowPrivate }: McpServerFile, base: string): HttpPlace | CommandPlace {
  if ((url === undefined) === (command === undefined)) throw invalid(`mcp.${name} needs either url or command.`)
  if (command !== undefined) {
    if (folder === undefined) throw invalid(`mcp.${name}.folder is missing: the folder with the program of its command.`)
    // It has no network to use a key in, and a key in a sandbox is no secret.
    if (auth !== undefined || allowPrivate !== undefined) throw invalid(`mcp.${name}: auth and allowPrivate are for servers with a url.`)
    return { kind: 'command', command, folder: resolve(base, folder) }
  }
  if (folder !== undefined) throw invalid(`mcp.${name}.folder is for servers with a command.`)
  if (!URL.canParse(url ?? '')) throw invalid(`mcp.${name}.url is no address.`)
  if (url?.startsWith('http:') === true && allowPrivate !== true) throw invalid(`mcp.${name}.url must be https, unless allowPrivate is true.`)
  return { kind: 'http', url: url ?? '', auth: auth ?? 'none', allowPrivate: allowPrivate ?? false }
}

function invalid (message: string): GatewayError {
  return new GatewayError('WEIR_ERR_CONFIG_INVALID', message)
}
