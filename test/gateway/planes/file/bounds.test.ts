import t from 'tap'
import { FILES, open } from './workspace-fixture.ts'

const MIB = 1_048_576
const MAX_GROWTH = 200 * MIB // a tenth of what the largest of these would take if it were read

await t.test('a file of 1 GiB is refused without being read, and the rest of the turn is committed', async (t) => {
  const fixture = await open(t)
  await fixture.agent('truncate -s 1G src/big.bin; echo ok > src/ok.js')
  const before = process.memoryUsage().rss
  const report = await fixture.collect()
  t.ok(process.memoryUsage().rss - before < MAX_GROWTH)
  t.match(report, { committed: ['src/ok.js'], denied: [{ path: 'src/big.bin', feedback: /at most 65536 bytes/ }] })
  t.equal(await fixture.agent('ls src'), 'cart.js\nok.js\nprice.js\n')
})

await t.test('a tree of 1,000 levels is refused and thrown out whole, and the rest of the turn is committed', async (t) => {
  const fixture = await open(t)
  await fixture.agent('echo ok > src/ok.js; mkdir -p deep/$(seq -s / 1000 | tr -d 0-9 | sed s,/,d/,g); echo x > deep/x')
  const report = await fixture.collect()
  t.match(report, { committed: ['deep/x', 'src/ok.js'], denied: [{ path: /^deep(\/d){63,}$/, feedback: /too deeply/ }] })
  t.equal(await fixture.agent('find deep | wc -l; ls -A'), '65\nREADME.md\ndeep\ndocs\npackage.json\nsrc\n', 'nothing is left beside it')
  t.match(await fixture.collect(), { committed: [], denied: [] })
})

await t.test('a turn of more files than may change is refused whole before any is read, stays in the workspace, and is decided when there are fewer', async (t) => {
  const fixture = await open(t, { files: { ...FILES, 'many/0': '' }, limits: { fileBytes: 65_536, changedFiles: 10_000 } })
  await fixture.agent('cd many; seq 1 11000 | xargs touch')
  const before = process.memoryUsage().rss
  const report = await fixture.collect()
  t.ok(process.memoryUsage().rss - before < MAX_GROWTH)
  t.match(report, { commit: null, committed: [], denied: [{ path: '.', feedback: /at most 10000 files/ }] })
  t.equal(await fixture.agent('ls many | wc -l'), '11001\n')
  await fixture.agent('rm -r many; mkdir many; touch many/0; echo ok > many/ok')
  t.same((await fixture.collect()).committed, ['many/ok'])
})
