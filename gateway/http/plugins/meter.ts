import type { FastifyPluginAsync } from 'fastify'
import { planeOf, type RequestMeter } from '../../telemetry/request-meter.ts'

/** Counts each request when its answer has been sent. */
const meterPlugin: FastifyPluginAsync<{ readonly meter: RequestMeter }> = async (app, { meter }) => {
  app.addHook('onResponse', (request, reply, done) => {
    meter(planeOf(request.raw.url ?? ''), reply.raw.statusCode, reply.elapsedTime)
    done()
  })
}

// For every route of the app, as in caller.ts.
export default Object.assign(meterPlugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'weir-meter' })
