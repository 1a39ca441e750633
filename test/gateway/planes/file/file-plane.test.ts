import t from 'tap'
import { createHash } from 'node:crypto'
import { FILES, open, POLICY } from './workspace-fixture.ts'

const blobId = (text: string): string => createHash('sha1').update(`blob ${text.length}\0${text}`).digest('hex')

await t.test('everything a turn changed becomes one commit', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo new > src/new.js; echo more >> README.md; rm src/price.js; mv docs/a.md docs/c.md; printf "#!/bin/sh\\n" > run.sh; chmod 755 run.sh; mkdir empty')
  const report = await fixture.collect()
  t.same(report.committed, ['README.md', 'docs/a.md', 'docs/c.md', 'run.sh', 'src/new.js', 'src/price.js'])
  t.equal(await fixture.git('rev-parse', 'weir/dev'), report.commit)
  t.equal(await fixture.git('rev-list', '--count', 'main..weir/dev'), '1')
  t.equal(await fixture.git('diff', '--name-status', '--no-renames', 'main', 'weir/dev'), 'M\tREADME.md\nD\tdocs/a.md\nA\tdocs/c.md\nA\trun.sh\nA\tsrc/new.js\nD\tsrc/price.js')
  t.match(await fixture.git('ls-tree', 'weir/dev', 'run.sh'), /^100755 /)
  t.equal(await fixture.git('status', '--porcelain', '--untracked-files=no'), '', 'the checked-out branch is as it was')
})

await t.test('a commit names the actor, Weir, the session, the entries, the rule and the revision', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo 1 > src/one.js; echo {} > src/package.json; echo 3 > src/three.js; echo 2 > src/two.js')
  const { commit } = await fixture.collect()
  t.equal(await fixture.git('log', '-1', '--format=%an <%ae>|%cn', 'weir/dev'), 'alice@acme.test <alice@acme.test>|Weir')
  t.equal(await fixture.git('log', '-1', '--format=%(trailers:only)', 'weir/dev'), 'Weir-Session: wses_1\nWeir-Entry: 0, 2-3\nWeir-Rule: test.allow\nWeir-Revision: r1')
  const outcomes = fixture.entries.filter((entry) => entry.kind === 'outcome')
  t.same(outcomes.map(({ of, status, detail }) => [of, status, detail['commit']]), [[0, 'done', commit], [2, 'done', commit], [3, 'done', commit]])
  t.match(fixture.entries.at(-1), { kind: 'event', name: 'change-set-committed', detail: { commit, files: 3, pending: 1, denied: 0 } })
})

await t.test('what was collected is not asked about again', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo new > src/new.js; rm docs/a.md; touch src/cart.js')
  await fixture.collect()
  const before = fixture.entries.length
  t.match(await fixture.collect(), { commit: null, committed: [], denied: [], pending: [] })
  t.equal(fixture.entries.length, before)
})

await t.test('a file that an earlier turn added can be removed, and an earlier change taken back', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo new > src/new.js; echo changed > docs/a.md')
  await fixture.collect()
  await fixture.agent('rm src/new.js; echo a > docs/a.md')
  t.same((await fixture.collect()).committed, ['docs/a.md', 'src/new.js'])
  t.equal(await fixture.git('diff', '--name-only', 'main', 'weir/dev'), '')
})

await t.test('a removed folder, a file that becomes a folder and a folder that becomes a file are committed', async (t) => {
  const fixture = await open(t)
  await fixture.agent('rm -r docs; echo flat > docs; rm README.md; mkdir README.md; echo deep > README.md/deep.md; rm -r src; mkdir src; echo x > src/x.js')
  const report = await fixture.collect()
  t.same(report.denied, [])
  t.equal(await fixture.git('ls-tree', '-r', '--name-only', 'weir/dev'), '.env\nREADME.md/deep.md\ndocs\npackage.json\nsrc/x.js')
})

await t.test('a denied change is undone and everything else stands', async (t) => {
  const fixture = await open(t, { files: { ...FILES, '.github/ci.yml': 'on: push\n' } })
  await fixture.agent('echo evil > .github/ci.yml; echo more > .github/new.yml; echo ok > src/cart.js')
  const report = await fixture.collect()
  t.same(report.committed, ['src/cart.js'])
  t.equal(await fixture.agent('cat .github/ci.yml; ls .github; cat src/cart.js'), 'on: push\nci.yml\nok\n')
  await fixture.agent('rm -r .github')
  t.same((await fixture.collect()).denied.map(({ path }) => path), ['.github/ci.yml'])
  t.equal(await fixture.agent('cat .github/ci.yml'), 'on: push\n', 'a denied deletion comes back')
  await t.rejects(fixture.git('cat-file', '-e', blobId('evil\n')), 'denied content never reaches the object store')
})

await t.test('a denied change goes back to what the session committed, not to its release', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo second > src/cart.js')
  await fixture.collect()
  await fixture.agent('rm src/cart.js; ln -s ../README.md src/cart.js')
  await fixture.collect()
  t.equal(await fixture.agent('cat src/cart.js'), 'second\n')
})

await t.test('a change that is allowed only changed is undone: a file cannot be rewritten on its way into the project', async (t) => {
  const modify = [{ op: 'set', arg: 'mode', value: '100644' }] as const
  const fixture = await open(t, { policy: { ...POLICY, evaluate: (input) => ({ ...POLICY.evaluate(input), obligations: { modify } }) } })
  await fixture.agent('echo "#!/bin/sh" > src/run.sh; chmod 755 src/run.sh; echo plain > src/plain.js; rm docs/a.md')
  const report = await fixture.collect()
  t.same(report.committed, ['src/plain.js'], 'what is so already stands')
  t.match(report.denied, [{ path: 'docs/a.md' }, { path: 'src/run.sh' }])
  t.equal(await fixture.agent('cat docs/a.md; ls src'), 'a\ncart.js\nplain.js\nprice.js\n')
  const denials = fixture.entries.flatMap((entry) => entry.kind === 'decision' && entry.decision.verdict === 'deny' ? [entry.decision] : [])
  t.match(denials, [1, 2].map(() => ({ rule: 'weir.obligation_unfulfilled', feedback: /mode must be "100644"/ })))
})

await t.test('what tools make again and the agent\'s own repository are left alone', async (t) => {
  const fixture = await open(t)
  await fixture.agent('mkdir -p node_modules/x .git/hooks dist; echo x > node_modules/x/i.js; ln -s x node_modules/y; echo evil > .git/hooks/post-commit; echo x > dist/a; echo ok > src/ok.js')
  const report = await fixture.collect()
  t.same(report.committed, ['src/ok.js'])
  t.equal(report.ignored, 3)
  t.equal(await fixture.agent('cat node_modules/x/i.js dist/a'), 'x\nx\n')
})
