import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { createGuardedFetch } from './guarded-fetch.ts'
import type { HttpPlace } from './mcp-config.ts'

/** The way to one server: what carries the messages, and how it ends. */
export interface McpWay {
  readonly transport: Transport
  /** Whether the server said more than may be. */
  wasTooLarge (): boolean
  /** Ends it, and what is under way on it. */
  close (): Promise<void>
}

export interface HttpWaySpec {
  readonly place: HttpPlace
  readonly key: string | null
  /** Of one answer. */
  readonly maxBytes: number
  readonly timeoutMs: number
}

/** The way to a server at an address. */
export async function openHttpWay ({ place, key, maxBytes, timeoutMs }: HttpWaySpec): Promise<McpWay> {
  const { StreamableHTTPClientTransport: ClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js') // when the first server is asked
  const url = new URL(place.url)
  const guarded = createGuardedFetch({ url, allowPrivate: place.allowPrivate, headers: keyHeader(place, key), maxBytes, timeoutMs })
  const transport = new ClientTransport(url, { fetch: guarded.fetch, reconnectionOptions: { maxRetries: 0, initialReconnectionDelay: 1_000, maxReconnectionDelay: 1_000, reconnectionDelayGrowFactor: 1 } })
  return { transport: transport as Transport, wasTooLarge: guarded.wasTooLarge, close: guarded.close }
}

function keyHeader ({ auth }: HttpPlace, key: string | null): Readonly<Record<string, string>> {
  if (auth === 'none' || key === null) return {}
  return auth === 'bearer' ? { authorization: `Bearer ${key}` } : { 'x-api-key': key }
}
