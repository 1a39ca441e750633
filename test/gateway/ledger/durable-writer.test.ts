import { closeSync, constants, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startDurableWriter, type DurableWriter } from '../../../gateway/ledger/durable-writer.ts'
import { MAX_WRITE_BYTES } from '../../../gateway/ledger/shared-write.ts'
import { testFolder } from '../../support/test-folder.ts'

const writer = startDurableWriter()
t.teardown(() => writer.close())

interface Ended { readonly error: NodeJS.ErrnoException | null, readonly bytes: number }

function written (by: DurableWriter, fd: number, text: string, position = 0): Promise<Ended> {
  return new Promise((resolve) => { by.write(fd, text, position, (error, bytes) => { resolve({ error, bytes }) }) })
}

function opened (t: Test, path: string, flags = constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC): number {
  const fd = openSync(path, flags)
  t.teardown(() => { closeSync(fd) })
  return fd
}

function textAt (fd: number, position: number, length: number): string {
  const buffer = Buffer.alloc(length)
  return buffer.toString('utf8', 0, readSync(fd, buffer, 0, length, position))
}

await t.test('text is at its place in the file as UTF-8, also far behind and in writes one after the other', async (t) => {
  const path = join(testFolder(t), 'file')
  const fd = opened(t, path)
  const texts = ['first\n', 'ünïcödé ✓ 🦊\n', 'x'.repeat(300_000)]
  let position = 0
  for (const text of texts) {
    const { error, bytes } = await written(writer, fd, text, position)
    t.same([error, bytes], [null, Buffer.byteLength(text)])
    t.equal(textAt(fd, position, bytes), text)
    position += bytes
  }
  t.equal(statSync(path).size, position)
  const far = 2 ** 32 + 5
  t.match(await written(writer, fd, 'far', far), { error: null, bytes: 3 })
  t.equal(textAt(fd, far, 3), 'far')
})

await t.test('that a write has ended is seen without the event loop', (t) => {
  const fd = opened(t, join(testFolder(t), 'file'))
  const ends: Ended[] = []
  writer.write(fd, 'seen', 0, (error, bytes) => { ends.push({ error, bytes }) })
  while (!writer.poll()) continue
  t.same(ends, [{ error: null, bytes: 4 }])
  t.equal(textAt(fd, 0, 4), 'seen')
  t.end()
})

await t.test('`done` is called once, whoever sees it first', async (t) => {
  const fd = opened(t, join(testFolder(t), 'file'))
  let calls = 0
  await new Promise<void>((resolve) => {
    writer.write(fd, 'once', 0, () => { calls += 1 })
    // Two turns on, a message of the thread is under way or wanted; one more write behind it shows that it was not taken for its own.
    setImmediate(() => {
      setImmediate(() => {
        while (!writer.poll()) continue
        writer.write(fd, 'more', 4, () => { resolve() })
      })
    })
  })
  t.equal(calls, 1)
  t.equal(textAt(fd, 0, 8), 'oncemore')
})

await t.test('an error of the file system has its code, and the next write goes on', async (t) => {
  t.match(await written(writer, opened(t, '/dev/full', constants.O_WRONLY), 'x'), { error: { code: 'ENOSPC' } })
  t.match(await written(writer, 1_000_000, 'x'), { error: { code: 'EBADF' } })
  const fd = opened(t, join(testFolder(t), 'file'))
  t.match(await written(writer, fd, 'goes on'), { error: null })
})

await t.test('what does not fit is refused, and not cut', async (t) => {
  const path = join(testFolder(t), 'file')
  const fd = opened(t, path)
  t.match(await written(writer, fd, 'x'.repeat(MAX_WRITE_BYTES)), { error: null, bytes: MAX_WRITE_BYTES })
  const { error } = await written(writer, fd, `${'x'.repeat(MAX_WRITE_BYTES - 1)}é`)
  t.type(error, RangeError)
  t.equal(statSync(path).size, MAX_WRITE_BYTES)
})

await t.test('when the thread has ended, writes fail', async (t) => {
  const ended = startDurableWriter()
  const fd = opened(t, join(testFolder(t), 'file'))
  t.match(await written(ended, fd, 'before'), { error: null })
  await ended.close()
  t.type((await written(ended, fd, 'after', 6)).error, Error)
  t.equal(textAt(fd, 0, 20), 'before')
})
