import type { Params } from './message.ts'

const MAX_NAME_CHARS = 256

/** Parameters that are not as the protocol says. The message goes to the side that sent them. */
export class UnfitParams extends Error {
  override readonly name = 'UnfitParams'
}

/** A short text: an id, the name of a mode. @throws UnfitParams */
export function nameIn (params: Params, field: string): string {
  const value = valueIn(params, field)
  if (typeof value !== 'string' || value === '' || value.length > MAX_NAME_CHARS) throw new UnfitParams(`${field} is no text of at most ${MAX_NAME_CHARS} characters`)
  return value
}

/** A text of any length. @throws UnfitParams */
export function textIn (params: Params, field: string): string {
  const value = valueIn(params, field)
  if (typeof value !== 'string') throw new UnfitParams(`${field} is no text`)
  return value
}

/** A whole number from 0, or nothing. @throws UnfitParams */
export function countIn (params: Params, field: string): Params {
  const value = valueIn(params, field)
  if (value === undefined || value === null) return {}
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw new UnfitParams(`${field} is no whole number`)
  return { [field]: value }
}

/** A list, empty when there is none. @throws UnfitParams */
export function listIn (params: Params, field: string): readonly unknown[] {
  const value = valueIn(params, field) ?? []
  if (!Array.isArray(value)) throw new UnfitParams(`${field} is no list`)
  return value
}

export function recordIn (params: unknown, field: string): Params {
  const value = isRecord(params) ? valueIn(params, field) : undefined
  return isRecord(value) ? value : {}
}

export function valueIn (params: Params, field: string): unknown {
  return Object.hasOwn(params, field) ? params[field] : undefined
}

export function isRecord (value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
