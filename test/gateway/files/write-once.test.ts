import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { writeOnce } from '../../../gateway/files/write-once.ts'
import { testFolder } from '../../support/test-folder.ts'

const FILES = 300
const CONTENT = `${'k'.repeat(4_000)}\n`

await t.test('whoever looks sees no file or the whole one', async (t) => {
  const dir = testFolder(t, {})
  const url = new URL('../../../gateway/files/write-once.js', import.meta.url).href
  const writer = new Worker(`
    const { workerData } = require('node:worker_threads')
    import(workerData.url).then(({ writeOnce }) => { for (let n = 0; n < ${FILES}; n += 1) writeOnce(workerData.dir + '/key-' + n, workerData.content) })
  `, { eval: true, workerData: { url, dir, content: CONTENT } })
  const ended = new Promise<void>((resolve, reject) => { writer.once('exit', () => { resolve() }).once('error', reject) })
  const seen = new Set<string>()
  for (let n = 0; n < FILES; n += 1) seen.add(lookedFor(join(dir, `key-${n}`)))
  await ended
  t.same([...seen], [CONTENT])
  t.equal(readdirSync(dir).length, FILES, 'and no draft stays')
})

await t.test('what is there is never replaced, and nobody else can read it', async (t) => {
  const dir = testFolder(t, { key: 'first' })
  t.throws(() => { writeOnce(join(dir, 'key'), 'second') }, { code: 'EEXIST' })
  t.equal(readFileSync(join(dir, 'key'), 'utf8'), 'first')
  writeOnce(join(dir, 'other'), 'x')
  t.equal(lstatSync(join(dir, 'other')).mode & 0o777, 0o600)
  t.same(readdirSync(dir).sort(), ['key', 'other'])
})

// In one turn: nothing but the other thread goes on meanwhile.
function lookedFor (file: string): string {
  for (;;) {
    try {
      return readFileSync(file, 'utf8')
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT') throw error
    }
  }
}
