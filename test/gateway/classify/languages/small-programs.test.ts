import fc from 'fast-check'
import t from 'tap'
import { SMALL_JAVASCRIPT, SMALL_PYTHON } from '../../../../gateway/classify/languages/small-languages.ts'
import { readSmallProgram } from '../../../../gateway/classify/languages/small-programs.ts'

await t.test('a program that prints a value is known in full', async (t) => {
  t.strictSame(readSmallProgram("import json; print(json.load(open('a/b.json'))['x'])", SMALL_PYTHON), { reads: ['a/b.json'], loads: [], listed: ['json'] })
  t.strictSame(readSmallProgram('import shop; print(shop.__version__)', SMALL_PYTHON), { reads: [], loads: ['shop'], listed: [] })
  t.strictSame(readSmallProgram("const p = require('./package.json'); console.log(p.name)", SMALL_JAVASCRIPT), { reads: ['./package.json'], loads: [], listed: [] })
  t.strictSame(readSmallProgram("require('zod/package.json').version", SMALL_JAVASCRIPT)?.reads, ['node_modules/zod/package.json'])
  t.ok(readSmallProgram('print(sum(range(10)))', SMALL_PYTHON))
  t.ok(readSmallProgram('from datetime import date\nprint((date(2025, 3, 1) - date(2025, 1, 1)).days)', SMALL_PYTHON))
  t.ok(readSmallProgram('[1,2,3].map(x => x * 2)', SMALL_JAVASCRIPT, true))
  t.strictSame(readSmallProgram('from app.main import create_app; print(create_app().url_map)', SMALL_PYTHON)?.loads, ['app.main'])
})

await t.test('whatever could do more is not a small program', async (t) => {
  const python = ['', 'x = 1', 'import os; print(os.environ)', 'import this', "print(open('.env').read())", "print(open('a' 'b.json').read())", "print(open('a' + 'b.json').read())",
    "open('a.json', 'w')", "f = open; f('a.json')", "print(open('../a.json'))", "print(open('/etc/a.json'))", "print(''.__class__)", "import json as open; open('a')", "import json; json.load(open('a.json'), object_hook=x)",
    'import shop; shop.run()', 'from json import load as open', "print(open('a.json').write('x'))", 'x'.repeat(601), '('.repeat(100), 'from app.main import run; print(run(1))', 'from shutil import rmtree; print(rmtree())', 'from app import run; print(run)', "print(f'{x}')", 'print([print][0](1))', 'import shop; print((shop).secret)', 'import shop; print([shop][0].secret)']
  for (const text of python) t.equal(readSmallProgram(text, SMALL_PYTHON), null, text.slice(0, 60))
  const javascript = ['process', 'console.log(process)', 'process.env', "require('process').env", "require('fs').writeFileSync('a', 'b')", "require('fs').readFileSync('.env')", "''.constructor.constructor('x')()",
    "console.log(''['constructor']['constructor']('x'))", "require('shop').run()", "require('child_process').execSync('id')", 'console.log(`x`)', "require('a' + 'b')", "process = require('./a.json')", "console.log(['a'].map([].map.constructor))", "console.log([1].map(x => x('a')))", 'console.log([1].forEach([].map.call, 1))', 'console.log([1].map(x => x.constructor))',
    "console.log(/'/); process.exit(); //'", 'console.log([1].map(process => process.env))', "f = ''['at']; console.log([1].map(f))", 'console.log((console).log)']
  for (const text of javascript) t.equal(readSmallProgram(text, SMALL_JAVASCRIPT), null, text)
})

await t.test('any text is read to an end, and only plain files are ever named', async (t) => {
  const word = fc.constantFrom('import', 'from', 'json', 'open', 'print', 'require', 'process', 'shop', '.', '(', ')', '[', ']', ',', '=', '+', ';', ' ', "'a.json'", "'.env'", "'../x.json'", 'version', 'as', '1')
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.oneof(fc.array(word, { maxLength: 30 }).map((words) => words.join('')), fc.string()), (text) => {
      for (const language of [SMALL_PYTHON, SMALL_JAVASCRIPT]) {
        const program = readSmallProgram(text, language)
        if (program !== null && program.reads.some((path) => /(?:^|\/)\.\.?[^/]|^\//.test(path.replace(/^\.\//, '')))) return false
      }
      return true
    }), { numRuns: 2000 })
  })
})
