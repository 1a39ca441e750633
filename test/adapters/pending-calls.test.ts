import t from 'tap'
import { MODEL_FORMATS, type AnswerStream, type ModelFormat, type Ruling } from '../../adapters/model-format.ts'
import { ORDERED_LIMITS } from '../../adapters/ordered-output.ts'
import { formatsOf } from '../../gateway/model-formats.ts'
import { WIRES } from '../support/scripted-provider.ts'
import { cutAt, runStream } from './run-stream.ts'

const NAMES = ['one', 'two', 'three', 'four']
const STEP = { calls: NAMES.map((name) => ['bash', { command: `echo ${name}!` }] as const) }
const WORDS = 'I will do that' // what scripted models of some formats say in front of their calls
const CUT_STEP = 11
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const markOf = (name: string): string => `echo ${name}!`
const verdictOf = (name: string): Ruling => name === 'three' ? { allowed: false, feedback: 'no' } : { allowed: true }

interface Pending { readonly stream: AnswerStream, readonly out: () => string, readonly asked: () => readonly string[], readonly decide: (name: string) => void, readonly allAsked: Promise<void> }

/** A stream whose calls wait until the test decides them. A write with a byte of an undecided or refused call, or with a call before its turn, throws. */
function pending (format: ModelFormat): Pending {
  const decisions = new Map<string, (ruling: Ruling) => void>()
  const decided = new Set<string>()
  let onAll: (() => void) | null = null
  const allAsked = new Promise<void>((resolve) => { onAll = resolve })
  let out = ''
  const stream = format.openStream({
    refusalStyle: 'text',
    hidesUsage: false,
    write (bytes) {
      out += bytes.toString()
      for (const [at, name] of NAMES.entries()) {
        if (!out.includes(markOf(name))) continue
        if (!verdictOf(name).allowed || NAMES.slice(0, at + 1).some((earlier) => !decided.has(earlier))) throw new Error(`${name} left before its turn`)
      }
    },
    rule: ({ argumentsText }) => new Promise((resolve) => {
      decisions.set(NAMES.find((name) => argumentsText.includes(name)) ?? argumentsText, resolve)
      if (decisions.size === NAMES.length) onAll?.()
    }),
  })
  return {
    stream,
    out: () => out,
    asked: () => [...decisions.keys()],
    allAsked,
    decide (name) {
      decided.add(name)
      decisions.get(name)?.(verdictOf(name))
    },
  }
}

async function feed ({ stream }: Pending, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) await stream.push(piece)
  await stream.end()
}

for (const name of MODEL_FORMATS) {
  const [format] = formatsOf(name)
  const events = WIRES[name].events(STEP, 1)
  const bytes = Buffer.from(events.join(''))
  const expected = await runStream(format, [bytes], { rule: ({ argumentsText }) => verdictOf(NAMES.find((one) => argumentsText.includes(one)) ?? ''), style: 'text' })

  await t.test(`${name}: calls that come one after the other are all asked about while the first is held, and pass in their order`, async (t) => {
    const held = pending(format)
    const fed = feed(held, [bytes])
    await held.allAsked
    t.same(held.asked(), NAMES)
    if (bytes.includes(WORDS)) t.match(held.out(), WORDS, 'the text in front is there')
    t.notMatch(held.out(), 'echo')
    t.ok(held.stream.holding)
    for (const late of ['four', 'three', 'two']) {
      held.decide(late)
      await turn()
      t.notMatch(held.out(), 'echo')
    }
    held.decide('one')
    await fed
    t.equal(held.out(), expected.out)
    t.match(held.stream.facts(), { released: 3, refused: 1 })
    t.notOk(held.stream.holding)
  })

  await t.test(`${name}: with decisions in any order, a cut anywhere changes nothing`, async (t) => {
    const orders = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]]
    // Every byte is a place to cut in the tests of each format; here each cut costs turns of the event loop.
    const cuts = Array.from({ length: Math.floor((bytes.length - 1) / CUT_STEP) }, (_, at) => (at + 1) * CUT_STEP)
    for (const [nth, pieces] of [[...bytes].map((byte) => Buffer.from([byte])), ...cuts.map((cut) => cutAt(bytes, cut))].entries()) {
      const held = pending(format)
      const fed = feed(held, pieces)
      fed.catch(() => {})
      await held.allAsked
      for (const at of orders[nth % orders.length] ?? []) {
        held.decide(NAMES[at] ?? '')
        if (nth % 2 === 0) await turn()
      }
      await fed
      if (held.out() !== expected.out) t.fail(`case ${nth}`)
    }
  })

  await t.test(`${name}: a provider that breaks while calls are held changes none of them, and the answer is ended`, async (t) => {
    const held = pending(format)
    const last = bytes.indexOf(markOf('four').slice(0, 4), bytes.indexOf('three'))
    await held.stream.push(bytes.subarray(0, last))
    let isSettled = false
    const settled = held.stream.settled().then(() => { isSettled = true })
    held.decide('two')
    await turn()
    t.notOk(isSettled)
    t.notMatch(held.out(), 'echo')
    held.decide('one')
    held.decide('three')
    await settled
    t.ok(held.stream.broken())
    t.match(held.out(), /echo one![^]*echo two!/)
    t.notMatch(held.out(), /three!|four/)
    const again = await runStream(format, [Buffer.from(held.out())])
    t.equal(again.calls.length, 2, 'what went out is an answer')
  })

  await t.test(`${name}: beyond the limit no more is read until the first is decided`, async (t) => {
    const held = pending(format)
    for (const event of events) if (held.asked().length === 0) await held.stream.push(Buffer.from(event))
    const comment = Buffer.from(': ok\n\n')
    let wasRead = false
    const read = held.stream.push(Buffer.concat(Array.from({ length: ORDERED_LIMITS.pieces + 2 }, () => comment)))?.then(() => { wasRead = true })
    await turn()
    t.notOk(wasRead)
    t.notMatch(held.out(), ': ok')
    held.decide('one')
    await read
    t.equal(held.out().split(': ok').length - 1, ORDERED_LIMITS.pieces + 2)
  })

  await t.test(`${name}: a call about which nothing can be said ends the stream, and nothing behind it passes`, async (t) => {
    let calls = 0
    let out = ''
    const stream = format.openStream({
      refusalStyle: 'text',
      hidesUsage: false,
      write (piece) { out += piece.toString() },
      rule: async () => {
        calls += 1
        if (calls === 2) throw new Error('no decision')
        return { allowed: true }
      },
    })
    await t.rejects(async () => {
      await stream.push(bytes)
      await stream.end()
    }, { message: 'no decision' })
    t.notMatch(out, /two!|three!|four!/)
    t.ok(stream.broken(), 'the first had passed')
    t.notMatch(out, /two!|three!|four!/)
  })
}

t.end()
