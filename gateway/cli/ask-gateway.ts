import { Agent, fetch } from 'undici'
import { CommandFailed, type Io } from './io.ts'
import { readLocalToken } from './local-token.ts'
import { openLoginStore } from './login-store.ts'

export interface GatewayOptions { readonly url?: string, readonly config?: string, readonly dataDir?: string }

export interface GatewayQuestion {
  readonly method: string
  /** Below `/weir/api/v1`. */
  readonly path: string
  readonly body?: object | undefined
  /** How long the answer may take to begin, ms. Default: 5 minutes. */
  readonly waitMs?: number | undefined
  /** Whose token it takes, for who has none. */
  readonly whose: string
}

const USUAL_WAIT_MS = 300_000

/**
 * The gateway that a command speaks to, and the token of the environment, of a login there, or of this machine, in that order.
 *
 * @throws CommandFailed without a token
 */
export function gatewayOf (io: Io, options: GatewayOptions, whose: string): { readonly url: string, readonly token: string } {
  const config = io.config(options)
  const url = options.url ?? io.env['WEIR_URL'] ?? `http://${config.listen.host}:${config.listen.port}`
  const login = URL.canParse(url) ? openLoginStore(io.env).read(new URL(url).origin) : null
  const token = io.env['WEIR_TOKEN'] ?? (login === null || login.expiresAtMs <= Date.now() ? null : login.token) ?? readLocalToken(config.dataDir)
  if (token === null) throw new CommandFailed(`There is no token: set WEIR_TOKEN to one of ${whose}.`)
  return { url, token }
}

/**
 * Asks a running gateway with the token of `gatewayOf`.
 *
 * @returns the answer's JSON
 * @throws CommandFailed without a token, without a gateway, and with the gateway's own words when it refuses
 */
export async function askGateway (io: Io, options: GatewayOptions, { method, path, body, whose, waitMs = USUAL_WAIT_MS }: GatewayQuestion): Promise<unknown> {
  const { url, token } = gatewayOf(io, options, whose)
  const dispatcher = new Agent({ headersTimeout: waitMs, bodyTimeout: waitMs })
  const answer = await fetch(`${url}/weir/api/v1${path}`, {
    method,
    dispatcher,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => { throw new CommandFailed(`No gateway answers at ${url}.`, { cause }) })
  const value = await answer.json().finally(() => dispatcher.close()) as { error?: { message: string } }
  if (!answer.ok) throw new CommandFailed(value.error?.message ?? `The gateway answered ${answer.status}.`)
  return value
}
