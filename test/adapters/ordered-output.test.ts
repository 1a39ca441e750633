import fc from 'fast-check'
import t from 'tap'
import { ORDERED_LIMITS, OrderedOutput } from '../../adapters/ordered-output.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Decision { readonly resolve: (decided: string) => void, readonly reject: (thrown: Error) => void }

interface Stage { readonly output: OrderedOutput, readonly written: () => string, readonly keep: (name: string, bytes?: number) => Decision }

/** `keep` reserves the place of something undecided, which will say its name and what was decided. */
function stage (): Stage {
  let text = ''
  const output = new OrderedOutput((bytes) => { text += bytes.toString() })
  return {
    output,
    written: () => text,
    keep (name, bytes = 1) {
      let decision: Decision | null = null
      const decided = new Promise<string>((resolve, reject) => { decision = { resolve, reject } })
      output.after(decided, bytes, (word) => output.emit(Buffer.from(`<${name}:${word}>`)))
      if (decision === null) throw new Error('cannot be: it was just made')
      return decision
    },
  }
}

await t.test('whatever is decided when, everything goes out in its order, and nothing before what stands in front of it', async () => {
  const plan = fc.array(fc.oneof(fc.constant('text' as const), fc.constant('call' as const), fc.constant('flush' as const)), { maxLength: 20 })
  await fc.assert(fc.asyncProperty(plan, fc.infiniteStream(fc.nat()), async (steps, numbers) => {
    const { output, written, keep } = stage()
    const order: string[] = []
    const open: Array<{ readonly at: number, readonly decide: () => void }> = []
    for (const [at, step] of steps.entries()) {
      if (step === 'text') output.emit(Buffer.from(order[order.push(`(${at})`) - 1] ?? ''))
      if (step === 'call') {
        const place = order.push(`<${at}:yes>`) - 1
        const { resolve } = keep(String(at))
        open.push({ at: place, decide: () => resolve('yes') })
      }
      output.flush()
    }
    while (open.length > 0) {
      const free = order.slice(0, Math.min(...open.map((one) => one.at))).join('')
      if (written() !== free) return false
      open.splice(numbers.next().value % open.length, 1)[0]?.decide()
      await turn()
    }
    await output.settled()
    return written() === order.join('') && !output.isWaiting
  }), { numRuns: 200 })
})

await t.test('it is full by bytes and by pieces, and has room again when what stands in front is decided', async (t) => {
  for (const [size, count] of [[ORDERED_LIMITS.bytes / 4, 4], [1, ORDERED_LIMITS.pieces]] as const) {
    const { output, written, keep } = stage()
    for (let piece = 0; piece < count * 2; piece += 1) output.emit(Buffer.alloc(size, 0x61))
    t.notOk(output.isFull, 'what need not wait is no matter')
    const decision = keep('a', 0)
    for (let piece = 0; piece < count - 1; piece += 1) output.emit(Buffer.alloc(size, 0x61))
    t.notOk(output.isFull)
    for (let piece = 0; piece < 2; piece += 1) output.emit(Buffer.alloc(size, 0x61))
    t.ok(output.isFull)
    let hasRoom = false
    const room = output.room().then(() => { hasRoom = true })
    await turn()
    t.notOk(hasRoom)
    decision.resolve('yes')
    await room
    t.notOk(output.isFull)
    t.equal(written().length, size * (3 * count + 1) + '<a:yes>'.length)
  }
})

await t.test('bytes of what is decided count as well', async (t) => {
  const { output, keep } = stage()
  const decision = keep('a', ORDERED_LIMITS.bytes + 1)
  t.ok(output.isFull)
  decision.resolve('yes')
  await output.settled()
  t.notOk(output.isFull)
})

await t.test('when a decision fails, nothing behind it passes, then or later', async (t) => {
  const { output, written, keep } = stage()
  const [first, second, third] = [keep('a'), keep('b'), keep('c')]
  output.emit(Buffer.from('text'))
  third.resolve('yes')
  first.resolve('yes')
  await turn()
  second.reject(new Error('no decision'))
  await t.rejects(output.settled(), { message: 'no decision' })
  await t.rejects(output.room(), { message: 'no decision' })
  t.equal(written(), '<a:yes>')
  output.emit(Buffer.from('end'))
  output.flush()
  t.equal(written(), '<a:yes>end', 'the stream can be ended')
})

await t.test('one that cannot be passed on fails like it', async (t) => {
  const { output, written, keep } = stage()
  output.after(Promise.resolve(), 1, () => { throw new Error('cannot be written') })
  keep('b').resolve('yes')
  await t.rejects(output.settled(), { message: 'cannot be written' })
  t.equal(written(), '')
})

t.end()
