import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { candidatesOf, type Candidate } from '../../../../gateway/planes/file/candidates.ts'
import { scanWorkspace } from '../../../../gateway/planes/file/scan-workspace.ts'
import { openSessionFiles } from '../../../../gateway/planes/file/session-files.ts'
import { NO_SNAPSHOTS } from '../../../../gateway/planes/file/snapshots.ts'
import { openWorkspaceFs } from '../../../../sandbox/workspace-fs.ts'
import { until } from '../../../support/until.ts'
import { classOf, open, POLICY } from './workspace-fixture.ts'

const SETTLED = 'sleep 0.2' // longer than a change is too young to have a stamp

await t.test('a turn reads what changed since the last one, and not what the session changed before', async (t) => {
  const fixture = await open(t)
  const worker = openWorkspaceFs(fixture.mount)
  t.teardown(() => worker.close())
  const reads: string[] = []
  const fs = { ...worker, read: (path: string, max: number) => { reads.push(path); return worker.read(path, max) } }
  const files = await openSessionFiles(fixture.project, fixture.mount)
  const turn = async (): Promise<{ readonly read: string[], readonly asked: string[] }> => {
    reads.length = 0
    const scan = await scanWorkspace(fs, { classOf, maxChanges: 100 })
    const candidates = await candidatesOf(scan, { fs, project: fixture.project, classOf, limits: { fileBytes: 1_000 }, snapshots: NO_SNAPSHOTS, view: files.view, contents: files.contents, collisions: files.collisions, waiting: async (path) => files.held.get(path)?.candidate ?? null })
    const isHeld = ({ path }: Candidate): boolean => path === 'package.json'
    files.committed(candidates.flatMap((candidate) => isHeld(candidate) ? [] : candidate.change ?? []))
    files.held = new Map(candidates.filter(isHeld).map((candidate) => [candidate.path, { digest: candidate.call.digest, approval: 'apr_1', candidate }]))
    return { read: [...reads], asked: candidates.map(({ path }) => path) }
  }
  await fixture.agent(`echo one > src/one.js; echo two > src/two.js; ${SETTLED}`)
  t.same(await turn(), { read: ['src/one.js', 'src/two.js'], asked: ['src/one.js', 'src/two.js'] })
  t.same(await turn(), { read: [], asked: [] })
  await fixture.agent(`echo six > src/two.js; touch -d @1 src/two.js; ${SETTLED}`)
  t.same(await turn(), { read: ['src/two.js'], asked: ['src/two.js'] }, 'of the same size')
  await fixture.agent(`mv src/two.js src/x; mv src/one.js src/two.js; mv src/x src/one.js; ${SETTLED}`)
  t.same(await turn(), { read: ['src/one.js', 'src/two.js'], asked: ['src/one.js', 'src/two.js'] }, 'exchanged')
  files.committed([{ path: 'src/one.js', next: { mode: '100755', id: '1'.repeat(40) } }])
  t.same(await turn(), { read: ['src/one.js'], asked: ['src/one.js'] }, 'the project has something else there now')
  await fixture.agent(`echo one > package.json; ${SETTLED}`)
  t.same(await turn(), { read: ['package.json'], asked: ['package.json'] })
  t.same(await turn(), { read: [], asked: ['package.json'] }, 'what waits is asked about again, by what was read')
  await fixture.agent(`echo two > package.json; ${SETTLED}`)
  t.same(await turn(), { read: ['package.json'], asked: ['package.json'] }, 'but not when it is another')
  await until(async () => {
    await worker.write('src/young.js', 0o644, Buffer.from('x'))
    const [change] = (await scanWorkspace(fs, { classOf, maxChanges: 100 })).changes.filter(({ path }) => path === 'src/young.js')
    return change?.stamp === ''
  })
  await turn()
  t.notOk(files.contents.has('src/young.js'), 'what was written just now may be written again in the same tick')
})

await t.test('the class of a path is worked out once, and again under another policy', async (t) => {
  const asked: string[] = []
  let revision = 'r1'
  const fixture = await open(t, {
    policy: { ...POLICY, get revision () { return revision } },
    classOf (path) {
      asked.push(path)
      return revision === 'r2' && path === 'src/new.js' ? 'secret' : classOf(path)
    },
  })
  await fixture.agent('echo new > src/new.js')
  t.same((await fixture.collect()).committed, ['src/new.js'])
  asked.length = 0
  await fixture.agent('echo newer > src/new.js')
  t.same((await fixture.collect()).committed, ['src/new.js'])
  t.notOk(asked.includes('src/new.js'))
  revision = 'r2'
  t.same((await fixture.collect()).denied.map(({ path }) => path), ['src/new.js'])
})

await t.test('what was written without a new change time is committed at the end of the session', async (t) => {
  const fixture = await open(t)
  const script = "import mmap,sys;f=open('src/map.js','r+b');m=mmap.mmap(f.fileno(),3);m[0:3]=b'two';print('ready',flush=True);sys.stdin.readline();m[0:3]=b'six';print('done',flush=True);sys.stdin.readline()"
  await fixture.agent('printf one > src/map.js')
  const program = spawn('nsenter', ['-t', String(fixture.mount.holderPid), '-U', '-m', '--preserve-credentials', 'sh', '-ec', `cd ${fixture.mount.mergedDir}; exec python3 -c "${script}"`], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(async () => {
    const gone = once(program, 'exit')
    program.stdin.end()
    if (program.exitCode === null) await gone
  })
  await once(program.stdout, 'data')
  await fixture.agent(SETTLED)
  await fixture.collect()
  t.equal(await fixture.git('show', 'weir/dev:src/map.js'), 'two')
  program.stdin.write('\n')
  await once(program.stdout, 'data')
  await fixture.collect('end')
  t.equal(await fixture.git('show', 'weir/dev:src/map.js'), 'six')
})
