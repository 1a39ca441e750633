import { spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openLineFile, readLineFile, type LineFileOptions } from '../../../gateway/files/line-file.ts'
import { WITHOUT_RUNNER } from '../../support/gateway-process.ts'
import { testFolder } from '../../support/test-folder.ts'

const dir = testFolder(t)
const numbers = (file: string): LineFileOptions<number> => ({ path: join(dir, file), name: 'the list', parse: (text) => Number.isSafeInteger(Number(text)) ? Number(text) : null })
const unwarned = (message: string): void => { throw new Error(message) }

await t.test('what was appended is there at the next opening, for the owner alone', async (t) => {
  const first = openLineFile(numbers('a'), unwarned)
  t.same(first.lines, [])
  for (const number of [1, 2, 3]) first.append(number)
  first.close()
  t.same(openLineFile(numbers('a'), unwarned).lines, [1, 2, 3])
  t.equal(statSync(join(dir, 'a')).mode & 0o777, 0o600)
  t.same(readLineFile(numbers('none')), [])
})

await t.test('an unfinished last line is cut off and told; a whole line that is none is refused by its number', async (t) => {
  const told: string[] = []
  writeFileSync(join(dir, 'b'), '1\n2\n3')
  const file = openLineFile(numbers('b'), (message) => { told.push(message) })
  t.same(file.lines, [1, 2])
  t.match(told, [/^the list ended in 1 bytes of an unfinished line/])
  file.append(4)
  file.close()
  t.equal(readFileSync(join(dir, 'b'), 'utf8'), '1\n2\n4\n')
  appendFileSync(join(dir, 'b'), 'x\n')
  t.throws(() => openLineFile(numbers('b'), unwarned), { code: 'WEIR_ERR_STORE', message: 'Line 4 of the list is damaged.' })
  t.throws(() => readLineFile(numbers('b')), { code: 'WEIR_ERR_STORE' })
})

await t.test('a line that the disk takes in part only is refused, and is not the beginning of the next', async (t) => {
  const path = join(dir, 'c')
  const script = `import(${JSON.stringify(new URL('../../../gateway/files/line-file.js', import.meta.url).href)}).then(({ openLineFile }) => {
    const file = openLineFile({ path: ${JSON.stringify(path)}, name: 'the list', parse: (text) => text }, () => {})
    file.append('first')
    try { file.append('x'.repeat(2_000)) } catch (error) { console.log(error.code) }
    file.append('last')
  })`
  const { stdout, stderr } = spawnSync('bash', ['-c', `${WITHOUT_RUNNER}ulimit -f 1; exec "$0" "$@"`, process.execPath, '-e', script], { encoding: 'utf8' })
  t.equal(stdout.trim(), 'WEIR_ERR_STORE', stderr)
  t.equal(readFileSync(path, 'utf8'), '"first"\n"last"\n')
})
