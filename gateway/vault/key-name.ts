import type { Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'

/** What keys are for: one provider in one environment, and for one app alone unless it is null. */
export interface Slot { readonly provider: string, readonly environment: Environment, readonly app: string | null }

/**
 * Names of one stored key. `created` and `retires` are Unix milliseconds: from the latter on it is not used any more. `weight` is its share
 * of the traffic beside other keys: 1 to 1,000, default 1. `app` is absent for a key of the whole environment.
 */
export interface KeyName {
  readonly id: string
  readonly provider: string
  readonly environment: Environment
  readonly app?: string
  readonly created: number
  readonly weight?: number
  readonly retires?: number
}

export const MAX_KEY_WEIGHT = 1_000

/** Shortest key that is stored. A shorter one would be found in ordinary text when answers are searched for it. */
export const MIN_KEY_CHARS = 8
const MAX_KEY_CHARS = 8_192 // longest header value that common servers take

export function isOfSlot (name: KeyName, { provider, environment, app }: Slot): boolean {
  return name.provider === provider && name.environment === environment && (name.app ?? null) === app
}

/** Whether this can be a key's weight. */
export function isKeyWeight (value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_KEY_WEIGHT
}

/** @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
export function checkedSlot (slot: Slot): Slot {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(slot.provider)) throw malformed('A provider name has 1 to 64 letters, digits, dots, dashes or underscores.')
  if (slot.app !== null && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(slot.app)) throw malformed('An app name has 1 to 63 letters, digits, dots, dashes or underscores.')
  return slot
}

/**
 * A key as it will be sent. A line break in it would be a header of somebody's choice in every request to the provider.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED without the value
 */
export function checkedValue (value: string): string {
  const trimmed = value.trim()
  if (trimmed.length < MIN_KEY_CHARS || trimmed.length > MAX_KEY_CHARS || !/^[\x21-\x7e]+$/.test(trimmed)) {
    throw malformed(`A key has ${MIN_KEY_CHARS} to ${MAX_KEY_CHARS} printable ASCII characters and no space.`)
  }
  return trimmed
}

/** The usual weight is not written. @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
export function checkedWeight (weight: number): { readonly weight?: number } {
  if (!isKeyWeight(weight)) throw malformed(`A weight is a whole number from 1 to ${MAX_KEY_WEIGHT}.`)
  return weight === 1 ? {} : { weight }
}

function malformed (message: string): GatewayError {
  return new GatewayError('WEIR_ERR_DECODE_MALFORMED', message)
}
