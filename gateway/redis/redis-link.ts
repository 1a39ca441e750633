import { createRequire } from 'node:module'
import type * as Ioredis from 'ioredis'
import { redisPlace, type RedisPlace } from './redis-url.ts'

const CONNECT_TIMEOUT_MS = 2_000
const MAX_RETRY_MS = 1_000

/** One connection (or one for each node of a cluster) that comes back by itself. */
export interface RedisLink {
  isReady (): boolean
  /** Why the last attempt to connect failed; null when it did not. */
  failure (): unknown
  /** Calls back each time that commands can be sent, also after an outage. */
  onReady (listener: () => void): void
  /**
   * Runs a Lua script on keys of one hash slot. Sent in the order of the calls. Rejects when the connection is away or breaks, and after
   * the time-out: the script may have run then, or still run.
   */
  run (script: string, keys: readonly string[], args: ReadonlyArray<string | number>): Promise<unknown>
  /** Leaves a connection on which nothing answers and makes another one. */
  renew (): void
  close (): void
}

export interface RedisLinkOptions {
  readonly url: string
  /** Certificates (PEM) of the authorities that the server's must be by. Default: those that Node.js knows. */
  readonly ca?: string | undefined
  /** Longest time that a script may take, ms. */
  readonly timeoutMs: number
}

/** Begins to connect. @throws GatewayError WEIR_ERR_CONFIG_INVALID when the URL cannot be read */
export function openRedisLink ({ url, ca, timeoutMs }: RedisLinkOptions): RedisLink {
  const client = connect(redisPlace(url, ca), timeoutMs)
  let failure: unknown = null
  // Unheard it would end the process. What is run next says that Redis is away; it comes back by itself.
  client.on('error', (cause: unknown) => { failure = cause })
  return {
    isReady: () => client.status === 'ready',
    failure: () => failure,
    onReady (listener) {
      client.on('ready', () => {
        failure = null
        listener()
      })
    },
    run: (script, keys, args) => client.eval(script, keys.length, ...keys, ...args),
    renew () { client.disconnect(true) },
    close () { client.disconnect() },
  }
}

function connect (place: RedisPlace, timeoutMs: number): Ioredis.Redis | Ioredis.Cluster {
  // Not imported: a gateway without Redis, and every command, would load it at each start, a tenth of all they load.
  const { Cluster, Redis } = createRequire(import.meta.url)('ioredis') as typeof Ioredis
  // Nothing waits for a connection and nothing is sent twice: what is said is always the newest state, and said anew after an outage.
  const options = {
    ...place.options,
    replyMapping: 'legacy' as const,
    commandTimeout: timeoutMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    disableClientInfo: true,
    connectionName: 'weir',
    retryStrategy: waitOf,
  }
  if (place.kind === 'single') return new Redis(options)
  return new Cluster([...place.nodes], { redisOptions: options, enableOfflineQueue: false, clusterRetryStrategy: waitOf })
}

function waitOf (attempts: number): number {
  return Math.min(MAX_RETRY_MS, 25 * 2 ** Math.min(attempts, 10))
}
