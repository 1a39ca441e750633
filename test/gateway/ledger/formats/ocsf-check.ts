import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../../../gateway/package-root.ts'

interface Attribute { readonly type: string, readonly required?: boolean, readonly object?: string, readonly array?: boolean, readonly enum?: ReadonlyArray<number | string> }
type Attributes = Readonly<Record<string, Attribute>>
interface Schema { readonly version: string, readonly category_uid: number, readonly class_uid: number, readonly class: Attributes, readonly objects: Readonly<Record<string, { readonly at_least_one: readonly string[], readonly attributes: Attributes }>> }

export const OCSF = JSON.parse(readFileSync(join(packageRoot(), 'test/gateway/ledger/formats/ocsf-1.8.0.json'), 'utf8')) as Schema

/** What of an event is not as OCSF's published schema has it: missing, unknown, of another type, outside an enumeration. */
export function ocsfProblems (event: Readonly<Record<string, unknown>>): readonly string[] {
  const { class_uid: uid, activity_id: activity, type_uid: type, category_uid: category } = event
  const ids = uid === OCSF.class_uid && category === OCSF.category_uid && type === OCSF.class_uid * 100 + Number(activity) ? [] : ['class_uid, category_uid or type_uid']
  const fitting = { ...OCSF.class, class_uid: { type: 'integer_t' }, category_uid: { type: 'integer_t' } } // the schema's dictionary has the base event's alone
  return [...ids, ...inObject('event', event, fitting, [])]
}

function inObject (at: string, value: Readonly<Record<string, unknown>>, attributes: Attributes, oneOf: readonly string[]): readonly string[] {
  const missing = Object.entries(attributes).filter(([name, { required }]) => required === true && value[name] === undefined).map(([name]) => `${at}.${name} is missing`)
  const none = oneOf.length === 0 || oneOf.some((name) => value[name] !== undefined) ? [] : [`${at} has none of ${oneOf.join()}`]
  const wrong = Object.entries(value).flatMap(([name, member]) => {
    const attribute = attributes[name]
    if (attribute === undefined) return [`${at}.${name} is unknown`]
    if (attribute.array !== true) return inValue(`${at}.${name}`, member, attribute)
    return Array.isArray(member) && member.length > 0 ? member.flatMap((one, place) => inValue(`${at}.${name}[${place}]`, one, attribute)) : [`${at}.${name} is no list`]
  })
  return [...missing, ...none, ...wrong]
}

const WHOLE = /^(?:integer|long|timestamp|port)_t$/

function inValue (at: string, value: unknown, { type, object, enum: allowed }: Attribute): readonly string[] {
  if (type === 'object') {
    const form = OCSF.objects[object ?? '']
    if (form === undefined) return [`${at}: ${object} is not in the excerpt`]
    return typeof value === 'object' && value !== null ? inObject(at, value as Record<string, unknown>, form.attributes, form.at_least_one) : [`${at} is no object`]
  }
  const fits = WHOLE.test(type) ? Number.isSafeInteger(value) : type === 'boolean_t' ? typeof value === 'boolean' : typeof value === 'string' && value !== ''
  return [...(fits ? [] : [`${at} is no ${type}`]), ...(allowed === undefined || allowed.includes(value as number) ? [] : [`${at}: ${String(value)} is not among ${allowed.join()}`])]
}
