import { readFile, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { Language, Parser } from 'web-tree-sitter'
import { plainSyntax } from '../../../../gateway/classify/shell/plain-syntax.ts'
import { copySyntax } from '../../../../gateway/classify/shell/syntax.ts'
import { packageRoot } from '../../../../gateway/package-root.ts'

const WORDS = [
  'ls', 'git', 'a1', '1a', 'a-b', '_', '__', 'A_B', '-', '--', '-x', '--fix', '-a-', '-50', '10', '0', '007', '-0', '1-', '-1-', '10.5', '1,2', '1:2', '1/2', '10@3', '0x1F', '-0x1', '0xZ',
  '+', '+x', '+1', '%', '%1', '@', '@x', ',', ',a', 'a,b', ':', ':x', 'a:b', '.', '..', './x', '/', '/a', 'a/b/', 'x.ts', 'HEAD~1', 'a~', '-~', ':~', 'a:~b',
  'test', 'let', 'eval', 'exec', 'source', 'trap', 'read', 'true', 'not', 'alias', 'set', 'shift', 'echo', 'cd', 'if', 'in', 'do', 'done', 'select', 'time', 'export', 'declare', 'unset', 'function',
  '"x"', '"a b"', '"-n"', '"a=b c"', '"1"', '"a  b"', '"a  b  c"', '"@x"', '"a @b"', '"%"', '":a"', '"a: b"', '"a, b."', '"1 2"', '" a"', '"$a"', '"a`b"', '""',
  "'x'", "'a b'", "'a=b'", "'-'", "'a  b'", "' a'", 'a=b', '*', '~', '~/a', '$a', '{a,b}', '!', '#', 'a#', '>', '2>&1', ';', '&', '\\',
] as const
const JOINS = [' ', ' ', ' ', ' ', ' && ', ' || ', ' | ', ' ; ', '  ', '', '\n', '|', ' |& '] as const

await Parser.init()
const parser = new Parser()
parser.setLanguage(await Language.load(createRequire(import.meta.url).resolve('tree-sitter-bash/tree-sitter-bash.wasm')))

// Of three commands or more in one pipeline and `&&` behind them the grammar makes a list of the last, inside of the pipeline. The shell does not.
const MISREAD = /\|[^|&;\n]*\|[^|&;\n]*(?:&&|\|\|)/

/** Whether a text is plain; fails when its tree is not that of the grammar. */
function isPlain (text: string): boolean {
  const plain = plainSyntax(text)
  if (plain === null) return false
  const tree = parser.parse(text)
  if (tree === null) throw new Error('the grammar gives no tree')
  const copied = copySyntax(tree, text)
  tree.delete()
  if (!copied.ok || (!MISREAD.test(text) && JSON.stringify(copied.root) !== JSON.stringify(plain))) throw new Error(`${text} has another tree by the grammar`)
  return true
}

await t.test('a plain text has the tree that the grammar gives it', (t) => {
  let plain = 0
  fc.assert(fc.property(fc.constantFrom(...WORDS), fc.array(fc.tuple(fc.constantFrom(...JOINS), fc.constantFrom(...WORDS)), { maxLength: 9 }), (first, others) => {
    if (isPlain(`${first}${others.flat().join('')}`)) plain += 1
  }), { numRuns: 8_000 })
  t.ok(plain > 100, `${plain} of 8,000 are plain`)
  for (const one of WORDS) for (const other of WORDS) isPlain(`x ${one} ${other}`)
  t.end()
})

await t.test('a long pipeline is one part of a list, as the shell has it', (t) => {
  for (const operator of ['&&', '||']) t.match(plainSyntax(`ls | ls | ls ${operator} ls`), { type: 'program', children: [{ type: 'list', children: [{ type: 'pipeline', text: 'ls | ls | ls' }, { type: operator }, { type: 'command', text: 'ls' }] }] })
  t.end()
})

await t.test('so it is for the commands of the corpus, of which many are plain', async (t) => {
  const folder = join(packageRoot(), 'test/corpus')
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  const calls = (await Promise.all(files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as ReadonlyArray<{ readonly args?: { readonly command?: unknown } }>))).flat()
  const commands = calls.flatMap(({ args }) => typeof args?.command === 'string' ? [args.command] : [])
  const plain = commands.filter(isPlain).length
  t.ok(plain > 500, `${plain} of ${commands.length} are plain`)
})

await t.test('what has a meaning of its own is left to the grammar', (t) => {
  for (const text of [
    '', ' ls', 'ls ', 'ls  -l', 'ls\n', 'ls;ls', 'ls & ls', 'ls &', 'ls |', 'a=b ls', 'ls a=b', 'ls *', 'ls ~', 'ls $a', 'ls `a`', 'ls "$a"', 'ls "a\\b"', 'ls \\a', 'ls > a', 'ls <a', 'ls {a,b}',
    'ls (a)', '! ls', 'if ls', 'ls done', 'time ls', 'export a', '- a', '10 a', '"ls" a', "'ls'", 'ls # a', 'ls #a', 'ls ""', 'ls "a', 'ls \u00a0a', 'ls ä', 'ls 0x1', 'ls a"b"', `ls ${'a'.repeat(1_024)}`,
  ]) t.equal(plainSyntax(text), null, text)
  t.end()
})
