import type { FastifyPluginAsync } from 'fastify'
import type { Uncontained } from '../../core/ledger-entry.ts'

export interface HealthOptions {
  /** What is not ready, in words; empty when all is. */
  readonly problems: () => readonly string[]
  /** Whether only another start helps: whoever watches the process may end it then. */
  readonly needsRestart: () => boolean
  /** `none` where agents run without a sandbox. */
  readonly containment: Uncontained['containment'] | null
  /** Metrics in Prometheus text format. */
  readonly metrics: () => string
}

/** `/weir/health`, `/weir/ready` (open) and `/weir/metrics` (needs a token). */
export const healthRoutes: FastifyPluginAsync<HealthOptions> = async (app, options) => {
  const contained = options.containment === null ? {} : { containment: options.containment }
  app.get('/weir/health', { config: { open: true } }, async (_request, reply) => {
    if (!options.needsRestart()) return { status: 'ok', ...contained }
    return reply.code(503).send({ status: 'failed', problems: options.problems(), ...contained })
  })
  app.get('/weir/ready', { config: { open: true } }, async (_request, reply) => {
    const problems = options.problems()
    return reply.code(problems.length === 0 ? 200 : 503).send({ status: problems.length === 0 ? 'ready' : 'not ready', problems, ...contained })
  })
  app.get('/weir/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(options.metrics()))
}
