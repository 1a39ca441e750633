import type * as TypeBox from 'typebox'

type Word = 'Array' | 'Boolean' | 'Enum' | 'Integer' | 'Literal' | 'Null' | 'Number' | 'Object' | 'Optional' | 'Record' | 'String' | 'Union' | 'Unknown'
type Schema = Readonly<Record<string, unknown>>

const OPTIONAL = Symbol('optional')
const ANY_NAME = '^.*$'

/**
 * TypeBox's words for JSON Schema, with TypeBox's types: the same schemas, in the same member order, made by one small file.
 * TypeBox's own are 303 modules that every start of the gateway and of the command would read, a fifth of its processor time.
 */
export const Type = {
  Array: (items: Schema, options: Schema = {}) => ({ type: 'array', items, ...options }),
  Boolean: (options: Schema = {}) => ({ type: 'boolean', ...options }),
  Enum: (values: readonly string[], options: Schema = {}) => ({ enum: values, ...options }),
  Integer: (options: Schema = {}) => ({ type: 'integer', ...options }),
  Literal: (value: string | number | boolean, options: Schema = {}) => ({ type: typeof value, const: value, ...options }),
  Null: (options: Schema = {}) => ({ type: 'null', ...options }),
  Number: (options: Schema = {}) => ({ type: 'number', ...options }),
  Object: (properties: Readonly<Record<string, Schema>>, options: Schema = {}) => ({ type: 'object', ...requiredOf(properties), properties, ...options }),
  Optional: (schema: Schema) => Object.defineProperty({ ...schema }, OPTIONAL, { value: true }),
  Record: (names: Schema, values: Schema, options: Schema = {}) => ({ type: 'object', patternProperties: { [String(names['pattern'] ?? ANY_NAME)]: values }, ...options }),
  String: (options: Schema = {}) => ({ type: 'string', ...options }),
  Union: (anyOf: readonly Schema[], options: Schema = {}) => ({ anyOf, ...options }),
  Unknown: (options: Schema = {}) => ({ ...options }),
} as unknown as Pick<typeof TypeBox.Type, Word>

function requiredOf (properties: Readonly<Record<string, Schema>>): { readonly required?: readonly string[] } {
  const required = Object.keys(properties).filter((name) => !Object.hasOwn(properties[name] ?? {}, OPTIONAL))
  return required.length === 0 ? {} : { required }
}
