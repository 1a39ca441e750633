import type { FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'
import type { Context } from '../core/actor.ts'
import { callerOf } from '../http/plugins/caller.ts'
import type { Caller } from '../identity/caller.ts'
import { scopeOf, type Wanted } from '../identity/scope.ts'
import type { Scope } from '../sessions/session.ts'

/** What a caller's request is about, and what it is decided in. */
export interface Contexts {
  readonly scopeFor: (caller: Caller, wanted?: Wanted) => Scope
  readonly contextFor: (caller: Caller, request: string, wanted?: Wanted) => Context
  readonly contextOf: (request: FastifyRequest, wanted?: Wanted) => Context
}

export function createContexts (config: Config): Contexts {
  const scopeFor = (caller: Caller, wanted: Wanted = {}): Scope => scopeOf(caller, wanted, { apps: Object.keys(config.apps), environment: 'DEV' })
  const contextFor = (caller: Caller, request: string, wanted: Wanted = {}): Context =>
    Object.freeze({ plane: 'api', actor: caller.actor, session: null, token: caller.tokenId, request, ...scopeFor(caller, wanted) })
  return { scopeFor, contextFor, contextOf: (request, wanted = {}) => contextFor(callerOf(request), request.id, wanted) }
}
