import { GatewayError } from '../../gateway/core/errors.ts'
import { isRecord } from './json-record.ts'

/** Takes one field of a body apart: the value to send on, or undefined when it does not fit. */
export type Field = (value: unknown) => unknown

const MAX_TEXT = 8_388_608
const MAX_NAME = 512

const text = (max: number): Field => (value) => typeof value === 'string' && value.length <= max ? value : undefined

/** Kinds of fields that bodies are made of. */
export const field = {
  text: text(MAX_TEXT),
  name: text(MAX_NAME),
  flag: (value: unknown) => typeof value === 'boolean' ? value : undefined,
  number: (value: unknown) => typeof value === 'number' && Number.isFinite(value) ? value : undefined,
  /** Data that the agent only stores; bounded by the body limit and the depth of strict JSON. */
  object: (value: unknown) => isRecord(value) ? value : undefined,
  id: (prefix: string): Field => (value) => typeof value === 'string' && new RegExp(`^${prefix}_[A-Za-z0-9]{1,60}$`).test(value) ? value : undefined,
  record: (fields: Readonly<Record<string, Field>>): Field => (value) => isRecord(value) ? picked(value, fields) : undefined,
  list: (item: Field, max: number): Field => (value) => {
    if (!Array.isArray(value) || value.length > max) return undefined
    const items = value.map(item)
    return items.includes(undefined) ? undefined : items
  },
} as const

/**
 * A body made of the named fields only. Fields that are not named are dropped: the agent would refuse them or, worse, know them.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED when a named field does not fit
 */
export function picked (body: Readonly<Record<string, unknown>>, fields: Readonly<Record<string, Field>>): Record<string, unknown> {
  const clean: Record<string, unknown> = {}
  for (const [name, fits] of Object.entries(fields)) {
    if (!Object.hasOwn(body, name) || body[name] === undefined) continue
    const value = fits(body[name])
    if (value === undefined) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `The field ${name} of the body is not what this route takes.`)
    clean[name] = value
  }
  return clean
}
