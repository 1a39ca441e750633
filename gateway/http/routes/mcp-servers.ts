import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { ENVIRONMENTS, type Context } from '../../core/actor.ts'
import type { Permit } from '../../core/permit.ts'
import { Type } from '../../core/schema-type.ts'
import type { Wanted } from '../../identity/scope.ts'
import { SERVER_NAME } from '../../mcp/mcp-schema.ts'
import type { McpServers } from '../../mcp/mcp-servers.ts'
import { settled } from './audit-access.ts'
import { demandWhole, type WholeGatewayOptions } from './whole-gateway.ts'

const PATH = '/weir/api/v1/mcp'
const closed = { additionalProperties: false }
const Params = Type.Object({ server: Type.String({ pattern: SERVER_NAME }) }, closed)
/** Whose key the server is asked with. */
const Refreshing = Type.Union([Type.Object({ app: Type.Optional(Type.String({ maxLength: 64 })), environment: Type.Optional(Type.Enum([...ENVIRONMENTS])) }, closed), Type.Null()])
const Approving = Type.Object({ tool: Type.String({ minLength: 1, maxLength: 64 }), digest: Type.String({ pattern: '^[0-9a-f]{64}$' }) }, closed)

export interface McpServerRoutesOptions extends WholeGatewayOptions { readonly servers: McpServers }

/**
 * `GET /weir/api/v1/mcp`, `POST /mcp/:server/refresh` and `POST /mcp/:server/approve`, for roles with routes of class `weir-mcp`. What a
 * server says of its tools is data here: it is shown, and nothing is done by it. An approval is of one digest, which whoever gives it has seen.
 */
export const mcpServerRoutes: FastifyPluginAsync<McpServerRoutesOptions> = async (app, options) => {
  const { ledger, servers } = options
  // What is approved is offered in every app: who may speak for one of them only does not say it for all.
  const demandRoute = (request: FastifyRequest, method: string, path: string, wanted: Wanted = {}): Promise<{ readonly permit: Permit, readonly context: Context }> => demandWhole(request, { method, path, class: 'weir-mcp', what: 'MCP servers', wanted }, options)

  app.get(PATH, async (request) => {
    const { permit } = await demandRoute(request, 'GET', PATH)
    return await settled(ledger, permit, async () => ({ servers: servers.list() }), ({ servers: { length } }) => ({ servers: length }))
  })

  app.post(`${PATH}/:server/refresh`, { schema: { params: Params, body: Refreshing } }, async (request, reply) => {
    const { server } = request.params as Static<typeof Params>
    const { permit, context } = await demandRoute(request, 'POST', `${PATH}/:server/refresh`, request.body as Static<typeof Refreshing> ?? {})
    const gone = new AbortController()
    reply.raw.once('close', () => { gone.abort() })
    return await settled(ledger, permit, async () => {
      const link = await servers.connect(server, { context, permit }, gone.signal)
      try {
        await servers.see(server, await link.list(gone.signal), context)
      } finally {
        await link.close()
      }
      return { servers: servers.list().filter(({ name }) => name === server) }
    }, () => ({ server }))
  })

  app.post(`${PATH}/:server/approve`, { schema: { params: Params, body: Approving } }, async (request) => {
    const { server } = request.params as Static<typeof Params>
    const { tool, digest } = request.body as Static<typeof Approving>
    const { permit, context } = await demandRoute(request, 'POST', `${PATH}/:server/approve`)
    return await settled(ledger, permit, async () => {
      await servers.approve(server, tool, digest, context)
      return { server, tool, digest }
    }, () => ({ server, tool, digest }))
  })
}
