import { resolve } from 'node:path'
import type { Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import { durationWithin } from '../duration.ts'
import type { EntryKind } from '../ledger/entry-filter.ts'
import type { ForwarderFile, ForwardFormat } from './forward-schema.ts'

const MIN_TIMEOUT_MS = 100
const MAX_TIMEOUT_MS = 300_000
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** One forwarder as it is configured. Secrets stay in the environment and in their files until a gateway opens. */
export interface ForwarderConfig {
  readonly to: ForwarderFile['to']
  readonly url: string
  readonly format: ForwardFormat
  /** Name of the variable with the secret that posts are signed with. */
  readonly secretVariable: string | null
  /** Names of the variables with the values, by header. */
  readonly headerVariables: Readonly<Record<string, string>>
  /** Absolute paths of PEM files. */
  readonly tls: { readonly ca: string | null, readonly certificate: string | null, readonly privateKey: string | null }
  readonly from: 'beginning' | 'now'
  /** Null for all. */
  readonly kinds: readonly EntryKind[] | null
  readonly apps: readonly string[] | null
  readonly environments: readonly Environment[] | null
  /** Most entries at once. */
  readonly batch: number
  /** Time of one attempt, ms. */
  readonly timeoutMs: number
}

/** `ledger.forward` with its defaults. @param base folder that paths are relative to. @throws GatewayError WEIR_ERR_CONFIG_INVALID */
export function readForward (file: Readonly<Record<string, ForwarderFile>>, base: string): Readonly<Record<string, ForwarderConfig>> {
  return Object.freeze(Object.fromEntries(Object.entries(file).map(([name, forwarder]) => [name, readForwarder(name, forwarder, base)])))
}

function readForwarder (name: string, file: ForwarderFile, base: string): ForwarderConfig {
  const at = `ledger.forward.${name}`
  assertAddress(at, file)
  if (file.to === 'otlp' && file.format !== undefined) throw invalid(`${at}.format is not for otlp: the form is OpenTelemetry's.`)
  if (file.to === 'syslog' && (file.secret !== undefined || file.headers !== undefined)) throw invalid(`${at} has secret or headers, which syslog does not know: use certificate and privateKey.`)
  if ((file.certificate === undefined) !== (file.privateKey === undefined)) throw invalid(`${at} needs certificate and privateKey together.`)
  const path = (named: string | undefined): string | null => named === undefined ? null : resolve(base, named)
  return Object.freeze({
    to: file.to,
    url: file.url,
    format: file.format ?? 'jsonl',
    secretVariable: file.secret?.slice('env:'.length) ?? null,
    headerVariables: Object.fromEntries(Object.entries(file.headers ?? {}).map(([header, reference]) => [header, reference.slice('env:'.length)])),
    tls: { ca: path(file.ca), certificate: path(file.certificate), privateKey: path(file.privateKey) },
    from: file.from ?? 'beginning',
    kinds: file.kinds ?? null,
    apps: file.apps ?? null,
    environments: file.environments ?? null,
    batch: file.batch ?? 200,
    timeoutMs: durationWithin(`${at}.timeout`, file.timeout ?? '10s', MIN_TIMEOUT_MS, MAX_TIMEOUT_MS),
  })
}

function assertAddress (at: string, { to, url: text, plaintext = false }: ForwarderFile): void {
  const url = URL.canParse(text) ? new URL(text) : null
  const spoken = to === 'syslog' ? ['tls:', 'tcp:'] : ['https:', 'http:']
  if (url === null || !spoken.includes(url.protocol) || url.hostname === '') throw invalid(`${at}.url must begin with ${spoken.map((protocol) => `${protocol}//`).join(' or ')} and name a host.`)
  if (to === 'syslog' && (url.port === '' || !/^\/?$/.test(url.pathname))) throw invalid(`${at}.url must be tls://HOST:PORT or tcp://HOST:PORT.`)
  const isPlain = url.protocol === 'http:' || url.protocol === 'tcp:'
  // The ledger has command lines and names: it does not leave the machine readable by chance.
  if (isPlain && !plaintext && !LOOPBACK.test(url.hostname)) throw invalid(`${at}.url must be ${to === 'syslog' ? 'tls' : 'https'}, unless plaintext is true.`)
}

function invalid (message: string): GatewayError {
  return new GatewayError('WEIR_ERR_CONFIG_INVALID', message)
}
