import type { FastifyPluginAsync } from 'fastify'
import { REQUEST_ID_HEADER } from '../../telemetry/request-id.ts'

/** Says in every answer which request it answers, also in those that a plane writes by itself. */
const requestIdPlugin: FastifyPluginAsync = async (app) => {
  app.addHook('onRequest', (request, reply, done) => {
    reply.raw.setHeader(REQUEST_ID_HEADER, request.id)
    done()
  })
}

// For every route of the app, as in caller.ts.
export default Object.assign(requestIdPlugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'weir-request-id' })
