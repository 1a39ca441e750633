import type { FastifyPluginAsync } from 'fastify'
import { beginAnswer } from '../begin-answer.ts'

/** Begins every answer, also those that a plane writes by itself. */
const beginAnswerPlugin: FastifyPluginAsync = async (app) => {
  app.addHook('onRequest', (request, reply, done) => {
    beginAnswer(reply.raw, request.id)
    done()
  })
}

// For every route of the app, as in caller.ts.
export default Object.assign(beginAnswerPlugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'weir-begin-answer' })
