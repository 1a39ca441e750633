/* eslint-disable no-template-curly-in-string -- texts of other languages */
import fc from 'fast-check'
import t from 'tap'
import { plainQuestion } from '../../../../gateway/classify/programs/plain-question.ts'
import { literal } from '../../../../gateway/classify/shell/facts.ts'
import { askedSnippet } from '../../../../gateway/classify/snippets/asked-snippets.ts'

interface Known { readonly reads: readonly string[], readonly code: readonly string[] }

// What a text reaches which an interpreter gets on its command line: files that it reads, files of the project that it runs.
function known (program: string, flag: string, text: string, more: readonly string[] = []): Known | null {
  const words = [flag, text, ...more].map(literal)
  const question = plainQuestion(program, words, { kind: 'none' }) ?? askedSnippet(program, words, { kind: 'none' }, () => null)
  if (question === null) return null
  const read = question.runs.filter(([name]) => name?.text === 'cat').flatMap(([, , ...files]) => files.map((file) => file.text))
  return { reads: read, code: question.code }
}

await t.test('a one-line program that prints what it computes is known by the files it reads', async (t) => {
  const plain: ReadonlyArray<readonly [string, string, string, readonly string[]]> = [
    ['ruby', '-e', 'puts (1..10).select(&:even?).map { |x| x * 2 }.inspect', []], ['ruby', '-e', 'require "json"; puts JSON.parse(File.read("a/b.json"))["version"]', ['a/b.json']],
    ['php', '-r', 'echo json_encode(["a" => 1]);', []], ['lua', '-e', 'print(1 + 1)', []], ['Rscript', '-e', 'print(mean(c(1, 2)))', []], ['elixir', '-e', 'IO.puts(1 + 1)', []], ['perl', '-le', 'print 1 + 1, "\\n"', []],
    ['python3', '-c', "import json; print(json.load(open('a/b.json'))['x'])", ['a/b.json']], ['python3', '-c', 'print(sum(range(10)))', []], ['python3', '-c', 'from datetime import date\nprint((date(2025, 3, 1) - date(2025, 1, 1)).days)', []],
    ['node', '-e', "const p = require('./package.json'); console.log(p.name)", ['./package.json']], ['node', '-p', "require('zod/package.json').version", ['node_modules/zod/package.json']], ['node', '-p', '[1,2,3].map(x => x * 2)', []],
    ['node', '-p', "require('@scope/x/package.json').version", ['node_modules/@scope/x/package.json']],
  ]
  for (const [program, flag, text, reads] of plain) t.strictSame(known(program, flag, text)?.reads, reads, text)
})

await t.test('one that asks for what a module has loads it', async (t) => {
  const asks: ReadonlyArray<readonly [string, string, string, string]> = [
    ['python3', '-c', 'import shop; print(shop.__version__)', 'shop.py'], ['python3', '-c', 'from app.main import create_app; print(create_app().url_map)', 'app/main.py'],
    ['node', '-p', "Object.keys(require('lodash'))", 'node_modules/lodash/index.js'], ['node', '-e', "const l = require('left-pad'); console.log(l.VERSION, Object.keys(l).length)", 'node_modules/left-pad/index.js'], ['node', '-p', "require('@scope/x').version", 'node_modules/@scope/x/index.js'],
  ]
  for (const [program, flag, text, file] of asks) t.ok(known(program, flag, text)?.code.includes(file), text)
  for (const text of ["require('lodash').map", "require('execa').execaSync('id')", "[1].map(require('execa').version)", "Object.values(require('execa'))", "Object.keys(require('execa').x)", "require('execa').version('id')", "require('execa').version`id`", "require('execa').version = 1", "require('execa')['version']", "const l = require('execa'); l.version; l.execaSync('id')", "const l = require('execa'); Object.keys(l); [l].map(x => x.execaSync('id'))", "let l = require('execa'); Object.keys(l); `${l.execaSync('id')}`", "require('/tmp/x')"]) {
    t.equal(known('node', '-p', text), null, text)
  }
})

await t.test('one that names anything else is not', async (t) => {
  const others: ReadonlyArray<readonly [string, string, readonly string[]]> = [
    ['ruby', '-e', ['puts `id`', 'puts %x(id)', 'puts "#{`id`}"', 'puts ENV.to_h', 'puts ["x", "id"].inject(:system)', 'puts [1].each { |system| system "id" }', 'puts send(:x)', 'require "open3"; puts 1', 'puts IO.read("a")', 'x = 1', 'puts File.read("#{1}")']],
    ['php', '-r', ['echo `id`;', 'echo "system"("id");', "echo 'system'('id');", 'echo (chr(115))("id");', 'echo $x("id");', 'echo array_map("system", ["id"]);', 'system("id");']],
    ['perl', '-e', ['print `id`', 'print <.env>', 'print qx(id)', 'print "@{[1]}"', 'print -s ".env"', 'system "id"']],
    ['lua', '-e', ['print(os.execute("id"))', 'print(load("x")())']],
    ['Rscript', '-e', ['cat("x", file="y")', 'print(system("id"))']], ['elixir', '-e', ['IO.inspect(:os.cmd(1))']],
    ['constructor', '-e', ['puts 1']], ['ruby', '-r', ['puts 1']],
    ['python3', '-c', ['', 'x = 1', 'import os; print(os.environ)', 'import this', "print(open('a' + 'b.json' + x).read())", "f = open; f('a.json')", "print(''.__class__)", "import json as open; open('a')", 'import shop; shop.run()', 'from json import load as open', 'from app.main import run; print(run(1))', 'from shutil import rmtree; print(rmtree())', 'from app import run; print(run)', 'print([print][0](1))', 'import shop; print((shop).secret)', 'import shop; print([shop][0].secret)']],
    ['node', '-p', ['process', 'console.log(process)', 'process.env', "require('process').env", "''.constructor.constructor('x')()", "console.log(''['constructor']['constructor']('x'))", "require('shop').run()", "require('child_process').execSync('id')", "require('a' + 'b')", "process = require('./a.json')", "console.log(['a'].map([].map.constructor))", 'console.log([1].forEach([].map.call, 1))', 'console.log([1].map(x => x.constructor))', 'console.log([1].map(process => process.env))', 'console.log((console).log)']],
  ]
  for (const [program, flag, texts] of others) for (const text of texts) t.equal(known(program, flag, text), null, text)
  t.equal(known('ruby', '-e', 'puts 1', ['x']), null, 'with a file of its own')
})

await t.test('any text is answered, and what is added to a plain program is looked at', async (t) => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.constantFrom('ruby', 'php', 'perl', 'lua'), fc.string({ maxLength: 40 }), (program, tail) => {
      const text = `${program === 'lua' ? 'print(1)' : program === 'php' ? 'echo 1;' : 'print 1'} system("id") ${tail}`
      return known(program, program === 'php' ? '-r' : '-e', text) === null
    }), { numRuns: 500 })
  })
})

await t.test('only written-out files are ever read', async (t) => {
  const word = fc.constantFrom('import', 'from', 'json', 'open', 'print', 'require', 'process', 'shop', '.', '(', ')', '[', ']', ',', '=', '+', ';', ' ', "'a.json'", "'x.json'", 'version', 'as', '1')
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.oneof(fc.array(word, { maxLength: 30 }).map((words) => words.join('')), fc.string()), (text) => {
      for (const [program, flag] of [['python3', '-c'], ['node', '-p']] as const) {
        const files = known(program, flag, text)?.reads ?? []
        if (files.some((file) => !text.includes(file.replace(/^node_modules\//, '')))) return false
      }
      return true
    }), { numRuns: 2000 })
  })
})
