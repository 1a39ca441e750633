import type { Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import { durationWithin } from '../duration.ts'
import type { HookEventType, HookFile } from './hook-schema.ts'

const MIN_TIMEOUT_MS = 100
const MAX_TIMEOUT_MS = 60_000
const MIN_GIVE_UP_MS = 1_000
const MAX_GIVE_UP_MS = 604_800_000 // 7 days

/** One hook as it is configured. Addresses and secrets stay in the environment until a gateway opens: commands read the file without them. */
export interface HookConfig {
  /** The address, or the variable that holds it as `env:NAME`. */
  readonly url: string
  /** Names of the variables with the secrets, the newest first. */
  readonly secretVariables: readonly string[]
  readonly events: readonly HookEventType[]
  /** Null for all. */
  readonly apps: readonly string[] | null
  readonly environments: readonly Environment[] | null
  readonly allowPrivate: boolean
  /** Time of one attempt, ms. */
  readonly timeoutMs: number
  /** Attempts of an event that the receiver refuses. */
  readonly attempts: number
  /** Age at which an event is not tried any more while the receiver is away, ms. */
  readonly giveUpMs: number
}

/** The `hooks` part of the configuration with its defaults. @throws GatewayError WEIR_ERR_CONFIG_INVALID */
export function readHooks (file: Readonly<Record<string, HookFile>>): Readonly<Record<string, HookConfig>> {
  return Object.freeze(Object.fromEntries(Object.entries(file).map(([name, hook]) => [name, readHook(name, hook)])))
}

function readHook (name: string, file: HookFile): HookConfig {
  if (file.url.startsWith('http:') && file.allowPrivate !== true) throw invalid(`hooks.${name}.url must be https, unless allowPrivate is true.`)
  return Object.freeze({
    url: file.url,
    secretVariables: [file.secret, ...(file.previousSecret === undefined ? [] : [file.previousSecret])].map((reference) => reference.slice('env:'.length)),
    events: file.events,
    apps: file.apps ?? null,
    environments: file.environments ?? null,
    allowPrivate: file.allowPrivate ?? false,
    timeoutMs: durationWithin(`hooks.${name}.timeout`, file.timeout ?? '10s', MIN_TIMEOUT_MS, MAX_TIMEOUT_MS),
    attempts: file.attempts ?? 8,
    giveUpMs: durationWithin(`hooks.${name}.giveUpAfter`, file.giveUpAfter ?? '24h', MIN_GIVE_UP_MS, MAX_GIVE_UP_MS),
  })
}

function invalid (message: string): GatewayError {
  return new GatewayError('WEIR_ERR_CONFIG_INVALID', message)
}
