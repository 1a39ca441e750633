import t from 'tap'
import * as TypeBox from 'typebox'
import { Type } from '../../../gateway/core/schema-type.ts'

type Words = Pick<typeof TypeBox.Type, keyof typeof Type>

/** Every word, with and without options, and words in one another. */
function schemas (words: Words): readonly unknown[] {
  const options = { description: 'd' }
  const named = words.Object({ kept: words.Optional(words.String({ maxLength: 3, ...options })), needed: words.Null(options), also: words.Number() }, { additionalProperties: false })
  return [
    words.String(), words.Null(), words.Number({ minimum: 0.5 }), words.Integer(), words.Integer({ minimum: 1 }), words.Boolean(), words.Boolean(options),
    words.Unknown(), words.Unknown(options), words.Literal('a'), words.Literal(1, options), words.Literal(true), words.Enum(['a', 'b']), words.Enum(['a'], { type: 'string' }),
    words.Array(named), words.Array(words.String(), { minItems: 1 }), words.Union([named, words.Null()]), words.Union([words.Literal('a'), words.Literal(2)], options),
    words.Record(words.String(), named), words.Record(words.String({ pattern: '^x-' }), words.Unknown(), { maxProperties: 2 }), words.Record(words.String({ minLength: 1 }), words.Number()),
    words.Object({}), words.Object({ a: words.Optional(words.Null()) }), words.Object({ a: words.Optional(words.Optional(named)), b: named }, options), words.Optional(named),
  ]
}

await t.test('each word writes the schema that TypeBox writes, member by member', async (t) => {
  const expected = schemas(TypeBox.Type)
  schemas(Type).forEach((schema, at) => { t.equal(JSON.stringify(schema), JSON.stringify(expected[at])) })
})

await t.test('a schema that is made optional somewhere is still required elsewhere', async (t) => {
  const name = Type.String()
  t.equal(JSON.stringify(Type.Object({ a: Type.Optional(name), b: name })), JSON.stringify(TypeBox.Type.Object({ a: TypeBox.Type.Optional(TypeBox.Type.String()), b: TypeBox.Type.String() })))
})
