import type { Static } from 'typebox'
import { ENVIRONMENTS } from '../core/actor.ts'
import { Type } from '../core/schema-type.ts'
import { KINDS } from '../ledger/entry-filter.ts'

export const RECEIVERS = ['http', 'otlp', 'syslog'] as const
export const FORWARD_FORMATS = ['jsonl', 'ocsf', 'cloudevents'] as const
export type ForwardFormat = typeof FORWARD_FORMATS[number]

const MAX_FORWARDERS = 16
const MAX_HEADERS = 16

const closed = { additionalProperties: false }
const DURATION = '^[0-9]{1,6}(ms|s|m|h)$'
const NAME = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'
const VARIABLE = '^env:[A-Za-z_][A-Za-z0-9_]*$'

const ForwarderSchema = Type.Object({
  to: Type.Enum([...RECEIVERS], { description: 'What the receiver speaks: http (entries are posted), otlp (OpenTelemetry logs over HTTP in JSON) or syslog (RFC 5424 over TCP or TLS).' }),
  url: Type.String({ pattern: '^(https?|tls|tcp)://[^@\\s]+$', maxLength: 2048, description: 'Where entries go: https://… for http and otlp (for otlp with its path, e.g. https://otel.acme.test/v1/logs), tls://HOST:PORT for syslog. http:// and tcp:// to another machine only with plaintext.' }),
  format: Type.Optional(Type.Enum([...FORWARD_FORMATS], { description: 'Form of the entries, for http and syslog: jsonl, ocsf or cloudevents (docs/ledger.md). Default: jsonl.' })),
  secret: Type.Optional(Type.String({ pattern: VARIABLE, description: 'Environment variable with the secret that posts are signed with, as those of hooks are: env:NAME. Default: they are not signed.' })),
  headers: Type.Optional(Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]{0,62}$' }), Type.String({ pattern: VARIABLE }), { maxProperties: MAX_HEADERS, description: 'Headers of posts, each with the environment variable that holds its value, e.g. { authorization: env:SIEM_TOKEN }. Default: none.' })),
  ca: Type.Optional(Type.String({ minLength: 1, description: 'Certificate authorities that the receiver\'s certificate is checked by (PEM file, relative to this one). Default: those of Node.js.' })),
  certificate: Type.Optional(Type.String({ minLength: 1, description: 'Certificate that the gateway shows the receiver (PEM file); with privateKey. Default: none.' })),
  privateKey: Type.Optional(Type.String({ minLength: 1, description: 'Private key of that certificate (PEM file).' })),
  plaintext: Type.Optional(Type.Boolean({ description: 'Entries may go to another machine without encryption. Default: false.' })),
  from: Type.Optional(Type.Union([Type.Literal('beginning'), Type.Literal('now')], { description: 'Where a new forwarder begins: with the first entry of the ledger, or with the next one. Default: beginning.' })),
  kinds: Type.Optional(Type.Array(Type.Enum([...KINDS]), { minItems: 1, uniqueItems: true, description: 'Only entries of these kinds: decision, outcome, event. Default: all.' })),
  apps: Type.Optional(Type.Array(Type.String({ pattern: NAME }), { minItems: 1, maxItems: 256, description: 'Only entries of these apps; entries of no app go all the same. Default: all.' })),
  environments: Type.Optional(Type.Array(Type.Enum([...ENVIRONMENTS]), { minItems: 1, uniqueItems: true, description: 'Only entries of these environments; entries of none go all the same. Default: all.' })),
  batch: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'Most entries that are sent at once. Default: 200.' })),
  timeout: Type.Optional(Type.String({ pattern: DURATION, description: 'How long one attempt may take, 100ms to 5m. Default: 10s.' })),
}, closed)

/** `ledger.forward` of weir.yaml. */
export const ForwardSchema = Type.Record(Type.String({ pattern: NAME }), ForwarderSchema, { maxProperties: MAX_FORWARDERS, additionalProperties: false, description: 'Receivers that the ledger\'s entries are sent to as they are recorded, by name (docs/ledger-forwarding.md). At most 16. Default: none.' })

export type ForwarderFile = Static<typeof ForwarderSchema>
