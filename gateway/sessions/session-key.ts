import type { Actor } from '../core/actor.ts'
import { digestOf } from '../core/canonical-json.ts'
import type { Scope } from './session.ts'

/**
 * Names whose session it is, hexadecimal. Of the whole actor, not of its id alone: the same person with another role must reach neither the
 * first role's session nor its conversations.
 */
export function sessionKey (actor: Actor, { app, environment }: Scope): string {
  return digestOf({ actor, app, environment })
}
