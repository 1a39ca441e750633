import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'
import { GatewayError } from '../core/errors.ts'
import type { GatewayLog } from '../governance.ts'
import { unheardAddresses } from '../http/unheard-addresses.ts'

/** Starts to listen. @returns the address. @throws GatewayError WEIR_ERR_PORT_IN_USE */
export async function listen (app: FastifyInstance, config: Config): Promise<string> {
  try {
    await app.listen(config.listen)
    return addressOf(app, config)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') {
      throw new GatewayError('WEIR_ERR_PORT_IN_USE', `Port ${config.listen.port} on ${config.listen.host} is in use. Choose another with --port, or end what uses it.`, { cause })
    }
    throw cause
  }
}

/** Warns when the name that is listened on stands for addresses that nobody hears. */
export async function sayUnheard (app: FastifyInstance, { listen: { host } }: Config, log: GatewayLog): Promise<void> {
  const bound = app.server.address()
  const heard = typeof bound === 'object' && bound !== null ? bound.address : host
  const unheard = await unheardAddresses(host, heard)
  if (unheard.length > 0) log.warn({ host, heard, unheard }, 'the name in listen.host stands for more addresses than the one that is listened on')
}

/** Where clients find the gateway: as configured, or where it listens. */
export function publicUrlOf (app: FastifyInstance, config: Config): string {
  return config.publicUrl ?? addressOf(app, config)
}

function addressOf (app: FastifyInstance, config: Config): string {
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.listen.port
  return `http://${config.listen.host.includes(':') ? `[${config.listen.host}]` : config.listen.host}:${port}`
}
