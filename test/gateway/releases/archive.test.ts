import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync, readFileSync, readlinkSync, lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { createGit } from '../../../gateway/project/git.ts'
import { writeTree } from '../../../gateway/project/private-index.ts'
import { readTree, type Tree, type TreeMode } from '../../../gateway/project/tree.ts'
import { archive, archiveFacts } from '../../../gateway/releases/archive.ts'
import { treeId } from '../../../gateway/releases/tree-id.ts'
import { testFolder } from '../../support/test-folder.ts'

const LONG = `${'deep/'.repeat(30)}ä-${'x'.repeat(120)}`

const dir = testFolder(t)
execFileSync('git', ['init', '-q', '--bare', join(dir, 'r.git')])
const git = createGit(join(dir, 'r.git'))

async function treeOf (files: ReadonlyArray<readonly [string, TreeMode, string]>): Promise<Tree> {
  const entries: Array<readonly [string, { mode: TreeMode, id: string }]> = []
  for (const [path, mode, content] of files) entries.push([path, { mode, id: await git.text(['hash-object', '-w', '--stdin', '--no-filters'], { input: content }) }])
  return new Map(entries)
}

async function bytesOf (tree: Tree): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of archive(git, tree)) parts.push(part)
  return Buffer.concat(parts)
}

await t.test('an archive is what tar unpacks to the same files, links and modes, whatever the length of names', async (t) => {
  const files = [['a.js', '100644', 'a'], ['run.sh', '100755', '#!/bin/sh\n'], ['empty', '100644', ''], [LONG, '100644', 'long'], ['link', '120000', 'a.js'], ['far', '120000', LONG], ['exact', '100644', 'x'.repeat(512)]] as const
  const tree = await treeOf(files)
  writeFileSync(join(dir, 'r.tar'), await bytesOf(tree))
  mkdirSync(join(dir, 'out'))
  execFileSync('tar', ['-xf', join(dir, 'r.tar'), '-C', join(dir, 'out')])
  for (const [path, mode, content] of files) {
    const at = join(dir, 'out', path)
    t.equal(mode === '120000' ? readlinkSync(at) : readFileSync(at, 'utf8'), content, path)
    if (mode !== '120000') t.equal((lstatSync(at).mode & 0o111) !== 0, mode === '100755')
  }
  t.equal(dirname(LONG).split('/').length, 30)
})

await t.test('the same files make the same bytes in whatever order they come, and other ones others', async (t) => {
  const files = [['b', '100644', '1'], ['a', '100644', '2'], ['A', '100755', '3'], ['ä', '100644', '4'], ['\u{1f600}', '100644', '5'], ['\uff5e', '100644', '6']] as const
  const facts = await archiveFacts(git, await treeOf(files))
  t.same(await archiveFacts(git, await treeOf(files.toReversed())), facts)
  t.equal(facts.sha256, createHash('sha256').update(await bytesOf(await treeOf(files))).digest('hex'))
  t.not((await archiveFacts(git, await treeOf([...files, ['c', '100644', '']]))).sha256, facts.sha256)
  const asScript = files.map(([path, mode, content]) => [path, path === 'a' ? '100755' : mode, content] as const)
  t.not((await archiveFacts(git, await treeOf(asScript))).sha256, facts.sha256, 'a mode is content')
  await t.rejects(archiveFacts(git, new Map([['m', { mode: '160000', id: '0'.repeat(40) }]])), { code: 'WEIR_ERR_PROJECT' })
})

await t.test('a tree has the id that git gives it', async (t) => {
  const name = fc.stringMatching(/^[a-c.A-]{1,3}$/).filter((text) => text !== '.' && text !== '..')
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'))
  const blob = await git.text(['hash-object', '-w', '--stdin'], { input: 'x' })
  await t.resolves(fc.assert(fc.asyncProperty(fc.uniqueArray(path, { maxLength: 12 }), async (paths) => {
    // A file and a folder of one name are no tree.
    const whole = paths.filter((one) => !paths.some((other) => other.startsWith(`${one}/`)))
    const tree: Tree = new Map(whole.map((one, at) => [one, { mode: at % 2 === 0 ? '100644' : '100755', id: blob }]))
    const written = await writeTree(git, null, [...tree].map(([one, { mode, id }]) => ({ path: one, mode, id })))
    return treeId(tree, 'sha1') === written && treeId(await readTree(git, written), 'sha1') === written
  }), { numRuns: 15 }))
})
