import { resolve } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { durationWithin } from '../duration.ts'
import { parseWitnessKey } from '../transparency/cosignature.ts'
import type { PublishFile, S3File } from './publish-schema.ts'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** A bucket; the credentials stay in the environment. */
export interface S3Config { readonly endpoint: string, readonly region: string, readonly bucket: string, readonly prefix: string, readonly accessKey: string, readonly secretKey: string, readonly sessionToken: string }

export type DestinationConfig =
  | { readonly kind: 'directory', readonly directory: string }
  | { readonly kind: 's3', readonly s3: S3Config }
  | { readonly kind: 'git', readonly repository: string, readonly branch: string }

export interface PublishConfig {
  readonly everyMs: number
  readonly timeoutMs: number
  readonly quorum: number
  readonly witnesses: Readonly<Record<string, { readonly url: string, readonly key: string }>>
  readonly to: Readonly<Record<string, DestinationConfig>>
}

/** `ledger.publish` with its defaults. @param base folder that paths are relative to. @throws GatewayError WEIR_ERR_CONFIG_INVALID */
export function readPublish (file: PublishFile, base: string): PublishConfig {
  const witnesses = file.witnesses ?? {}
  const count = Object.keys(witnesses).length
  for (const [name, { url, key }] of Object.entries(witnesses)) {
    assertEncrypted(`ledger.publish.witnesses.${name}.url`, url)
    if (parseWitnessKey(key) === null) throw invalid(`ledger.publish.witnesses.${name}.key is no witness's key (name+id+key of Ed25519 cosignatures).`)
  }
  const quorum = file.quorum ?? count
  if (quorum > count) throw invalid(`ledger.publish.quorum is ${quorum}, and there are ${count} witnesses.`)
  return Object.freeze({
    everyMs: durationWithin('ledger.publish.every', file.every ?? '1m', 1_000, 86_400_000),
    timeoutMs: durationWithin('ledger.publish.timeout', file.timeout ?? '10s', 100, 300_000),
    quorum,
    witnesses,
    to: Object.fromEntries(Object.entries(file.to).map(([name, to]) => [name, destinationOf(name, to, base)])),
  })
}

/** A bucket with its defaults. @param at its name in the configuration, for messages. @throws GatewayError WEIR_ERR_CONFIG_INVALID */
export function readS3 (at: string, file: S3File): S3Config {
  const region = file.region ?? 'us-east-1'
  const endpoint = file.endpoint ?? `https://s3.${region}.amazonaws.com`
  assertEncrypted(`${at}.endpoint`, endpoint)
  const variable = (reference: string | undefined, usual: string): string => reference?.slice('env:'.length) ?? usual
  return {
    endpoint,
    region,
    bucket: file.bucket,
    prefix: file.prefix ?? '',
    accessKey: variable(file.accessKey, 'AWS_ACCESS_KEY_ID'),
    secretKey: variable(file.secretKey, 'AWS_SECRET_ACCESS_KEY'),
    sessionToken: variable(file.sessionToken, 'AWS_SESSION_TOKEN'),
  }
}

function destinationOf (name: string, to: PublishFile['to'][string], base: string): DestinationConfig {
  if ('directory' in to) return { kind: 'directory', directory: resolve(base, to.directory) }
  if ('git' in to) return { kind: 'git', repository: to.git.repository, branch: to.git.branch ?? 'main' }
  return { kind: 's3', s3: readS3(`ledger.publish.to.${name}.s3`, to.s3) }
}

function assertEncrypted (at: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || (url.protocol === 'http:' && !LOOPBACK.test(url.hostname))) throw invalid(`${at} must be https.`)
}

function invalid (message: string): GatewayError {
  return new GatewayError('WEIR_ERR_CONFIG_INVALID', message)
}
