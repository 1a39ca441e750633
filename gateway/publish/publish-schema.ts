import type { Static } from 'typebox'
import { Type } from '../core/schema-type.ts'

const MAX_WITNESSES = 16
const MAX_DESTINATIONS = 8

const closed = { additionalProperties: false }
const DURATION = '^[0-9]{1,6}(ms|s|m|h)$'
const NAME = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'
const VARIABLE = '^env:[A-Za-z_][A-Za-z0-9_]*$'

const WitnessSchema = Type.Object({
  url: Type.String({ pattern: '^https?://[^@?#\\s]+$', maxLength: 2048, description: 'Submission prefix of the witness, before /add-checkpoint. http only to this machine.' }),
  key: Type.String({ minLength: 1, maxLength: 1024, description: 'Its public key as name+id+key (C2SP signed-note, Ed25519 cosignatures).' }),
}, closed)

export const S3Schema = Type.Object({
  bucket: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$', description: 'Name of the bucket.' }),
  prefix: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._/-]{0,200}$', description: 'Put before each name, e.g. weir/. Default: nothing.' })),
  region: Type.Optional(Type.String({ pattern: '^[a-z0-9-]{1,40}$', description: 'Default: us-east-1.' })),
  endpoint: Type.Optional(Type.String({ pattern: '^https?://[^@?#\\s]+$', maxLength: 2048, description: 'Address of the service. Default: that of AWS in this region. http only to this machine.' })),
  accessKey: Type.Optional(Type.String({ pattern: VARIABLE, description: 'Variable with the access key id. Default: env:AWS_ACCESS_KEY_ID.' })),
  secretKey: Type.Optional(Type.String({ pattern: VARIABLE, description: 'Variable with the secret key. Default: env:AWS_SECRET_ACCESS_KEY.' })),
  sessionToken: Type.Optional(Type.String({ pattern: VARIABLE, description: 'Variable with a session token. Default: env:AWS_SESSION_TOKEN, when it is set.' })),
}, closed)

const DestinationSchema = Type.Union([
  Type.Object({ directory: Type.String({ minLength: 1, description: 'A folder, relative to this file: another disk, or what a web server shows.' }) }, closed),
  Type.Object({ s3: S3Schema }, closed),
  Type.Object({
    git: Type.Object({
      repository: Type.String({ minLength: 1, maxLength: 2048, pattern: '^[^-\\s][^\\s]*$', description: 'Address or absolute path of the repository, as git takes it. Credentials are git\'s own.' }),
      branch: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,100}$', description: 'Branch that gets a commit for each checkpoint. Default: main.' })),
    }, closed)
  }, closed),
])

/** `ledger.publish` of weir.yaml. */
export const PublishSchema = Type.Object({
  every: Type.Optional(Type.String({ pattern: DURATION, description: 'Pause between two publications, 1s to 24h. None is made when nothing new was signed. Default: 1m.' })),
  to: Type.Record(Type.String({ pattern: NAME }), DestinationSchema, { minProperties: 1, maxProperties: MAX_DESTINATIONS, additionalProperties: false, description: 'Where checkpoints go, by name: { directory }, { s3 } or { git }. At most 8.' }),
  witnesses: Type.Optional(Type.Record(Type.String({ pattern: NAME }), WitnessSchema, { maxProperties: MAX_WITNESSES, additionalProperties: false, description: 'Witnesses that cosign checkpoints before they are published (C2SP tlog-witness), by name. At most 16. Default: none.' })),
  quorum: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_WITNESSES, description: 'How many of them must have cosigned a checkpoint that is published. Default: all.' })),
  timeout: Type.Optional(Type.String({ pattern: DURATION, description: 'How long one attempt may take, 100ms to 5m. Default: 10s.' })),
}, { ...closed, description: 'Publishes signed checkpoints where this host cannot change them (docs/ledger-publishing.md). Default: they stay in the data directory.' })

export type PublishFile = Static<typeof PublishSchema>
export type S3File = Static<typeof S3Schema>
