import t from 'tap'
import { MODEL_FORMATS } from '../../adapters/model-format.ts'
import { GatewayError } from '../../gateway/core/errors.ts'
import { SseTooLarge } from '../../gateway/decode/sse-reader.ts'
import { formatsOf } from '../../gateway/model-formats.ts'
import { WIRES } from '../support/scripted-provider.ts'
import { denyBash, runStream, type Seen } from './run-stream.ts'

const STEP = { calls: [['bash', { command: 'SECRET' }], ['read', { filePath: 'ok' }]] } as const
const NOTHING: Seen = { out: '', calls: [] }
const PIECE = Buffer.alloc(65_536, 0x61)
const MOST_PIECES = 1_024 // 64 MiB: far beyond what any part of an answer may have

for (const name of MODEL_FORMATS) {
  const [format] = formatsOf(name)
  const wire = WIRES[name]
  const recorded = Buffer.from(wire.events(STEP, 1).join(''))
  const whole = Buffer.from(JSON.stringify(wire.whole(STEP, 1)))

  /** Runs a stream that may be refused, but only as an answer that makes no sense. */
  const seenOf = (bytes: Buffer): Promise<Seen> =>
    runStream(format, [bytes], { rule: denyBash, secret: /SECRET/ }).catch((thrown: unknown) => {
      if (thrown instanceof SseTooLarge || (thrown instanceof GatewayError && thrown.code === 'WEIR_ERR_UPSTREAM')) return NOTHING
      throw thrown
    })

  await t.test(`${name}: bytes of another encoding, or of none, are no answer`, async (t) => {
    const text = recorded.toString()
    for (const bytes of [Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16(), Buffer.from(`\ufeff${text}`), Buffer.from([0x1f, 0x8b, 8, 0, ...recorded]), Buffer.concat([Buffer.from([0xff, 0xfe]), recorded])]) {
      t.notMatch((await seenOf(bytes)).out, 'SECRET')
      await t.rejects(async () => {
        const { body } = await format.governAnswer(Buffer.concat([bytes.subarray(0, 4), whole]), async (call) => denyBash(call), 'text')
        if (!body.includes('SECRET')) throw new GatewayError('WEIR_ERR_UPSTREAM')
      }, { code: 'WEIR_ERR_UPSTREAM' })
    }
  })

  await t.test(`${name}: what never ends is not read for ever`, async (t) => {
    for (const start of ['data: {"a":"', ': ', 'event: ', 'data']) {
      const stream = format.openStream({ rule: async () => ({ allowed: true }), write () {}, refusalStyle: 'text', hidesUsage: false })
      await t.rejects(async () => {
        await stream.push(Buffer.from(start))
        for (let piece = 0; piece < MOST_PIECES; piece += 1) await stream.push(PIECE)
      }, { message: /./ }, start)
    }
  })
}
