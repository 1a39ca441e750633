import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import type { Context } from '../../../../gateway/core/actor.ts'
import { GatewayError } from '../../../../gateway/core/errors.ts'
import { buildApp } from '../../../../gateway/http/app.ts'
import type { Caller } from '../../../../gateway/identity/caller.ts'
import type { ModelPlane } from '../../../../gateway/planes/model/model-plane.ts'
import { modelRoutes } from '../../../../gateway/planes/model/model-routes.ts'

/** The plane on a public listener, on a free port of loopback. `Bearer good` is the one credential that it knows. */
export async function openPublicDoor (plane: ModelPlane, context: Context): Promise<{ readonly port: number, close (): Promise<void> }> {
  const caller: Caller = { actor: context.actor, app: null, environment: null, tokenId: context.token ?? 'tok_0', issuedAtMs: 0, expiresAtMs: Infinity }
  const app = await buildApp({
    log: pino({ level: 'silent' }),
    assertKnownHost: () => {},
    authenticator: {
      authenticate (authorization) {
        if (authorization !== 'Bearer good') throw new GatewayError('WEIR_ERR_AUTH_INVALID')
        return caller
      },
      isStillValid: () => true,
    },
    direct: [modelRoutes({ plane, contextOf: () => context, refused: { undecided () {} } })],
    plugins: [],
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() }
}
