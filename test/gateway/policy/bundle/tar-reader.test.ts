import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { readTarGz } from '../../../../gateway/policy/bundle/tar-reader.ts'
import { writeTarGz } from '../../../../gateway/policy/bundle/tar-writer.ts'

await t.test('members come by name without the leading slash', (t) => {
  const files = readTarGz(tarGz([['/data.json', '{}'], ['/weir/main.rego', 'package weir\n'], ['empty', '']]))
  t.strictSame([...files.keys()], ['data.json', 'weir/main.rego', 'empty'])
  t.equal(text(files.get('weir/main.rego')), 'package weir\n')
  t.equal(files.get('empty')?.length, 0)
  t.end()
})

await t.test('broken archives are refused', (t) => {
  const tar = plainTar([['a', 'x'.repeat(600)]])
  t.throws(() => readTarGz(gzipSync(tar.subarray(0, 700))), RangeError, 'cut short')
  const bent = Buffer.from(tar)
  bent[0] = 0x62
  t.throws(() => readTarGz(gzipSync(bent)), RangeError, 'sum does not match')
  t.throws(() => readTarGz(tarGz([['a', '1'], ['/a', '2']])), RangeError, 'two members of one name')
  t.throws(() => readTarGz(tarGz([['../a', '1']])), RangeError, 'a name that climbs')
  t.throws(() => readTarGz(Buffer.from('not gzip')))
  t.end()
})

await t.test('a decompression bomb is refused', (t) => {
  t.throws(() => readTarGz(gzipSync(Buffer.alloc(65 * 1024 * 1024))))
  t.end()
})

await t.test('any files come back as they were, and any bytes give files or an error', (t) => {
  const name = fc.stringMatching(/^[a-z]{1,20}(\/[a-z]{1,20}){0,3}$/)
  fc.assert(fc.property(fc.dictionary(name, fc.string({ maxLength: 2_000 })), (files) => {
    const read = readTarGz(tarGz(Object.entries(files)))
    return Object.entries(files).every(([path, content]) => text(read.get(path)) === content)
  }), { numRuns: 100 })
  fc.assert(fc.property(fc.uint8Array({ maxLength: 3_000 }), (bytes) => {
    try {
      return readTarGz(gzipSync(bytes)) instanceof Map
    } catch (error) {
      return error instanceof RangeError
    }
  }), { numRuns: 300 })
  t.end()
})

await t.test('members that are no files are refused, not skipped', (t) => {
  for (const type of ['1', '2', 'x', 'g', 'L']) {
    const tar = plainTar([['a', '1']])
    tar.write(type, 156)
    tar.write('        ', 148)
    const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0)
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    t.throws(() => readTarGz(gzipSync(tar)), /neither a file nor a folder/, type)
  }
  t.end()
})

await t.test('what is written is read back, and the same files give the same bytes', async (t) => {
  const name = fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'))
  await fc.assert(fc.asyncProperty(fc.dictionary(name, fc.uint8Array({ maxLength: 1_200 })), async (files) => {
    const written = await writeTarGz(new Map(Object.entries(files)))
    const read = readTarGz(written)
    return Buffer.from(written).equals(await writeTarGz(new Map(Object.entries(files)))) &&
      read.size === Object.keys(files).length && Object.entries(files).every(([path, content]) => Buffer.from(content).equals(read.get(path) ?? Buffer.from('?')))
  }), { numRuns: 100 })
  await t.rejects(writeTarGz(new Map([['x'.repeat(101), new Uint8Array()]])), RangeError)
  await t.rejects(writeTarGz(new Map([['é', new Uint8Array()]])), RangeError, 'it would take an extended header, as OPA writes one')
  await t.rejects(writeTarGz(new Map([['../x', new Uint8Array()]])), RangeError)
})

function tarGz (files: ReadonlyArray<readonly [string, string]>): Buffer {
  return gzipSync(plainTar(files))
}

function plainTar (files: ReadonlyArray<readonly [string, string]>): Buffer {
  const blocks = files.flatMap(([name, content]) => {
    const body = Buffer.from(content)
    const padded = Buffer.alloc(Math.ceil(body.length / 512) * 512)
    body.copy(padded)
    return [header(name, body.length), padded]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1_024)])
}

function header (name: string, size: number): Buffer {
  const block = Buffer.alloc(512)
  block.write(name, 0, 100)
  block.write('0000600\0', 100)
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  block.write('        ', 148)
  block.write('0', 156)
  block.write('ustar\0', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function text (content: Uint8Array | undefined): string | undefined {
  return content === undefined ? undefined : Buffer.from(content).toString()
}
