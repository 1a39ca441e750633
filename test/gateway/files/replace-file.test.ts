import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { replaceFile } from '../../../gateway/files/replace-file.ts'
import { testFolder } from '../../support/test-folder.ts'

await t.test('a file is replaced as a whole, for its owner only, also over what a crash left', async (t) => {
  const dir = testFolder(t)
  const file = join(dir, 'state.json')
  for (const content of ['{"first":1}', Buffer.from('{}')]) {
    writeFileSync(`${file}.new`, 'half of a longer conte')
    await replaceFile(file, content)
    t.equal(readFileSync(file, 'utf8'), String(content))
    t.equal(statSync(file).mode & 0o777, 0o600)
    t.same(readdirSync(dir), ['state.json'])
  }
})

await t.test('nothing is written through a link that lies where the draft goes', async (t) => {
  const dir = testFolder(t)
  const victim = join(dir, 'victim')
  writeFileSync(victim, 'as it was')
  symlinkSync(victim, join(dir, 'state.json.new'))
  await replaceFile(join(dir, 'state.json'), 'secret')
  t.equal(readFileSync(victim, 'utf8'), 'as it was')
  t.equal(readFileSync(join(dir, 'state.json'), 'utf8'), 'secret')
})

await t.test('a replacement that fails leaves what was there and no draft', async (t) => {
  const dir = testFolder(t)
  const file = join(dir, 'state.json')
  mkdirSync(join(file, 'inside'), { recursive: true }) // a folder that is not empty cannot be replaced
  await t.rejects(replaceFile(file, 'x'))
  t.same(readdirSync(dir), ['state.json'])
  t.same(readdirSync(file), ['inside'])
})
