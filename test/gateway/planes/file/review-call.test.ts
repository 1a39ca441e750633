import t from 'tap'
import { unseen } from '../../../../gateway/planes/file/review-call.ts'
import { openSessionFiles } from '../../../../gateway/planes/file/session-files.ts'
import { FILES, open, POLICY } from './workspace-fixture.ts'

const FIRST = { ...FILES, '.github/ci.yml': 'on: push\n' }

await t.test('between two calls what is denied goes, and nothing is committed or asked about', async (t) => {
  const fixture = await open(t, { files: FIRST })
  await fixture.agent('echo evil > .github/ci.yml; ln -s /etc/passwd link; echo K=1 > .env; echo ok > src/ok.js; echo "{ }" > package.json')
  const report = await fixture.collect('calls')
  t.same(report.denied.map(({ path }) => path), ['.env', '.github/ci.yml', 'link'])
  t.match(report, { commit: null, committed: [], pending: [] })
  t.equal(await fixture.agent('cat .github/ci.yml; ls -A'), 'on: push\n.github\nREADME.md\ndocs\npackage.json\nsrc\n')
  t.same(fixture.entries.flatMap((entry) => entry.kind === 'decision' ? [entry.decision.verdict] : []), ['deny', 'deny', 'deny'])
  const end = await fixture.collect()
  t.same(end.committed, ['src/ok.js'], 'the turn is one commit')
  t.same(end.pending.map(({ path }) => path), ['package.json'])
})

await t.test('a file that was looked at is looked at again when it changes, when policy does and when the role does', async (t) => {
  let isStrict = false
  const asked: string[] = []
  const policy = {
    get revision () { return isStrict ? 'r2' : 'r1' },
    evaluate (input: Parameters<typeof POLICY.evaluate>[0]) {
      asked.push(String(input.tool?.args['path']))
      const decision = POLICY.evaluate(input)
      return isStrict ? { ...decision, verdict: 'deny' as const, rule: 'test.strict' } : decision
    },
  }
  const fixture = await open(t, { policy })
  await fixture.agent('echo one > src/one.js; sleep 0.2')
  await fixture.collect('calls')
  await fixture.collect('calls')
  t.same(asked, ['src/one.js'])
  await fixture.agent('echo two > src/one.js')
  await fixture.collect('calls')
  t.same(asked, ['src/one.js', 'src/one.js'])
  isStrict = true
  t.same((await fixture.collect('calls')).denied.map(({ rule }) => rule), ['test.strict'])
  t.equal(await fixture.agent('ls src'), 'cart.js\nprice.js\n')
})

await t.test('a file that is too young for its time to say that nothing changed is always looked at', async (t) => {
  const change = { path: 'a.js', raw: 'a.js', kind: 'file', mode: 0o644, size: 1, mtimeMs: 1, stamp: '', link: null, problem: null } as const
  const fixture = await open(t)
  const files = await openSessionFiles(fixture.project, fixture.mount)
  const context = { plane: 'file', actor: { id: 'a', role: 'author', groups: [], org: 'o' }, app: 'shop', environment: 'DEV', session: null } as const
  const look = (stamp: string): number => unseen({ changes: [{ ...change, stamp }], ignored: 0, overLimit: false }, files, context, { revision: () => 'r1', preview: () => { throw new Error('not asked') } }).changes.length
  for (const [stamp, looked] of [['', 1], ['1', 0]] as const) {
    files.looked.set('a.js', { stamp, revision: 'r1', role: 'author' })
    t.equal(look(stamp), looked)
  }
})

await t.test('too many changes are refused between two calls as well', async (t) => {
  const fixture = await open(t, { limits: { fileBytes: 10, changedFiles: 3 } })
  await fixture.agent('for i in 1 2 3 4; do echo $i > many$i; done')
  t.match((await fixture.collect('calls')).denied, [{ path: '.', rule: 'weir.unreadable_call' }])
})
