import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { GatewayError } from '../../core/errors.ts'
import type { LedgerEntry } from '../../core/ledger-entry.ts'
import { Type } from '../../core/schema-type.ts'
import type { Authenticator } from '../../identity/caller.ts'
import { joinOutcomes } from '../../ledger/entry-about.ts'
import { matches } from '../../ledger/entry-filter.ts'
import type { Journal } from '../../ledger/journal.ts'
import { openTail } from '../../ledger/tail.ts'
import { callerOf } from '../plugins/caller.ts'
import { readAccess, settled, type AccessOptions, type Sight } from './audit-access.ts'

const PATH = '/weir/api/v1/audit/stream'
const MAX_STREAMS = 64 // each costs a file position and a socket
const MAX_READ = { maxEntries: 200, maxBytes: 1024 * 1024 } as const
const CHECK_MS = 1_000 // a revoked token stops within a second, on a quiet ledger too
const HEARTBEAT_CHECKS = 15 // proxies drop a silent stream after 30 to 60 s

const Query = Type.Object({ after: Type.Optional(Type.Integer({ minimum: -1 })) }, { additionalProperties: false })

export interface AuditStreamOptions extends AccessOptions {
  readonly journal: Journal
  readonly journalDir: string
  readonly authenticator: Authenticator
}

/** `GET /weir/api/v1/audit/stream`: entries as server-sent events, from `after` (or `Last-Event-ID`) on, else new ones only. */
export const auditStream: FastifyPluginAsync<AuditStreamOptions> = async (app, options) => {
  const { journal } = options
  const streams = new Set<AbortController>()
  app.addHook('preClose', async () => { streams.forEach((stream) => { stream.abort() }) })

  app.get(PATH, { schema: { querystring: Query } }, async (request, reply) => {
    if (streams.size >= MAX_STREAMS) throw new GatewayError('WEIR_ERR_RATE', 'Too many audit streams are open.')
    const from = firstWanted(request, journal)
    const stop = new AbortController()
    streams.add(stop)
    reply.raw.once('close', () => { stop.abort() })
    try {
      const { permit, sight } = await readAccess(request, PATH, 'weir-audit', options)
      reply.hijack()
      // A connection kept alive behind an ended stream would hold up the gateway's stop until it times out (72 s).
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no', connection: 'close' })
      // Node keeps the head back until there is a body, and a quiet ledger has none for a while.
      reply.raw.flushHeaders()
      const caller = callerOf(request)
      const isValid = (): boolean => options.authenticator.isStillValid(caller)
      const sending = { ...options, from, sight, isValid, signal: stop.signal }
      await settled(journal, permit, () => sendEntries(reply.raw, sending), (entries) => ({ entries }))
    } catch (error) {
      if (!reply.sent) throw error
      request.log.error({ err: error }, 'audit stream failed')
    } finally {
      streams.delete(stop)
      if (reply.sent) reply.raw.end()
    }
  })
}

function firstWanted (request: FastifyRequest, journal: Journal): number {
  const { after } = request.query as Static<typeof Query>
  const last = request.headers['last-event-id']
  if (typeof last === 'string' && /^\d{1,15}$/.test(last)) return Number(last) + 1
  return (after ?? journal.head().index) + 1
}

interface Sending extends AuditStreamOptions {
  readonly from: number
  readonly sight: Sight
  readonly isValid: () => boolean
  readonly signal: AbortSignal
}

async function sendEntries (out: ServerResponse, options: Sending): Promise<number> {
  const { journal, journalDir, from, sight, isValid, signal } = options
  const tail = openTail(journalDir, from)
  const join = joinOutcomes()
  let sent = 0
  let checks = 0
  while (!signal.aborted && isValid()) {
    const news = nextAppend(journal, signal)
    const entries = await tail.read({ upTo: journal.head().index, ...MAX_READ })
    for (const { index, json } of entries) {
      if (json === null) continue // it expired
      const entry = JSON.parse(json) as LedgerEntry
      if (!matches(entry, sight, join.decisionOf(entry))) continue
      await write(out, `id: ${index}\nevent: entry\ndata: ${json}\n\n`, signal)
      sent += 1
    }
    if (entries.length > 0) continue
    checks += 1
    if (checks % HEARTBEAT_CHECKS === 0) await write(out, ': still here\n\n', signal)
    await news
  }
  return sent
}

/** Resolves at the next group commit, after a second, or at the end. */
function nextAppend (journal: Journal, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      stopListening()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, CHECK_MS)
    const stopListening = journal.onAppend(done)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}

// A reader that is slow holds back this loop, not memory: entries stay in the journal until they are wanted.
async function write (out: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted || out.write(text)) return
  await once(out, 'drain', { signal }).catch((error: unknown) => { if (!signal.aborted) throw error })
}
