import fc from 'fast-check'
import t from 'tap'
import { createPieceSearch, MAX_GROUPS, type PieceClasses } from '../../../../gateway/outgoing/wasm/piece-search.ts'

const STRETCH = 65_536
const one = (text: string): PieceClasses => [...text] as unknown as PieceClasses

function visited (groups: readonly (readonly PieceClasses[])[], body: Buffer): readonly number[] {
  const places: number[] = []
  createPieceSearch(groups).each(body, (at) => places.push(at) > 0)
  return places
}

function begins (piece: PieceClasses, body: Buffer, at: number): boolean {
  return piece.every((chars, place) => chars === null || (at + place < body.length && chars.includes(String.fromCharCode(body[at + place] ?? 0))))
}

await t.test('each place where a piece begins is visited once, in order', async (t) => {
  const char = fc.constantFrom('a', 'b', 'q', 'A', '@', '1', '\u00e9', '\u00ff')
  const chars = fc.option(fc.array(char, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')), { nil: null, freq: 6 })
  const groups = fc.array(fc.array(fc.tuple(chars, chars, chars, chars), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: MAX_GROUPS })
  const text = fc.array(fc.oneof(char, fc.nat(40).map((size) => ' '.repeat(size))), { maxLength: 80 }).map((parts) => Buffer.from(parts.join(''), 'latin1'))
  let found = 0
  fc.assert(fc.property(groups, text, (pieces, body) => {
    const places = visited(pieces, body)
    if (places.some((place, index) => index > 0 && place <= (places[index - 1] ?? 0))) throw new Error('not in order')
    for (let at = 0; at < body.length; at += 1) {
      if (!pieces.flat().some((piece) => begins(piece, body, at))) continue
      found += 1
      if (!places.includes(at)) throw new Error(`the piece at ${at} was not found`)
    }
    if (places.some((place) => place < 0 || place >= body.length)) throw new Error('a place outside of the body')
  }), { numRuns: 2_000 })
  t.ok(found > 50, `${found} pieces began`)
})

await t.test('a piece is found wherever it stands to the stretches that a body is read in', async (t) => {
  for (let at = STRETCH - 20; at < STRETCH + 4; at += 1) {
    const body = Buffer.alloc(2 * STRETCH + 7, ' ')
    body.write('AKIA', at)
    body.write('AKIA', at + STRETCH)
    t.same(visited([[one('AKIA')]], body), [at, at + STRETCH].filter((place) => place + 4 <= body.length))
  }
  t.same(visited([[one('AKIA')]], Buffer.from('AKIA')), [0])
  t.same(visited([[one('AKIA')]], Buffer.from('AKI')), [])
  t.same(visited([[one('AKIA')]], Buffer.alloc(0)), [])
})

await t.test('what only shares some of its bytes is hardly ever visited', async (t) => {
  const text = Buffer.from('The quick brown fox jumps over the lazy dog, and AKI-A is no piece; neither is KAIA. '.repeat(100))
  t.equal(visited([[one('AKIA'), one('ghp_')]], text).length, 0)
})

await t.test('a search ends when it is told to, and too many groups are refused', async (t) => {
  let visits = 0
  createPieceSearch([[one('aaaa')]]).each(Buffer.alloc(3 * STRETCH, 'a'), () => (visits += 1) < 10)
  t.equal(visits, 10)
  t.throws(() => createPieceSearch(Array.from({ length: MAX_GROUPS + 1 }, () => [one('aaaa')])), TypeError)
})
