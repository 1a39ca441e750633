import t from 'tap'
import { createRequestTurns } from '../../../../gateway/planes/model/request-turns.ts'

const turnOfLoop = async (): Promise<void> => { await new Promise((resolve) => setImmediate(resolve)) }

await t.test('without an open stream no request waits, however many there are', async (t) => {
  let now = 0
  const turns = createRequestTurns(() => now)
  for (; now < 100; now += 1) t.equal(turns.next(), null)
})

await t.test('while a stream is open, requests go on a slice of a turn at a time, in order, and let others in between', async (t) => {
  let now = 0
  const turns = createRequestTurns(() => now)
  let end: (value: string) => void = () => undefined
  const streaming = turns.streaming(new Promise<string>((resolve) => { end = resolve }))
  const went: Array<number | 'other'> = []
  const request = (at: number): void | Promise<void> => {
    const work = (): void => {
      went.push(at)
      now += 1 // two of them fill a slice
      // Between two turns, when there is room again and another one waits.
      if (at === 2) setImmediate(() => all.push(request(5)))
    }
    return turns.next()?.then(work) ?? work()
  }
  const all: Array<void | Promise<void>> = []
  for (let at = 0; at < 5; at += 1) all.push(request(at))
  t.same(went, [0, 1])
  setImmediate(() => { went.push('other') })
  while (all.length < 6) await turnOfLoop()
  await Promise.all(all)
  t.same(went, [0, 1, 2, 3, 'other', 4, 5])
  end('answer')
  t.equal(await streaming, 'answer', 'and the stream is what it was')
  await turnOfLoop()
  for (let i = 0; i < 10; i += 1, now += 1) t.equal(turns.next(), null, 'it is open no more')
})

await t.test('a stream that fails is open no more', async (t) => {
  let now = 0
  const turns = createRequestTurns(() => now)
  await t.rejects(turns.streaming(Promise.reject(new Error('gone'))), /gone/)
  for (; now < 10; now += 1) t.equal(turns.next(), null)
})
