import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Authenticator, Caller } from '../identity/caller.ts'
import type { CallerConnections } from './caller-connections.ts'
import type { RefusedConnections } from './refused-connections.ts'
import { assertOwnPage, type AssertKnownHost } from './own-pages.ts'

export interface AdmissionPorts {
  readonly authenticator: Authenticator
  readonly assertKnownHost: AssertKnownHost
  /** Told whose request a connection carries. Default: nobody is. */
  readonly connections?: Pick<CallerConnections, 'serve'> | undefined
  /** Told of who was refused. Default: nobody is. */
  readonly refused?: Pick<RefusedConnections, 'note' | 'undecided'> | undefined
}

/** What is looked at before anybody is asked for. `isPage`: whether pages of other sites may link to what the request is for. */
export interface Asking { readonly headers: IncomingHttpHeaders, readonly credential: string | undefined, readonly isPage: boolean }

/**
 * The first check of a request, whoever routes it.
 *
 * @throws GatewayError WEIR_ERR_HOST_UNKNOWN, WEIR_ERR_AUTH_SCOPE for another site's page
 */
export function assertOwnDoor ({ headers, credential, isPage }: Asking, { assertKnownHost }: AdmissionPorts): void {
  assertKnownHost(headers.host, credential)
  assertOwnPage(headers, isPage)
}

/** The second: whose request it is. At once for known callers, the usual case. Throws and rejects as `authenticate` does. */
export function admit (credential: string | undefined, response: ServerResponse, { authenticator, connections }: AdmissionPorts): Caller | Promise<Caller> {
  const caller = authenticator.authenticate(credential)
  if (caller instanceof Promise) return caller.then((known) => admitted(known, response, connections))
  return admitted(caller, response, connections)
}

function admitted (caller: Caller, response: ServerResponse, connections: AdmissionPorts['connections']): Caller {
  connections?.serve(response, caller)
  return caller
}
