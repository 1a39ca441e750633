import fc from 'fast-check'
import t from 'tap'
import { readPlainScript } from '../../../gateway/classify/plain-script.ts'

await t.test('a script that computes is known by the places it opens', async (t) => {
  t.strictSame(readPlainScript("import ast, pathlib\nfor p in sorted(pathlib.Path('src').rglob('*.py')):\n    for n in ast.walk(ast.parse(p.read_text())):\n        print(p, n.lineno)")?.reads.at(-1), { root: 'src', below: '**/*.py' })
  t.strictSame(readPlainScript("import re\np = 'src/app.py'\ns = open(p).read()\nopen(p, 'w').write(re.sub(r'foo\\(', 'bar(', s))"), { reads: [{ root: 'src/app.py', below: null }], writes: [{ root: 'src/app.py', below: null }], loads: [], listed: ['re'] })
  t.strictSame(readPlainScript("from pathlib import Path\np = Path('src/a.ts')\np.write_text(p.read_text().replace('a', 'b'))")?.writes, [{ root: 'src/a.ts', below: null }])
  t.strictSame(readPlainScript("import sys; sys.path.insert(0, 'src'); from app.slug import slug; print(slug('A b'))")?.loads, ['app.slug', 'src.app.slug'])
  t.strictSame(readPlainScript("print(f'{open(\".env\").read()}')")?.reads, [{ root: '.env', below: null }], 'also within a text')
  const plain = ['print(2**32)', 'def f(n):\n    return n if n < 2 else f(n-1)\nprint([f(i) for i in range(9)])', 'import glob\nfor f in glob.glob("src/**/*.ts", recursive=True):\n    print(f, len(open(f).read()))',
    "import json, sys\nfor k, v in json.load(open('a.json')).items():\n    print(f'{k:>8}: {v!r}', file=sys.stderr)", 'print([p for p in range(3) if p])']
  for (const text of plain) t.ok(readPlainScript(text), text)
})

await t.test('whatever could start, change or open more is no plain script', async (t) => {
  const powers = ['x = getattr(a, "b")', 'f = eval', 'exec "1"', 'import os; os.system("id")', 'import os; print(os.environ)', 'from os import environ', 'from os import path; path.os.remove("x")', 'import os.path; os.path.os.remove("x")',
    "''.__class__", 'x = 1.0.__class__', "print(f'{eval(\"1\")}')", 'import subprocess', 'import shutil', 'from app.shell import run; run(1)', 'from app import utils; utils.os.remove("x")', 'from app import parse; x = parse', 'from app.util import parse; parse("../x")',
    '(lambda: 1)()', '[print][0](1)', "x = {'a': print}; x['a'](1)", '@x\ndef f(): pass', 'class A: pass', 'while True: pass', 'import random; random._os.system("x")', 'x.tb_frame', 'ｅval(1)', 'import re; re.sub("a", eval, "x")', 'import yaml; yaml.load(x)',
    'from app import *', 'from json import load as open; open("x")', 'if 0: import json as glob\nimport glob', 'import json as x\nimport os as x']
  const places = ["open('.e' + 'nv')", "open('.e' 'nv')", "open('\\x2eenv')", "open(f'{x}')", 'open(0)', "open(*['a'])", "open(file='a')", 'f = open', "open('a', 'w' + 'b')", "open('a', mode=m)", "open('a', opener=f)",
    "p = 'a'\n(p := '.env')\nopen(p)", "p = 'a'\np += 'x'\nopen(p)", "p = 'a'\nfor p in ['.env']: open(p)", "p = 'a'\nmatch x:\n  case p: open(p)", "p = 'a'\ndef f(p): return open(p)", "p = 'a'\nq, p = 1, 'b'\nopen(p)", "p = 'a' + 'b'\nopen(p)", "p = 'a'\nf = lambda p: open(p)",
    "import glob\nfor p in glob.glob('*.md') or ['.env']: open(p)", "import glob\nfor p in glob.glob('*.md') if 0 else ['.env']: open(p)", "import glob\nfor p in glob.glob('*.md') + ['.env']: open(p)", "import glob\nfor p in glob.glob('*', root_dir='/root'): open(p)", "import glob; glob.glob('*', root_dir='/root')",
    "import sys; sys.path.insert(0, '/tmp/x')", 'import sys; p = sys.path', "import sys; sys.path = ['x']"]
  const paths = ["Path('a').unlink()", "Path('a').replace('b')", "Path('a').replace('b',)", "Path('a').replace(*['b', 'c'])", "Path('a').replace(target='b')", "list(map(Path('a').rename, ['b']))", "m = Path('a').unlink; m()", "(Path('.') / '.env').read_text()", "Path('a')._flavour.os.remove('b')",
    "Path('a').parser.os.remove('b')", "p = Path; p('a').read_text()", "Path('a').parent.write_text('x')", 'Path(x).read_text()', "Path('a').open('w')", "x.write_text('a')"].map((text) => `from pathlib import Path; ${text}`)
  for (const text of [...powers, ...places, ...paths, 'x'.repeat(6001)]) t.equal(readPlainScript(text), null, text.slice(0, 80))
})

await t.test('any text is read to an end', async (t) => {
  const word = fc.constantFrom('import', 'from', 'json', 'os', 'open', 'print', 'for', 'in', 'if', 'def', 'f', 'Path', 'pathlib', '.', '(', ')', '[', ']', '{', '}', ',', '=', ':', '\n', ' ', "'a.json'", "f'{x}'", '"""', 'read_text', 'system', '__class__', '1')
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.oneof(fc.array(word, { maxLength: 40 }).map((words) => words.join('')), fc.string()), (text) => {
      const script = readPlainScript(text)
      return script === null || !/system|__class__/.test(text.replace(/'[^'\n]*'|"""[^]*?"""|#.*/g, '')) || !/\b(?:os\.system\(|\.__class__)/.test(text)
    }), { numRuns: 2000 })
  })
})
