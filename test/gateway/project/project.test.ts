import t from 'tap'
import { chmod, chown, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Permit } from '../../../gateway/core/permit.ts'
import type { Change } from '../../../gateway/project/change.ts'
import { openProject, type Project } from '../../../gateway/project/project.ts'
import { classOf, git, gitWithInput, permittedChange } from './project-folder.ts'
import { testFolder } from '../../support/test-folder.ts'

interface Place { readonly folder: string, readonly dataDir: string, open (environments?: object): Promise<Project> }

function place (test: Pick<typeof t, 'testdir' | 'teardown'>, tree: Parameters<typeof t.testdir>[0] = {}): Place {
  const dir = testFolder(test, { project: tree, data: {} })
  const [folder, dataDir] = [join(dir, 'project'), join(dir, 'data')]
  return { folder, dataDir, open: (environments = { DEV: {} }) => openProject({ app: 'shop', config: { project: folder, testCommand: 'npm test', environments }, dataDir, classOf }) }
}

async function repository (at: Place): Promise<void> {
  await git(at.folder, 'init', '--quiet', '--initial-branch=main')
  await git(at.folder, 'add', '--all', '--force')
  await git(at.folder, 'commit', '--quiet', '--allow-empty', '-m', 'Start')
}

async function writing (project: Project, at: Place, path: string, text: string, base: Change['base'] = null): Promise<Parameters<Project['commit']>[1]> {
  const snapshot = join(at.dataDir, `snapshot-${project.fileId(Buffer.from(text))}`)
  await writeFile(snapshot, text)
  const change = await permittedChange({ path, next: { mode: '100644', id: project.fileId(Buffer.from(text)) }, base }, snapshot)
  return { changes: [change], author: 'alice', subject: `Change ${path}`, trailers: [] }
}

await t.test('a plain folder is imported once, without secrets, ignored files and links that lead out', async (t) => {
  const at = place(t, { 'a.js': 'a', '.env': 'KEY', '.gitignore': 'ignored\n', ignored: 'x', node_modules: { 'i.js': 'x' }, sub: { 'run.sh': '#!/bin/sh' } })
  await chmod(join(at.folder, 'sub/run.sh'), 0o755)
  await symlink('../a.js', join(at.folder, 'sub/in'))
  await symlink('/etc/passwd', join(at.folder, 'out'))
  const project = await at.open()
  const { commit } = await project.materialise('DEV', classOf)
  t.same([...await project.tree(commit)].map(([path, { mode }]) => `${mode} ${path}`), ['100644 .gitignore', '100644 a.js', '120000 sub/in', '100755 sub/run.sh'])
  await writeFile(join(at.folder, 'later.js'), 'x')
  t.equal((await (await at.open()).materialise('DEV', classOf)).commit, commit, 'opened again, it is not imported again')
})

await t.test('a plain folder inside another repository is a plain folder', async (t) => {
  const at = place(t, { inner: { 'a.js': 'a' } })
  await repository(at)
  const project = await openProject({ app: 'shop', config: { project: join(at.folder, 'inner'), testCommand: '', environments: {} }, dataDir: at.dataDir, classOf })
  t.same([...await project.tree((await project.materialise('DEV', classOf)).commit)].map(([path]) => path), ['a.js'])
  t.equal(await git(at.folder, 'branch', '--list', 'weir/*'), '')
})

await t.test('a repository is its own authority, bare or not, and a repository without commits starts empty', async (t) => {
  const at = place(t, { 'a.js': 'a' })
  await repository(at)
  const { commit } = await (await at.open()).materialise('DEV', classOf)
  t.equal(await git(at.folder, 'rev-parse', 'weir/dev'), commit)
  const bare = place(t)
  await git(bare.folder, 'init', '--quiet', '--bare')
  const project = await bare.open()
  const release = await project.materialise('DEV', classOf)
  t.equal((await project.tree(release.commit)).size, 0)
  t.same(await project.commit('DEV', await writing(project, bare, 'a.js', 'a')), { kind: 'committed', commit: await git(bare.folder, 'rev-parse', 'weir/dev') })
})

await t.test('a linked work tree and a repository of another owner are authorities too', async (t) => {
  const at = place(t, { 'a.js': 'a' })
  await repository(at)
  const linked = join(at.dataDir, 'linked')
  await git(at.folder, 'worktree', 'add', '--quiet', '-b', 'side', linked)
  if (process.getuid?.() === 0) await chown(join(at.folder, '.git'), 65_534, 65_534)
  const project = await openProject({ app: 'shop', config: { project: linked, testCommand: '', environments: {} }, dataDir: at.dataDir, classOf })
  const { commit } = await project.materialise('DEV', classOf)
  if (process.getuid?.() === 0) await chown(join(at.folder, '.git'), 0, 0)
  t.equal(await git(at.folder, 'rev-parse', 'weir/dev'), commit)
})

await t.test('a checked-out branch and an impossible one are refused', async (t) => {
  const at = place(t, { 'a.js': 'a' })
  await repository(at)
  await t.rejects(at.open({ DEV: { branch: 'main' } }), { code: 'WEIR_ERR_CONFIG_INVALID' })
  await t.rejects(at.open({ DEV: { branch: 'a..b' } }), { code: 'WEIR_ERR_CONFIG_INVALID' })
  await git(at.folder, 'worktree', 'add', '--quiet', '-b', 'side', join(at.dataDir, 'side'))
  await t.rejects(at.open({ DEV: { branch: 'side' } }), { code: 'WEIR_ERR_CONFIG_INVALID' }, 'checked out elsewhere')
  await t.rejects(openProject({ app: '../x', config: { project: at.folder, testCommand: '', environments: {} }, dataDir: at.dataDir, classOf }), { code: 'WEIR_ERR_CONFIG_INVALID' })
  await t.rejects(openProject({ app: 'x', config: { project: join(at.folder, 'none'), testCommand: '', environments: {} }, dataDir: at.dataDir, classOf }), { code: 'WEIR_ERR_PROJECT' })
})

await t.test('a release holds files and inner links, no secret, no submodule, no link that leads out', async (t) => {
  const at = place(t, { 'a.js': 'a', '.env': 'KEY', sub: { 'run.sh': 'x' } })
  await chmod(join(at.folder, 'sub/run.sh'), 0o775)
  await symlink('../a.js', join(at.folder, 'sub/in'))
  for (const [name, target] of [['out', '/etc/passwd'], ['up', '../../x'], ['twist', 'sub/in/../../..']] as const) await symlink(target, join(at.folder, name))
  await repository(at)
  await git(at.folder, 'update-index', '--add', '--cacheinfo', `160000,${await git(at.folder, 'rev-parse', 'HEAD')},module`)
  await git(at.folder, 'commit', '--quiet', '-m', 'Module')
  const project = await at.open()
  const { lowerDir, commit } = await project.materialise('DEV', classOf)
  t.same((await readdir(lowerDir, { recursive: true })).sort(), ['a.js', 'sub', 'sub/in', 'sub/run.sh'])
  t.equal((await lstat(join(lowerDir, 'sub/run.sh'))).mode & 0o7777, 0o755)
  t.equal((await lstat(join(lowerDir, 'a.js'))).mode & 0o7777, 0o644)
  t.equal(project.commitOf(lowerDir), commit)
  t.throws(() => project.commitOf('/tmp'), { code: 'WEIR_ERR_PROJECT' })
})

await t.test('a release is written once, and again when another path has become secret', async (t) => {
  const at = place(t, { 'a.js': 'a', 'b.js': 'b' })
  await repository(at)
  const project = await at.open()
  const [one, two] = await Promise.all([project.materialise('DEV', classOf), project.materialise('DEV', classOf)])
  t.equal(one.lowerDir, two.lowerDir)
  const stricter = await project.materialise('DEV', (path) => path === 'b.js' ? 'secret' : classOf(path))
  t.same(await readdir(stricter.lowerDir), ['a.js'])
  t.same(await readdir(one.lowerDir), ['a.js', 'b.js'])
  t.same((await readdir(join(at.dataDir, 'releases/shop'))).filter((name) => name.startsWith('.')), [])
})

await t.test('a malformed tree writes nothing outside its release and nothing through a link', async (t) => {
  const at = place(t, { 'a.js': 'a' })
  await repository(at)
  const blob = gitWithInput(at.folder, 'evil', 'hash-object', '-w', '--stdin')
  const link = gitWithInput(at.folder, 'a', 'hash-object', '-w', '--stdin')
  const object = (...entries: [string, string, string][]): string => gitWithInput(at.folder, Buffer.concat(entries.map(([mode, name, id]) => Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]))), 'hash-object', '-w', '-t', 'tree', '--stdin', '--literally')
  const inner = object(['100644', 'x', blob])
  const tips = [
    object(['40000', '..', inner]), object(['40000', '.git', inner]), object(['100644', 'a/../../b', blob]),
    object(['120000', 'd', link], ['40000', 'd', inner]),
  ]
  const written: string[] = []
  for (const tree of tips) {
    await git(at.folder, 'branch', '-f', 'weir/dev', gitWithInput(at.folder, 'm', 'commit-tree', tree))
    const release = await (await at.open()).materialise('DEV', classOf).catch((error: unknown) => error)
    written.push('lowerDir' in Object(release) ? (await readdir((release as { lowerDir: string }).lowerDir)).join() : 'refused')
  }
  t.same(written, ['', '', '', 'refused'])
  t.same((await readdir(join(at.dataDir, 'releases/shop'), { recursive: true })).filter((name) => /(^|\/)(x|b)$/.test(name)), [])
})

await t.test('a hostile repository config starts nothing', async (t) => {
  const at = place(t, { 'a.js': 'a', '.gitattributes': '* filter=evil diff=evil text\n' })
  await repository(at)
  const marker = join(at.dataDir, 'marker')
  const program = join(at.dataDir, 'evil')
  await writeFile(program, `#!/bin/sh\necho ran >> ${marker}\n`, { mode: 0o755 })
  await mkdir(join(at.dataDir, 'hooks'))
  for (const hook of ['reference-transaction', 'post-index-change', 'post-commit', 'pre-commit', 'post-checkout', 'pre-auto-gc']) await symlink(program, join(at.dataDir, 'hooks', hook))
  await writeFile(join(at.dataDir, 'included'), `[core]\n\thooksPath = ${at.dataDir}/hooks\n\tfsmonitor = ${program}\n\tsshCommand = ${program}\n\tpager = ${program}\n\tgitProxy = ${program}\n[gpg]\n\tprogram = ${program}\n[commit]\n\tgpgSign = true\n[filter "evil"]\n\tclean = ${program}\n\tsmudge = ${program}\n\tprocess = ${program}\n\trequired = true\n[diff "evil"]\n\ttextconv = ${program}\n[protocol "ext"]\n\tallow = always\n[credential]\n\thelper = ${program}\n[remote "evil"]\n\turl = ext::${program}\n\tpromisor = true\n`)
  await git(at.folder, 'config', 'core.repositoryFormatVersion', '1')
  await git(at.folder, 'config', 'extensions.partialClone', 'evil')
  await git(at.folder, 'config', 'include.path', join(at.dataDir, 'included'))
  await git(at.folder, 'update-ref', 'refs/heads/control', 'HEAD')
  t.match(await readFile(marker, 'utf8'), /ran/, 'the trap works on unprotected git')
  await rm(marker)
  const project = await at.open()
  const { commit } = await project.materialise('DEV', classOf)
  const result = await project.commit('DEV', await writing(project, at, 'b.js', 'b\r\n'))
  t.equal(result.kind, 'committed')
  t.equal(await readFile(marker, 'utf8').catch(() => 'absent'), 'absent')
  const id = String((await project.tree(commit)).get('a.js')?.id)
  await rm(join(at.folder, '.git/objects', id.slice(0, 2), id.slice(2)))
  await t.rejects(project.materialise('DEV', classOf), { code: 'WEIR_ERR_PROJECT' }, 'a missing object is not fetched')
  t.equal(await readFile(marker, 'utf8').catch(() => 'absent'), 'absent')
})

await t.test('without the permit for exactly this change nothing is committed', async (t) => {
  const at = place(t, { 'a.js': 'a' })
  await repository(at)
  const project = await at.open()
  const { commit } = await project.materialise('DEV', classOf)
  const request = await writing(project, at, 'b.js', 'b')
  const [change] = request.changes
  if (change === undefined) throw new Error('no change')
  const forged = { entry: 0, digest: change.permit.digest } as unknown as Permit
  await t.rejects(project.commit('DEV', { ...request, changes: [{ ...change, permit: forged }] }), { code: 'WEIR_ERR_PROJECT' })
  await t.rejects(project.commit('DEV', { ...request, changes: [{ ...change, path: 'c.js' }] }), { code: 'WEIR_ERR_PROJECT' })
  await writeFile(String(change.snapshot), 'other bytes')
  await t.rejects(project.commit('DEV', request), { code: 'WEIR_ERR_PROJECT' }, 'nor other bytes than were decided')
  t.equal(await git(at.folder, 'rev-parse', 'weir/dev'), commit)
})

await t.test('commits at the same moment all arrive, one after the other', async (t) => {
  const at = place(t, { 'a.js': 'a' })
  await repository(at)
  const project = await at.open()
  await project.materialise('DEV', classOf)
  const requests = await Promise.all(['1', '2', '3', '4'].map((name) => writing(project, at, `${name}.js`, name)))
  const results = await Promise.all(requests.map((request) => project.commit('DEV', request)))
  t.same(results.map(({ kind }) => kind), ['committed', 'committed', 'committed', 'committed'])
  t.equal(await git(at.folder, 'rev-list', '--count', 'main..weir/dev'), '4')
  t.equal(await git(at.folder, 'ls-tree', '--name-only', 'weir/dev'), '1.js\n2.js\n3.js\n4.js\na.js')
})

await t.test('an author cannot forge another header or trailer', async (t) => {
  const at = place(t, { 'a.js': 'a' })
  await repository(at)
  const project = await at.open()
  const request = await writing(project, at, 'b.js', 'b')
  await project.commit('DEV', { ...request, author: 'mallory <root@acme.test>\ncommitter x', subject: 'a\n\nWeir-Rule: forged', trailers: [['Weir-Session', 'wses_1\nWeir-Rule: forged']] })
  t.equal(await git(at.folder, 'log', '-1', '--format=%cn|%(trailers:key=Weir-Rule)', 'weir/dev'), 'Weir|')
})

await t.test('a repository with SHA-256 ids works the same', async (t) => {
  const at = place(t, { 'a.js': 'a' })
  await git(at.folder, 'init', '--quiet', '--initial-branch=main', '--object-format=sha256')
  await git(at.folder, 'add', '--all')
  await git(at.folder, 'commit', '--quiet', '-m', 'Start')
  const project = await at.open()
  await project.materialise('DEV', classOf)
  t.equal((await project.commit('DEV', await writing(project, at, 'b.js', 'b'))).kind, 'committed')
  const tip = (await project.materialise('DEV', classOf)).commit
  const removal = await permittedChange({ path: 'b.js', next: null, base: (await project.tree(tip)).get('b.js') ?? null }, null)
  t.equal((await project.commit('DEV', { changes: [removal], author: 'alice', subject: 'Delete', trailers: [] })).kind, 'committed')
  t.equal(await git(at.folder, 'ls-tree', '--name-only', 'weir/dev'), 'a.js')
})
