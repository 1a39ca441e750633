import fc from 'fast-check'
import t from 'tap'
import { createBodyPieces } from '../../../../gateway/http/forward/body-pieces.ts'

const pieces = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)), { maxLength: 8 })

await t.test('a body is what its pieces were when they came, whatever length was declared', async () => {
  fc.assert(fc.property(pieces, fc.oneof(fc.nat(400), fc.constantFrom(Number.NaN, Infinity, -1)), (cut, declared) => {
    const expected = Buffer.concat(cut)
    const body = createBodyPieces(declared)
    const sizes = cut.map((piece) => body.add(piece))
    return body.whole().equals(expected) && sizes.every((size, i) => size === Buffer.concat(cut.slice(0, i + 1)).length)
  }))
})

await t.test('a body of its declared length keeps none of its pieces', (t) => {
  const cut = ['one', 'two', 'three'].map((text) => Buffer.from(text))
  const body = createBodyPieces(11)
  for (const piece of cut) {
    body.add(piece)
    piece.fill(0)
  }
  t.equal(body.whole().toString(), 'onetwothree')
  t.end()
})

await t.test('no space is set aside for a length that is only declared, and nothing is copied of a body in one piece', (t) => {
  const declared = createBodyPieces(Number.MAX_SAFE_INTEGER)
  declared.add(Buffer.from('{'))
  t.equal(declared.whole().toString(), '{')
  const piece = Buffer.from('{}')
  const one = createBodyPieces(2)
  one.add(piece)
  t.equal(one.whole(), piece)
  t.end()
})
