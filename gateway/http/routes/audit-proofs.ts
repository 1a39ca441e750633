import type { FastifyPluginAsync } from 'fastify'
import type { Static } from 'typebox'
import type { Ledger } from '../../core/ports.ts'
import { Type } from '../../core/schema-type.ts'
import type { LogReader } from '../../transparency/read-log.ts'
import type { TransparencyLog } from '../../transparency/transparency-log.ts'
import { readAccess, settled, type AccessOptions } from './audit-access.ts'

const PATH = '/weir/api/v1/audit'
const NOTE = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }

const closed = { additionalProperties: false }
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Params = Type.Object({ index: count }, closed)
const Query = Type.Object({ from: count, to: Type.Optional(count) }, closed)

export interface AuditProofsOptions extends AccessOptions {
  readonly journal: Ledger
  readonly ledgerLog: Pick<TransparencyLog, 'sign' | 'read'>
}

/**
 * `GET /weir/api/v1/audit/checkpoint`, `/audit/key`, `/audit/proof/:index` and `/audit/consistency`, for whoever may read the ledger. Answers hold
 * hashes alone, so they are the same for all who may see some of it.
 */
export const auditProofs: FastifyPluginAsync<AuditProofsOptions> = async (app, options) => {
  const { journal, ledgerLog } = options

  app.get(`${PATH}/checkpoint`, async (request, reply) => {
    const { permit } = await readAccess(request, `${PATH}/checkpoint`, 'weir-audit', options)
    const { note } = await settled(journal, permit, () => logWith(0, ledgerLog), ({ signed }) => ({ size: signed.size }))
    return reply.headers(NOTE).send(note)
  })

  app.get(`${PATH}/key`, async (request, reply) => {
    const { permit } = await readAccess(request, `${PATH}/key`, 'weir-audit', options)
    const { verifierKey } = await settled(journal, permit, () => logWith(0, ledgerLog), () => ({}))
    return reply.headers(NOTE).send(`${verifierKey}\n`)
  })

  app.get(`${PATH}/proof/:index`, { schema: { params: Params } }, async (request, reply) => {
    const { index } = request.params as Static<typeof Params>
    const { permit } = await readAccess(request, `${PATH}/proof/:index`, 'weir-audit', options)
    const proof = await settled(journal, permit, async () => (await logWith(index, ledgerLog)).prove(index), () => ({ index }))
    return reply.headers(NOTE).send(proof)
  })

  app.get(`${PATH}/consistency`, { schema: { querystring: Query } }, async (request) => {
    const { from, to } = request.query as Static<typeof Query>
    const { permit } = await readAccess(request, `${PATH}/consistency`, 'weir-audit', options)
    return settled(journal, permit, async () => {
      const log = await ledgerLog.read()
      const proof = await log.consistency(from, to ?? log.signed.size)
      return { ...proof, hashes: proof.hashes.map((hash) => hash.toString('base64')), checkpoint: log.note }
    }, (proof) => ({ from, to: proof.to }))
  })
}

/** The log with an entry that may be newer than the last checkpoint: it is signed now, for nobody should have to wait for the next one. */
async function logWith (index: number, ledgerLog: AuditProofsOptions['ledgerLog']): Promise<LogReader> {
  await ledgerLog.sign(index)
  return await ledgerLog.read()
}
