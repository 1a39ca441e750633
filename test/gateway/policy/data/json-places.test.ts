import fc from 'fast-check'
import t from 'tap'
import { dataPlaces, nearestPlace } from '../../../../gateway/policy/data/data-places.ts'
import { faultPlace, jsonPlaces, pointerOf } from '../../../../gateway/policy/data/json-places.ts'

/** The pointers of every member, by walking the value. */
function pointersOf (value: unknown, pointer = ''): string[] {
  if (typeof value !== 'object' || value === null) return [pointer]
  return [pointer, ...Object.entries(value).flatMap(([key, member]) => pointersOf(member, pointer + pointerOf([key])))]
}

await t.test('every member of a JSON text has a place, and what stands there is its key or its value', async () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1, 2, '\t'), (value, indent) => {
    const text = JSON.stringify(value, null, indent)
    const plain: unknown = JSON.parse(text)
    const places = jsonPlaces(text)
    const lines = text.split('\n')
    for (const pointer of pointersOf(plain)) {
      const place = places.get(pointer)
      if (place === undefined) return false
      const rest = lines[place.row - 1]?.slice(place.col - 1) ?? ''
      const key = pointer.split('/').at(-1)?.replaceAll('~1', '/').replaceAll('~0', '~') ?? ''
      if (pointer !== '' && !/^\d+$/.test(key) && !rest.startsWith(JSON.stringify(key))) return false
    }
    return places.size === new Set(pointersOf(plain)).size
  }), { numRuns: 500 })
})

await t.test('text that is no JSON has the places up to there, and never an error', async (t) => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'a', '1', ' ', '\n') }), (text) => jsonPlaces(text).size > 0), { numRuns: 500 })
  t.same([...jsonPlaces('{"a": {"b": 1}, "c"').keys()], ['', '/a', '/a/b'])
  t.same(jsonPlaces('[\n  true,\n {"x/y~": 0}]').get('/1/x~1y~0'), { row: 3, col: 3 })
  jsonPlaces('['.repeat(100_000))
})

await t.test('the fault of a text is where a key stands again, else where it stops being JSON', async (t) => {
  t.same(faultPlace('{"a": 1,\n "b": {"c": 1,\n  "\\u0063": 2}}'), { row: 3, col: 3 })
  t.same(faultPlace('{"a": 1,\n b}'), { row: 2, col: 2 })
  t.same(faultPlace('\ufeff{}'), { row: 1, col: 1 })
})

await t.test('a member is found in whichever file holds it, and where it is missing, what is around it', async (t) => {
  const find = dataPlaces(new Map([
    ['weir/data/data.json', '{\n  "roles": {"author": {}}\n}'], ['weir/data/grants/author/data.json', '{\n\n  "DEV": {"edit": "allow"}}'], ['weir/rules/a.rego', '{"grants": {}}'],
  ]))
  t.same(find(['roles', 'author']), { file: 'weir/data/data.json', row: 2, col: 13 })
  t.same(find(['grants', 'author', 'DEV', 'edit']), { file: 'weir/data/grants/author/data.json', row: 3, col: 11 })
  t.equal(find(['grants', 'author', 'DEV', 'publish']), null)
  t.match(nearestPlace(find, ['grants', 'author', 'DEV', 'publish']), { row: 3, col: 3 })
  t.equal(nearestPlace(find, ['hours']), null)
})
