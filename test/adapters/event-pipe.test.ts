import t from 'tap'
import { EventPipe } from '../../adapters/event-pipe.ts'

// A pipe that passes every event on as it is, closes at `"end"` and does not understand `"bad"`.
function openPipe (): { readonly pipe: EventPipe, readonly written: string[] } {
  const written: string[] = []
  const pipe = new EventPipe({
    async take (value, bytes) {
      if (value === 'bad') throw new Error('not understood')
      const event = bytes ?? Buffer.from(JSON.stringify(value))
      if (value === 'end') pipe.close(event)
      else pipe.emit(event)
    },
    write: (bytes) => written.push(bytes.toString()),
  })
  return { pipe, written }
}

await t.test('the events of one piece are one write, comments among them', async (t) => {
  const { pipe, written } = openPipe()
  await pipe.push(Buffer.from('data: 1\n\n: awake\n\ndata: 2\n\nda'))
  await pipe.push(Buffer.from('ta: 3'))
  t.same(written, ['1: awake\n\n2'])
})

await t.test('what came before an event that makes no sense is written, and nothing after it', async (t) => {
  const { pipe, written } = openPipe()
  await t.rejects(async () => await pipe.push(Buffer.from('data: 1\n\ndata: "bad"\n\ndata: 2\n\n')), { message: 'not understood' })
  t.same(written, ['1'])
})

await t.test('what follows the end is not read', async (t) => {
  const { pipe, written } = openPipe()
  t.notOk(pipe.isClosed)
  await pipe.push(Buffer.from('data: "end"\n\ndata: "bad"\n\n'))
  t.ok(pipe.isClosed)
  await pipe.push(Buffer.from('data: "bad"\n\n'))
  await pipe.end()
  t.same(written, ['"end"'])
})

t.end()
