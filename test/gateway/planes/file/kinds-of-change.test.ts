import t from 'tap'
import { FILES, open } from './workspace-fixture.ts'

await t.test('a hard link is another file: each name is decided by itself, and throwing one out leaves the other', async (t) => {
  const fixture = await open(t)
  await fixture.agent('ln src/cart.js src/same.js; mkdir .github; echo x > src/y.js; ln src/y.js .github/y.yml')
  const report = await fixture.collect()
  t.same(report.committed, ['src/same.js', 'src/y.js'])
  t.same(report.denied.map(({ path }) => path), ['.github/y.yml'])
  t.equal(await fixture.agent('cat src/y.js; ls .github'), 'x\n')
  t.equal(await fixture.git('rev-parse', 'weir/dev:src/same.js'), await fixture.git('rev-parse', 'weir/dev:src/cart.js'))
})

await t.test('a mode alone is a change with its mode in the question; set-user-id, set-group-id and sticky bits are refused', async (t) => {
  const fixture = await open(t)
  await fixture.agent('chmod 755 src/cart.js; chmod 666 src/price.js; echo a > a; echo b > b; echo c > c; chmod 4755 a; chmod 2755 b; chmod 1755 c')
  const report = await fixture.collect()
  t.same(report.committed, ['src/cart.js'], 'git knows no other modes')
  t.same(report.denied.map(({ path }) => path), ['a', 'b', 'c'])
  const asked = fixture.entries.flatMap((entry) => entry.kind === 'decision' && entry.decision.verdict === 'allow' ? [entry.input.tool?.args['mode']] : [])
  t.same(asked, ['100755'])
})

await t.test('a rename is a deletion and an addition, each decided: out of a denied folder nothing is moved', async (t) => {
  const fixture = await open(t, { files: { ...FILES, '.github/ci.yml': 'on: push\n' } })
  await fixture.agent('mv .github/ci.yml src/ci.yml; mv src/cart.js src/basket.js')
  const report = await fixture.collect()
  t.same(report.committed, ['src/basket.js', 'src/cart.js', 'src/ci.yml'])
  t.same(report.denied.map(({ path }) => path), ['.github/ci.yml'])
  t.equal(await fixture.agent('cat .github/ci.yml'), 'on: push\n', 'the deletion was undone')
})

await t.test('a folder that was removed and made again hides nothing: what it had is deleted, what it has is added', async (t) => {
  const fixture = await open(t)
  await fixture.agent('rm -r docs; mkdir docs; echo new > docs/b.md')
  t.same((await fixture.collect()).committed, ['docs/a.md', 'docs/b.md'])
  t.equal(await fixture.git('ls-tree', '-r', '--name-only', 'weir/dev', 'docs'), 'docs/b.md')
})

await t.test('FIFOs and sockets are refused, and whiteouts and devices cannot be made', async (t) => {
  const fixture = await open(t)
  await fixture.agent('mkfifo pipe; node -e "require(\'net\').createServer().listen(\'socket\', () => process.kill(process.pid, 9))" || true')
  t.equal(await fixture.agent('(mknod white c 0 0 || mknod null c 1 3 || mknod disk b 8 0) 2>/dev/null || echo refused'), 'refused\n')
  t.same((await fixture.collect()).denied.map(({ path }) => path), ['pipe', 'socket'])
  t.equal(await fixture.agent('ls -A'), 'README.md\ndocs\npackage.json\nsrc\n')
})

await t.test('attributes beside the content are no change, and go nowhere', async (t) => {
  const fixture = await open(t)
  await fixture.agent('python3 -c "import os; os.setxattr(\'src/cart.js\', \'user.note\', b\'x\')" 2>/dev/null || touch src/cart.js')
  t.match(await fixture.collect(), { committed: [], denied: [], pending: [] })
})

await t.test('nothing can take the place of a submodule, or be put into it', async (t) => {
  const fixture = await open(t, { submodule: 'vendor/lib' })
  await fixture.agent('test ! -e vendor; mkdir -p vendor/lib; echo x > vendor/lib/x.js; echo ok > vendor/ok.js')
  const report = await fixture.collect()
  t.same(report.committed, ['vendor/ok.js'])
  t.match(report.denied, [{ path: 'vendor/lib/x.js', feedback: /submodule/ }])
  await fixture.agent('rm -rf vendor/lib; echo x > vendor/lib')
  t.match((await fixture.collect()).denied, [{ path: 'vendor/lib' }])
  t.match(await fixture.git('ls-tree', 'weir/dev', 'vendor/lib'), /^160000 commit/)
})

await t.test('a nested repository is refused by name, its hooks and config with it', async (t) => {
  const fixture = await open(t)
  await fixture.agent('mkdir -p sub/.git/hooks; echo x > sub/.git/config; echo x > sub/.git/hooks/post-checkout; echo "gitdir: ../../x" > docs/.git; echo ok > sub/ok.js')
  const report = await fixture.collect()
  t.same(report.committed, ['sub/ok.js'])
  t.same(report.denied.map(({ path }) => path), ['docs/.git', 'sub/.git'])
  t.equal(await fixture.agent('ls -A sub docs'), 'docs:\na.md\nb.md\n\nsub:\nok.js\n')
})

await t.test('where the configuration says so a secret is an empty file, which comes back empty whatever the agent does to it', async (t) => {
  const fixture = await open(t, { secrets: 'empty' })
  t.equal(await fixture.agent('wc -c < .env'), '0\n')
  t.match(await fixture.collect(), { committed: [], denied: [] })
  await fixture.agent('echo K=stolen > .env')
  t.same((await fixture.collect()).denied.map(({ path }) => path), ['.env'])
  t.equal(await fixture.agent('wc -c < .env'), '0\n')
  await fixture.agent('rm .env')
  t.same((await fixture.collect()).denied.map(({ path }) => path), ['.env'])
  t.equal(await fixture.agent('wc -c < .env'), '0\n')
  t.equal(await fixture.git('show', 'weir/dev:.env'), 'KEY=real')
  t.notMatch(JSON.stringify(fixture.entries), /stolen|real/)
})
