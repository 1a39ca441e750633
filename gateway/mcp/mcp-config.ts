import { GatewayError } from '../core/errors.ts'
import { durationWithin } from '../duration.ts'
import type { MCP_AUTH, McpServerFile } from './mcp-schema.ts'

const MIN_TIMEOUT_MS = 100
const MAX_TIMEOUT_MS = 3_600_000

export type McpAuth = typeof MCP_AUTH[number]

/** One MCP server behind the gateway. */
export interface McpServerConfig {
  readonly url: string
  readonly auth: McpAuth
  readonly allowPrivate: boolean
  /** Time of one call, ms. Default 60,000. */
  readonly timeoutMs: number
  /** Largest result, bytes. Default 1,048,576. */
  readonly resultBytes: number
}

/** The `mcp` part of the configuration with its defaults. @throws GatewayError WEIR_ERR_CONFIG_INVALID */
export function readMcp (file: Readonly<Record<string, McpServerFile>>): Readonly<Record<string, McpServerConfig>> {
  return Object.freeze(Object.fromEntries(Object.entries(file).map(([name, server]) => [name, readServer(name, server)])))
}

function readServer (name: string, { url, auth = 'none', allowPrivate = false, timeout = '1m', resultBytes = 1_048_576 }: McpServerFile): McpServerConfig {
  if (!URL.canParse(url)) throw invalid(`mcp.${name}.url is no address.`)
  if (url.startsWith('http:') && !allowPrivate) throw invalid(`mcp.${name}.url must be https, unless allowPrivate is true.`)
  return Object.freeze({ url, auth, allowPrivate, timeoutMs: durationWithin(`mcp.${name}.timeout`, timeout, MIN_TIMEOUT_MS, MAX_TIMEOUT_MS), resultBytes })
}

function invalid (message: string): GatewayError {
  return new GatewayError('WEIR_ERR_CONFIG_INVALID', message)
}
