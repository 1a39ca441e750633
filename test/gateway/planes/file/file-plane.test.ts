import t from 'tap'
import { createHash } from 'node:crypto'
import { openFixture, type Fixture, type FixtureOptions } from './workspace-fixture.ts'

const FILES = {
  'README.md': '# Shop\n',
  'package.json': '{}\n',
  'src/cart.js': 'export const cart = []\n',
  'src/price.js': 'export const price = 1\n',
  'docs/a.md': 'a\n',
  'docs/b.md': 'b\n',
  '.env': 'KEY=real\n',
}

async function open (test: { teardown (end: () => Promise<void>): unknown }, options: Partial<FixtureOptions> = {}): Promise<Fixture> {
  const fixture = await openFixture({ files: FILES, ...options })
  test.teardown(() => fixture.close())
  return fixture
}

const decisions = (fixture: Fixture): string[] => fixture.entries.flatMap((entry) => entry.kind === 'decision' ? [`${entry.decision.verdict} ${String(entry.input.tool?.args['path'] ?? '?')}`] : [])
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
  await fixture.agent('echo 1 > src/one.js; echo 2 > src/two.js')
  const { commit } = await fixture.collect()
  t.equal(await fixture.git('log', '-1', '--format=%an <%ae>|%cn', 'weir/dev'), 'alice@acme.test <alice@acme.test>|Weir')
  t.equal(await fixture.git('log', '-1', '--format=%(trailers:only)', 'weir/dev'), 'Weir-Session: wses_1\nWeir-Entry: 0, 1\nWeir-Rule: test.allow\nWeir-Revision: r1')
  const outcomes = fixture.entries.filter((entry) => entry.kind === 'outcome')
  t.same(outcomes.map(({ of, status, detail }) => [of, status, detail['commit']]), [[0, 'done', commit], [1, 'done', commit]])
  t.match(fixture.entries.at(-1), { kind: 'event', name: 'change-set-committed', detail: { commit, files: 2, pending: 0, denied: 0 } })
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

await t.test('a pending change stays, is asked about once, and is committed when approved', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo \'{"a":1}\' > package.json; echo ok > src/ok.js')
  const first = await fixture.collect()
  t.same(first.committed, ['src/ok.js'])
  t.same(first.pending.map(({ path }) => path), ['package.json'])
  t.same((await fixture.collect()).pending, first.pending)
  t.same(decisions(fixture), ['pending package.json', 'allow src/ok.js'])
  fixture.approved.add(String(first.pending[0]?.approval.slice(4)))
  t.same((await fixture.collect()).committed, ['package.json'])
  t.equal(await fixture.git('show', 'weir/dev:package.json'), '{"a":1}')
})

await t.test('an approval does not cover other content', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo one > package.json')
  const first = await fixture.collect()
  fixture.approved.add(String(first.pending[0]?.approval.slice(4)))
  await fixture.agent('echo two > package.json')
  const second = await fixture.collect()
  t.same(second.committed, [])
  t.not(second.pending[0]?.approval, first.pending[0]?.approval)
})

await t.test('what tools make again and the agent\'s own repository are left alone', async (t) => {
  const fixture = await open(t)
  await fixture.agent('mkdir -p node_modules/x .git/hooks dist; echo x > node_modules/x/i.js; ln -s x node_modules/y; echo evil > .git/hooks/post-commit; echo x > dist/a; echo ok > src/ok.js')
  const report = await fixture.collect()
  t.same(report.committed, ['src/ok.js'])
  t.equal(report.ignored, 3)
  t.equal(await fixture.agent('cat node_modules/x/i.js dist/a'), 'x\nx\n')
})

await t.test('what was decided is committed, although the agent changed it meanwhile', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo good > src/cart.js')
  fixture.duringDecision = async () => { await fixture.agent('echo evil > src/cart.js') }
  await fixture.collect()
  t.equal(await fixture.git('show', 'weir/dev:src/cart.js'), 'good')
  fixture.duringDecision = async () => undefined
  t.same((await fixture.collect()).committed, ['src/cart.js'], 'the later content is decided in the next turn')
})

await t.test('a decision about another path than the one that changed allows nothing', async (t) => {
  const fixture = await open(t, { classify: (call) => ({ tool: call.tool, permission: 'edit', targets: [{ path: 'src/harmless.js', class: 'source', access: 'write' }], command: null, url: null }) })
  await fixture.agent('mkdir .github; echo evil > .github/ci.yml')
  const report = await fixture.collect()
  t.equal(report.commit, null)
  t.match(fixture.entries.at(-1), { kind: 'outcome', status: 'failed', detail: { reason: 'path-moved' } })
})

await t.test('a branch that moved elsewhere is built upon; one that moved here is a conflict', async (t) => {
  const fixture = await open(t)
  await fixture.git('branch', '-f', 'weir/dev', await other(fixture, 'docs/b.md', 'theirs'))
  await fixture.agent('echo ours > src/cart.js')
  t.same((await fixture.collect()).committed, ['src/cart.js'])
  t.equal(await fixture.git('show', 'weir/dev:docs/b.md'), 'theirs')
  const tip = await other(fixture, 'src/cart.js', 'theirs')
  await fixture.git('branch', '-f', 'weir/dev', tip)
  await fixture.agent('echo ours again > src/cart.js; echo ours > src/price.js')
  const report = await fixture.collect()
  t.same(report.conflicts, ['src/cart.js'])
  t.equal(report.commit, null)
  t.equal(await fixture.git('rev-parse', 'weir/dev'), tip, 'all of the turn or nothing')
  t.match(fixture.entries.at(-1), { kind: 'event', name: 'commit-conflict', detail: { paths: ['src/cart.js'], count: 1, files: 2 } })
  t.equal(await fixture.agent('cat src/price.js'), 'ours\n', 'the changes stay in the workspace')
})

await t.test('a file over the limit is denied, and so is a turn of too many files', async (t) => {
  const fixture = await open(t, { limits: { fileBytes: 10, changedFiles: 3 } })
  await fixture.agent('echo 0123456789 > big; echo 012345678 > fits')
  t.match(await fixture.collect(), { committed: ['fits'], denied: [{ path: 'big' }] })
  await fixture.agent('for i in 1 2 3 4; do echo $i > many$i; done')
  t.match(await fixture.collect(), { commit: null, committed: [], denied: [{ path: '.', rule: 'weir.unreadable_call' }] })
})

/** A commit on top of weir/dev in which somebody else changed one file. */
async function other (fixture: Fixture, path: string, text: string): Promise<string> {
  const index = `${fixture.mount.mergedDir}.index`
  const { execFileSync } = await import('node:child_process')
  const git = (input: string, ...args: string[]): string => execFileSync('git', ['-C', fixture.repository, '-c', 'user.name=O', '-c', 'user.email=o@acme.test', ...args], { input, env: { ...process.env, GIT_INDEX_FILE: index } }).toString().trim()
  const blob = git(text, 'hash-object', '-w', '--stdin')
  git('', 'read-tree', 'weir/dev')
  git('', 'update-index', '--cacheinfo', `100644,${blob},${path}`)
  return git('theirs', 'commit-tree', git('', 'write-tree'), '-p', 'weir/dev')
}
