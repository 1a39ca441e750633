import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Context } from '../../core/actor.ts'
import type { Catalogue } from '../../providers/catalogue.ts'

export const OPENCODE_CONFIG_PATH = '/weir/api/v1/opencode'

export interface OpencodeConfigOptions {
  /** The caller's context. @throws GatewayError when the request has no valid caller or scope */
  readonly contextOf: (request: FastifyRequest) => Context
  readonly catalogue: Catalogue
  /** OpenCode's configuration for these providers. */
  readonly configOf: (providers: ReturnType<Catalogue>) => Readonly<Record<string, unknown>>
}

/** `GET /weir/api/v1/opencode`: what `/.well-known/opencode` refers to, made for the caller. */
export const opencodeConfigRoutes: FastifyPluginAsync<OpencodeConfigOptions> = async (app, { contextOf, catalogue, configOf }) => {
  app.get(OPENCODE_CONFIG_PATH, async (request) => {
    const context = Object.freeze({ ...contextOf(request), plane: 'model' as const })
    return configOf(catalogue(context))
  })
}
