import { Pool } from 'undici'
import { createConnector } from '../../connections/connector.ts'
import { createSpareConnector, type SpareConnector } from '../../connections/spare-connection.ts'
import { GatewayError } from '../../core/errors.ts'

export interface UpstreamTimeouts {
  /** Longest wait for a connection, TLS included, ms. */
  readonly connectMs: number
  /** Longest wait for response headers, ms. */
  readonly headersMs: number
  /** Longest silence inside a response body, ms. */
  readonly idleMs: number
}

/** Where requests to one base URL go: a pool of connections and the path that every request starts with. */
export interface Upstream { readonly pool: Pool, readonly basePath: string }

export interface UpstreamPools {
  /** @throws GatewayError WEIR_ERR_CONFIG_INVALID when it is no http or https URL */
  upstreamOf (baseUrl: string): Upstream
  /** Breaks what is under way. */
  close (): Promise<void>
}

const MAX_CONNECTIONS = 256 // per origin; model answers are slow, so requests wait for the model and not for a connection

/** Connection pools by origin, made on first use. Nothing is retried here, and no redirect is followed anywhere. */
export function createUpstreamPools (timeouts: UpstreamTimeouts): UpstreamPools {
  const origins = new Map<string, Origin>()
  const upstreams = new Map<string, Upstream>()
  return {
    upstreamOf (baseUrl) {
      const known = upstreams.get(baseUrl)
      if (known !== undefined) return known
      const { origin, basePath } = split(baseUrl)
      const reached = origins.get(origin) ?? reach(origin, timeouts)
      origins.set(origin, reached)
      const upstream = Object.freeze({ pool: reached.pool, basePath })
      upstreams.set(baseUrl, upstream)
      return upstream
    },
    async close () {
      await Promise.all([...origins.values()].map(async ({ pool, connector }) => {
        connector.close()
        await pool.destroy()
      }))
    },
  }
}

interface Origin { readonly pool: Pool, readonly connector: SpareConnector }

function reach (origin: string, { connectMs, headersMs, idleMs }: UpstreamTimeouts): Origin {
  const connector = createSpareConnector(createConnector({ timeout: connectMs }))
  const pool = new Pool(origin, { connections: MAX_CONNECTIONS, pipelining: 1, connect: connector.connect, headersTimeout: headersMs, bodyTimeout: idleMs })
  return { pool, connector }
}

/** What a client may know of a failed request: whether it was too slow or not possible. Addresses stay in the cause. */
export function upstreamFailure (cause: Error): GatewayError {
  const code = codeOf(cause)
  const isSlow = code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT' || code === 'UND_ERR_CONNECT_TIMEOUT'
  return new GatewayError(isSlow ? 'WEIR_ERR_UPSTREAM_TIMEOUT' : 'WEIR_ERR_UPSTREAM', undefined, { cause })
}

/** The code of a connection's error, null when it has none. */
export function codeOf (error: Error): string | null {
  return 'code' in error && typeof error.code === 'string' ? error.code : null
}

function split (baseUrl: string): { origin: string, basePath: string } {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'A base URL must start with http:// or https://.')
  return { origin: url.origin, basePath: url.pathname.replace(/\/+$/, '') }
}
