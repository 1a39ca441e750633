import { GatewayError } from './core/errors.ts'

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

/** Milliseconds of a duration such as `500ms`, `30s`, `15m`, `12h`, `7d`. @throws GatewayError WEIR_ERR_CONFIG_INVALID */
export function durationMs (text: string): number {
  const match = /^([0-9]{1,6})(ms|s|m|h|d)$/.exec(text)
  const unit = match?.[2]
  if (match === null || unit === undefined) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `"${text.slice(0, 40)}" is not a duration such as 30s, 15m, 12h or 7d.`)
  return Number(match[1]) * (unit === 'd' ? 24 * UNIT_MS.h : UNIT_MS[unit as keyof typeof UNIT_MS])
}

/** The same between bounds, ms. `key` is its full name in the configuration. @throws GatewayError WEIR_ERR_CONFIG_INVALID naming it */
export function durationWithin (key: string, text: string, least: number, most: number): number {
  const ms = durationMs(text)
  if (ms < least || ms > most) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `${key} is ${ms < least ? 'too short' : 'too long'}: docs/configuration.md says what it may be.`)
  return ms
}
