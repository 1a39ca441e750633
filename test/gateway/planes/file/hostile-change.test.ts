import t from 'tap'
import { createHash } from 'node:crypto'
import { open } from './workspace-fixture.ts'

const blobId = (text: string): string => createHash('sha1').update(`blob ${text.length}\0${text}`).digest('hex')

await t.test('a secret is neither shown, nor read, nor kept', async (t) => {
  const fixture = await open(t)
  t.equal(await fixture.agent('test -e .env || echo absent'), 'absent\n')
  await fixture.agent('echo KEY=stolen > .env; echo KEY=other > src/.env.local; echo ok > src/ok.js')
  const report = await fixture.collect()
  t.same(report.committed, ['src/ok.js'])
  t.same(report.denied.map(({ path, rule }) => [path, rule]), [['.env', 'test.deny'], ['src/.env.local', 'test.deny']])
  t.equal(await fixture.agent('test -e .env || test -e src/.env.local || echo gone'), 'gone\n')
  await t.rejects(fixture.git('cat-file', '-e', blobId('KEY=stolen\n')))
  t.equal(await fixture.git('show', 'weir/dev:.env'), 'KEY=real')
})

await t.test('links and special files are denied and thrown out, whatever they lead to', async (t) => {
  const fixture = await open(t)
  await fixture.agent('ln -s /etc/passwd notes.txt; rm -r docs; ln -s /etc docs; mkfifo pipe; mkdir sub; ln -s ../../../../etc/shadow sub/l; echo s > setuid; chmod 4755 setuid')
  const report = await fixture.collect()
  t.same(report.denied.map(({ path }) => path), ['docs', 'notes.txt', 'pipe', 'setuid', 'sub/l'])
  t.ok(report.denied.every(({ rule }) => rule === 'weir.unreadable_call'))
  t.same(report.committed, ['docs/a.md', 'docs/b.md'], 'the folder that the link replaced was removed, which is allowed')
  t.equal(await fixture.agent('ls -A'), 'README.md\npackage.json\nsrc\nsub\n')
  t.notMatch(await fixture.git('grep', '-l', 'root:', 'weir/dev').catch(() => ''), /./)
})

await t.test('names that could be taken for others are denied', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo x > readme.MD; mkdir SRC; echo x > SRC/y.js; mkdir src/.GIT; echo x > src/.GIT/config; echo x > "a\\b"; echo x > "end. "; printf x > "$(printf "bad\\001name")"; printf x > "$(printf "latin\\351")"')
  const report = await fixture.collect()
  t.same(report.committed, [])
  t.equal(report.denied.length, 7)
  t.equal(await fixture.agent('ls; ls -A src SRC'), 'README.md\nSRC\ndocs\npackage.json\nsrc\nSRC:\n\nsrc:\ncart.js\nprice.js\n')
})

await t.test('a folder that the agent locked is thrown out and comes back', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo x > docs/c.md; chmod 000 docs; echo hidden > src/h.js; chmod 000 src/h.js')
  const report = await fixture.collect()
  t.same(report.denied.map(({ path }) => path), ['docs', 'src/h.js'])
  t.equal(await fixture.agent('cat docs/a.md; ls docs src'), 'a\ndocs:\na.md\nb.md\n\nsrc:\ncart.js\nprice.js\n')
})

await t.test('a file over the limit is denied, and so is a turn of too many files', async (t) => {
  const fixture = await open(t, { limits: { fileBytes: 10, changedFiles: 3 } })
  await fixture.agent('echo 0123456789 > big; echo 012345678 > fits')
  t.match(await fixture.collect(), { committed: ['fits'], denied: [{ path: 'big' }] })
  await fixture.agent('for i in 1 2 3 4; do echo $i > many$i; done')
  t.match(await fixture.collect(), { commit: null, committed: [], denied: [{ path: '.', rule: 'weir.unreadable_call' }] })
})

await t.test('locking a folder removes nothing that was committed from it', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo new > src/new.js')
  const { commit } = await fixture.collect()
  await fixture.agent('chmod 000 src')
  t.same((await fixture.collect()).denied.map(({ path }) => path), ['src'])
  t.equal(await fixture.git('rev-parse', 'weir/dev'), commit)
  t.equal(await fixture.agent('ls src; cat src/new.js'), 'cart.js\nnew.js\nprice.js\nnew\n')
})
