import t from 'tap'
import { createCallReview } from '../../../gateway/sessions/call-review.ts'

/** What was released, and looks that end when they are told to. */
function rig () {
  const state = { mayHaveChanged: false, looks: [] as { end (): void, fail (): void }[] }
  const review = createCallReview({
    takeChanging () {
      const may = state.mayHaveChanged
      state.mayHaveChanged = false
      return may
    },
    markChanging () { state.mayHaveChanged = true },
  }, () => new Promise((resolve, reject) => { state.looks.push({ end: resolve, fail: () => { reject(new Error('no')) } }) }))
  return { state, review }
}

await t.test('nothing is looked at when nothing can have changed', async (t) => {
  const { state, review } = rig()
  t.equal(review(), null)
  t.equal(state.looks.length, 0)
})

await t.test('who asks while a look runs waits for it', async (t) => {
  const { state, review } = rig()
  state.mayHaveChanged = true
  const first = review()
  t.equal(review(), first)
  state.looks[0]?.end()
  await first
  t.equal(review(), null)
})

await t.test('a call that ends during a look is looked at after it', async (t) => {
  const { state, review } = rig()
  state.mayHaveChanged = true
  const first = review()
  state.mayHaveChanged = true
  const second = review()
  t.equal(state.looks.length, 1)
  state.looks[0]?.end()
  await first
  await new Promise((resolve) => { setImmediate(resolve) })
  t.equal(state.looks.length, 2)
  state.looks[1]?.end()
  await second
})

await t.test('a look that failed is made again', async (t) => {
  const { state, review } = rig()
  state.mayHaveChanged = true
  const first = review()
  state.looks[0]?.fail()
  await t.rejects(first ?? Promise.resolve())
  const again = review()
  t.not(again, null)
  state.looks[1]?.end()
  await again
})
