import { resolve } from 'node:path'
import { Compile } from 'typebox/schema'
import { openFolder } from '../object-store/folder.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { openBucket } from '../publish/destinations.ts'
import { readS3 } from '../publish/publish-config.ts'
import { S3Schema } from '../publish/publish-schema.ts'
import { CommandFailed, type Io } from './io.ts'

const S3 = /^s3:\/\/([^/]+)(?:\/(.*))?$/
const REQUEST_MS = 120_000 // a part of some megabytes over a slow line
const validator = Compile(S3Schema)

/** Where a bucket is, when it is not one of AWS in its usual region. Credentials are in the environment alone. */
export interface BucketOptions { readonly endpoint?: string, readonly region?: string }

/**
 * A folder, or `s3://BUCKET/PREFIX`.
 *
 * @throws CommandFailed when it is neither; GatewayError WEIR_ERR_CONFIG_INVALID without a credential, or for an address that is not encrypted
 */
export function openTarget (io: Io, to: string, { endpoint, region }: BucketOptions): ObjectStore {
  if (!/^[a-z0-9]+:\/\//i.test(to)) return openFolder(resolve(io.cwd, to))
  const [, bucket = '', path = ''] = S3.exec(to) ?? []
  const prefix = path === '' || path.endsWith('/') ? path : `${path}/`
  const at = endpoint ?? io.env['AWS_ENDPOINT_URL_S3'] ?? io.env['AWS_ENDPOINT_URL']
  const where = region ?? io.env['AWS_REGION']
  const place = { bucket, prefix, ...(at === undefined ? {} : { endpoint: at }), ...(where === undefined ? {} : { region: where }) }
  // An address would leave out what stands before two dots, and with it the bucket.
  const isPlain = path.split('/').every((part) => part !== '.' && part !== '..')
  if (!validator.Check(place) || !isPlain) throw new CommandFailed('A target is a folder or s3://BUCKET/PREFIX, with an endpoint and a region as ledger.publish takes them.')
  return openBucket(readS3('the target', place), { env: io.env, timeoutMs: REQUEST_MS, nowMs: Date.now })
}
