import type { FastifyPluginAsync } from 'fastify'
import type { Static } from 'typebox'
import { ENVIRONMENTS } from '../../core/actor.ts'
import { VERDICTS } from '../../core/decision.ts'
import { GatewayError } from '../../core/errors.ts'
import { Type } from '../../core/schema-type.ts'
import { PATH_CLASSES } from '../../core/tool-call.ts'
import type { Authenticator } from '../../identity/caller.ts'
import { KINDS, PAGE_ENTRIES } from '../../ledger/entry-filter.ts'
import { NO_WORDS, WORD_LIMITS, wordsOfSearch } from '../../ledger/entry-words.ts'
import { bodyOf, PROGRAM_FORMATS } from '../../ledger/formats/entry-formats.ts'
import type { Journal } from '../../ledger/journal.ts'
import type { Observing } from '../../sessions/observing.ts'
import { auditQuery, type AuditPage } from '../../store/audit-query.ts'
import type { Mirror } from '../../store/mirror.ts'
import type { Store } from '../../store/store.ts'
import { packageVersion } from '../../package-root.ts'
import { originOf } from '../../transparency/log-place.ts'
import type { TransparencyLog } from '../../transparency/transparency-log.ts'
import { readAccess, settled, type AccessOptions } from './audit-access.ts'
import { auditEntry } from './audit-entry.ts'
import { auditProofs } from './audit-proofs.ts'
import { CATCH_UP_MS, contradicts, timeMs } from './audit-query-parts.ts'
import { auditRecording } from './audit-recording.ts'
import { auditReports } from './audit-reports.ts'
import { auditStream } from './audit-stream.ts'

const PATH = '/weir/api/v1/audit'

const closed = { additionalProperties: false }
const word = Type.String({ minLength: 1, maxLength: 256 })
const index = Type.Integer({ minimum: 0 })

const Query = Type.Object({
  env: Type.Optional(Type.Union(ENVIRONMENTS.map((name) => Type.Literal(name)))),
  actor: Type.Optional(word),
  app: Type.Optional(word),
  session: Type.Optional(word),
  request: Type.Optional(word),
  rule: Type.Optional(word),
  key: Type.Optional(word),
  class: Type.Optional(Type.Enum([...PATH_CLASSES])),
  text: Type.Optional(Type.String({ minLength: 1, maxLength: WORD_LIMITS.search })),
  verdict: Type.Optional(Type.Union(VERDICTS.map((name) => Type.Literal(name)))),
  kind: Type.Optional(Type.Union(KINDS.map((name) => Type.Literal(name)))),
  since: Type.Optional(Type.String({ maxLength: 40 })),
  until: Type.Optional(Type.String({ maxLength: 40 })),
  before: Type.Optional(index),
  after: Type.Optional(index),
  order: Type.Optional(Type.Union([Type.Literal('newest'), Type.Literal('oldest')])),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_ENTRIES.most })),
  /** Default: json, a page. The other forms have what a page says of itself in headers. */
  format: Type.Optional(Type.Union(PROGRAM_FORMATS.map((name) => Type.Literal(name)))),
}, closed)

const Page = Type.Object({
  entries: Type.Array(Type.Object({ index, time: Type.Integer(), prev: Type.String(), kind: Type.String() }, { additionalProperties: true })),
  nextCursor: Type.Union([index, Type.Null()]),
  /** The last durable entry, and the last one this answer could know of. */
  head: Type.Object({ index: Type.Integer(), hash: Type.String() }, closed),
  mirrored: Type.Integer(),
}, closed)

export interface AuditRoutesOptions extends AccessOptions {
  readonly store: Store
  readonly mirror: Mirror
  readonly journal: Journal
  readonly journalDir: string
  readonly dataDir: string
  readonly observing: Observing
  /** Asked again while a stream is open, so that a revoked token ends it. */
  readonly authenticator: Authenticator
  readonly ledgerLog: Pick<TransparencyLog, 'sign' | 'read'>
}

/** `GET /weir/api/v1/audit`, `/audit/entries/:index`, `/audit/stream`, `/audit/recordings/:id`, `/audit/reports` and the proofs: the ledger, as far as policy lets the caller see it. */
export const auditRoutes: FastifyPluginAsync<AuditRoutesOptions> = async (app, options) => {
  const { store, mirror, journal } = options

  app.get(PATH, { schema: { querystring: Query, response: { 200: Page } } }, async (request, reply) => {
    const query = request.query as Static<typeof Query>
    if (query.text !== undefined && wordsOfSearch(query.text) === null) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `"text" is no search. ${NO_WORDS}`)
    const times = { sinceMs: timeMs(query.since, 'since'), untilMs: timeMs(query.until, 'until') }
    const { permit, sight } = await readAccess(request, PATH, 'weir-audit', options)
    const head = journal.head()
    // A store that is behind still answers; `mirrored` says how far it is.
    await mirror.caughtUp(CATCH_UP_MS).catch((error: unknown) => { request.log.warn({ err: error }, 'audit answered from a store that is behind') })
    const page = await settled(journal, permit, async () => {
      return contradicts(query, sight) ? EMPTY : auditQuery(store, { ...query, pathClass: query.class, ...times, ...sight })
    }, ({ entries }) => ({ entries: entries.length }))
    const { entries, decisions, nextCursor } = page
    const mirrored = mirror.mirrored()
    const { format = 'json' } = query
    if (format === 'json') return { entries, nextCursor, head, mirrored }
    const source = { origin: await originOf(options.journalDir) ?? '', version: packageVersion() }
    const body = bodyOf(format, entries.map((entry, place) => ({ entry, of: decisions[place] ?? null, hash: null })), source)
    return reply.headers({
      'content-type': body.type, 'x-content-type-options': 'nosniff', 'weir-head': String(head.index), 'weir-mirrored': String(mirrored), ...(nextCursor === null ? {} : { 'weir-next-cursor': String(nextCursor) }),
    }).send(body.text)
  })

  await app.register(auditEntry, options)
  await app.register(auditStream, options)
  await app.register(auditRecording, options)
  await app.register(auditProofs, options)
  await app.register(auditReports, options)
}

const EMPTY: AuditPage = { entries: [], decisions: [], nextCursor: null }
