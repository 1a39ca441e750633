import fc from 'fast-check'
import t from 'tap'
import type { Decision } from '../../../gateway/core/decision.ts'
import type { Reads } from '../../../gateway/policy/syntax/input-reads.ts'
import { createInputWriter } from '../../../gateway/policy/input-writer.ts'
import { createQuestionCache, createQuestionReader } from '../../../gateway/policy/question-cache.ts'

await t.test('two inputs find the same decision if and only if the same is written of them', async (t) => {
  // A handful of small values, so that many pairs are alike.
  const few = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 2 }, fc.constantFrom<unknown>(undefined, null, '', 'null', '[]', '[1]', '{"a":1}', ',', '"', 'a', '1', 1, 0, -0, NaN, true, 'true'), fc.array(tie('any'), { maxLength: 2 }), fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('any'), { maxKeys: 3 })),
  })).any
  const fewReads: readonly Reads[] = ['all', [['a', 'all'], ['b', 'all']], [['a', [['a', 'all'], ['b', 'all']]], ['b', 'all']], [['a', [['b', [['c', 'all']]]]], ['c', [['a', 'all']]]], [['a', 'all'], ['__proto__', 'all']]]
  for (const reads of fewReads) {
    const cache = createQuestionCache()
    const read = createQuestionReader(reads)
    const write = createInputWriter(reads)
    const texts = new Set<string | undefined>()
    for (const value of fc.sample(few, { numRuns: 3_000, seed: 7 })) {
      const text = write(value)
      const found = cache.get(read(value))
      if ((found === undefined) !== !texts.has(text) || (found !== undefined && found.reason !== String(text))) t.fail(`${text} found ${found?.reason}`)
      if (found === undefined) cache.set(read(value), decisionNamed(String(text)))
      texts.add(text)
    }
    t.ok(texts.size > 10)
  }
})

await t.test('what was asked lately is kept, what was not is forgotten, and what is long is not kept', async (t) => {
  const cache = createQuestionCache()
  const read = createQuestionReader('all')
  const allow = decisionNamed('first')
  cache.set(read('kept'), allow)
  cache.set(read('forgotten'), allow)
  for (let i = 0; i < 10_000; i += 1) {
    cache.set(read(i), decisionNamed(String(i)))
    if (i % 1_000 === 0) t.equal(cache.get(read('kept')), allow)
  }
  t.equal(cache.get(read('forgotten')), undefined)
  cache.set(read('x'.repeat(5_000)), allow)
  t.equal(cache.get(read('x'.repeat(5_000))), undefined)
})

await t.test('what JSON cannot write is no question', async (t) => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  for (const value of [cyclic, 1n]) t.throws(() => createQuestionReader('all')(value))
})

function decisionNamed (reason: string): Decision {
  return { reason } as unknown as Decision
}
