import type { RedisOptions } from 'ioredis'
import { GatewayError } from '../core/errors.ts'

/** Where Redis is. `cluster` has addresses to begin with; the cluster says the others. */
export type RedisPlace =
  | { readonly kind: 'single', readonly options: RedisOptions }
  | { readonly kind: 'cluster', readonly nodes: ReadonlyArray<{ readonly host: string, readonly port: number }>, readonly options: RedisOptions }

const MAX_URL = 2_000
const MAX_HOSTS = 32
const PORT = 6379
const SENTINEL_PORT = 26379
const FORM = /^(redis|rediss|unix|redis-sentinel|rediss-sentinel|redis-cluster|rediss-cluster):\/\/(?:([^@/]*)@)?([^/?#]*)(\/[^?#]*)?$/

/**
 * Reads `redis://[user:password@]host[:port][/db]`, `rediss://…` (TLS), `unix://[user:password@]/path`,
 * `redis-sentinel://…@host:port,host:port/NAME` and `redis-cluster://…@host:port,host:port`; the last two with `rediss-` for TLS.
 *
 * @param ca certificates (PEM) for TLS in place of those that Node.js knows
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID which does not repeat the URL: it may hold a password; also for certificates without TLS
 */
export function redisPlace (url: string, ca?: string): RedisPlace {
  const match = url.length > MAX_URL ? null : FORM.exec(url)
  if (match === null) throw unreadable()
  const [, scheme = '', user = '', hosts = '', path = ''] = match
  const isTls = scheme.startsWith('rediss')
  // Who names an authority wants a connection that only it vouches for.
  if (ca !== undefined && !isTls) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'WEIR_REDIS_CA is set, but WEIR_REDIS_URL is not one with TLS: it begins with redis and not with rediss.')
  const access = { ...credentialsOf(user), ...(isTls ? { tls: ca === undefined ? {} : { ca } } : {}) }
  if (scheme === 'unix') {
    if (hosts !== '' || path.length < 2) throw unreadable()
    return { kind: 'single', options: { ...access, path: decoded(path) } }
  }
  if (scheme.endsWith('-sentinel')) return { kind: 'single', options: sentinelOptions(hosts, path.slice(1), access) }
  if (scheme.endsWith('-cluster')) {
    if (path.length > 1) throw unreadable() // a cluster has one database
    return { kind: 'cluster', nodes: nodesOf(hosts, PORT), options: access }
  }
  const [node, ...more] = nodesOf(hosts, PORT)
  if (node === undefined || more.length > 0) throw unreadable()
  return { kind: 'single', options: { ...access, ...node, db: databaseOf(path.slice(1)) } }
}

function sentinelOptions (hosts: string, name: string, access: RedisOptions): RedisOptions {
  if (name === '') throw unreadable()
  const { tls } = access
  return { ...access, sentinels: nodesOf(hosts, SENTINEL_PORT), name: decoded(name), ...(tls === undefined ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }) }
}

function nodesOf (hosts: string, usual: number): Array<{ host: string, port: number }> {
  const words = hosts.split(',')
  if (words.length > MAX_HOSTS) throw unreadable()
  return words.map((word) => {
    const [, v6, name, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?$/.exec(word) ?? []
    const host = v6 ?? name
    const number = port === undefined ? usual : Number(port)
    if (host === undefined || number < 1 || number > 65_535) throw unreadable()
    return { host, port: number }
  })
}

function credentialsOf (text: string): { username?: string, password?: string } {
  if (text === '') return {}
  const colon = text.indexOf(':')
  if (colon === -1) throw unreadable() // a password alone is written :password
  const username = decoded(text.slice(0, colon))
  return { ...(username === '' ? {} : { username }), password: decoded(text.slice(colon + 1)) }
}

function databaseOf (text: string): number {
  if (!/^[0-9]{0,5}$/.test(text)) throw unreadable()
  return Number(text)
}

function decoded (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw unreadable()
  }
}

function unreadable (): GatewayError {
  return new GatewayError('WEIR_ERR_CONFIG_INVALID', 'WEIR_REDIS_URL cannot be read. It looks like redis://user:password@host:6379/0, rediss://…, unix:///path, redis-sentinel://host,host/NAME or redis-cluster://host,host')
}
