import type { Static } from 'typebox'
import { ENVIRONMENTS } from '../core/actor.ts'
import { Type } from '../core/schema-type.ts'

/** What hooks can be told of. `hook.test` is sent only when somebody asks for it. */
export const HOOK_EVENTS = [
  'approval.pending', 'approval.decided', 'approval.expired',
  'budget.warning', 'budget.exhausted',
  'policy.activated', 'policy.refused',
  'release.made', 'release.promoted', 'release.rolled-back', 'release.refused',
  'session.started', 'session.ended',
] as const
export type HookEventType = typeof HOOK_EVENTS[number] | 'hook.test'

export const MAX_HOOKS = 16

const closed = { additionalProperties: false }
const DURATION = '^[0-9]{1,6}(ms|s|m|h)$'
const NAME = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'
const VARIABLE = '^env:[A-Za-z_][A-Za-z0-9_]*$'

const HookSchema = Type.Object({
  url: Type.String({ pattern: '^(https?://|env:[A-Za-z_][A-Za-z0-9_]*$)', maxLength: 2048, description: 'Where events are posted: an https address, or env:NAME when the address itself is a secret. http only with allowPrivate.' }),
  secret: Type.String({ pattern: VARIABLE, description: 'Environment variable with the secret that events are signed with, as env:NAME: 24 to 64 random bytes in base64, with or without whsec_ before them.' }),
  previousSecret: Type.Optional(Type.String({ pattern: VARIABLE, description: 'The secret of before, while receivers change over: events carry a signature of each. Default: none.' })),
  events: Type.Array(Type.Enum([...HOOK_EVENTS]), { minItems: 1, uniqueItems: true, description: `What it is told of: ${HOOK_EVENTS.join(', ')}.` }),
  apps: Type.Optional(Type.Array(Type.String({ pattern: NAME }), { minItems: 1, maxItems: 256, description: 'Only events of these apps; events of no app are sent all the same. Default: all.' })),
  environments: Type.Optional(Type.Array(Type.Enum([...ENVIRONMENTS]), { minItems: 1, uniqueItems: true, description: 'Only events of these environments; events of none are sent all the same. Default: all.' })),
  allowPrivate: Type.Optional(Type.Boolean({ description: 'The receiver may be on this machine or in a private network, and may speak http. Link-local addresses (metadata services) are refused all the same. Default: false.' })),
  timeout: Type.Optional(Type.String({ pattern: DURATION, description: 'How long one attempt may take, 100ms to 1m. Default: 10s.' })),
  attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 20, description: 'How often an event is sent that the receiver answers with an error of its own (4xx, 500), before it is put aside. Default: 8.' })),
  giveUpAfter: Type.Optional(Type.String({ pattern: DURATION, description: 'Age at which an event is put aside because the receiver is away (no connection, no answer, 429, 502 to 504), 1s to 168h. Default: 24h.' })),
}, closed)

/** The `hooks` part of weir.yaml. */
export const HooksSchema = Type.Record(Type.String({ pattern: NAME }), HookSchema, { maxProperties: MAX_HOOKS, additionalProperties: false, description: 'Webhooks by name: signed events to other systems (docs/hooks.md). At most 16. Default: none.' })

export type HookFile = Static<typeof HookSchema>
