import fc from 'fast-check'
import t from 'tap'
import { readPlainPython } from '../../../../../gateway/classify/languages/python/plain-python.ts'

await t.test('a script that computes is known by the places it opens', async (t) => {
  t.strictSame(readPlainPython("import ast, pathlib\nfor p in sorted(pathlib.Path('src').rglob('*.py')):\n    for n in ast.walk(ast.parse(p.read_text())):\n        print(p, n.lineno)")?.reads.slice(-2), [{ root: 'src', below: '**/*.py' }, { root: 'src', below: '**/.*.py' }], 'a pattern of Python also finds hidden files')
  t.strictSame(readPlainPython("import re\np = 'src/app.py'\ns = open(p).read()\nopen(p, 'w').write(re.sub(r'foo\\(', 'bar(', s))"), { reads: [{ root: 'src/app.py', below: null }], writes: [{ root: 'src/app.py', below: null }], loads: [], listed: ['re'] })
  t.strictSame(readPlainPython("from pathlib import Path\np = Path('src/a.ts')\np.write_text(p.read_text().replace('a', 'b'))")?.writes, [{ root: 'src/a.ts', below: null }])
  t.strictSame(readPlainPython("import sys; sys.path.insert(0, 'src'); from app.slug import slug; print(slug('A b'))")?.loads, ['app.slug', 'src.app.slug'])
  t.strictSame(readPlainPython("print(f'{open(\".env\").read()}')")?.reads, [{ root: '.env', below: null }], 'also within a text')
  const plain = ['print(2**32)', 'def f(n):\n    return n if n < 2 else f(n-1)\nprint([f(i) for i in range(9)])', 'import glob\nfor f in glob.glob("src/**/*.ts", recursive=True):\n    print(f, len(open(f).read()))',
    "import json, sys\nfor k, v in json.load(open('a.json')).items():\n    print(f'{k:>8}: {v!r}', file=sys.stderr)", 'print([p for p in range(3) if p])']
  for (const text of plain) t.ok(readPlainPython(text), text)
})

await t.test('classes, decorators and coroutines compute, and the project may be asked by its modules', async (t) => {
  const plain = ["class A:\n    def __init__(self, n): self.n = n\n    def area(self): return self.n\nclass B(A):\n    def __init__(self): super().__init__(2)\n    @property\n    def title(self): return 'x'\nprint(B().area(), B().title)",
    'from dataclasses import dataclass\n@dataclass(frozen=True)\nclass A:\n    x: int\nprint(A(1))', 'from enum import Enum\nclass C(str, Enum):\n    RED = \'r\'\nprint(C.RED.value)', 'import functools\n@functools.lru_cache(maxsize=None)\ndef f(n): return n\nprint(f(1))',
    'import asyncio\nasync def f():\n    await asyncio.sleep(1)\nprint(asyncio.run(f()))', 'print(type(1).__name__, 1 .__class__.__name__)', "import os; print(os.environ.get('CI'), os.environ['CI'], os.getenv('CI'))", "import sys; print(', '.join(sys.path))"]
  for (const text of plain) t.ok(readPlainPython(text), text)
  t.strictSame(readPlainPython("import sys\nsys.path.insert(0, '.')\nfrom app.cart import Cart\nc = Cart()\nc.add('a', 2)\nprint(c.total())")?.loads, ['app.cart'])
  t.strictSame(readPlainPython("import sys\nsys.path.insert(0, '/workspace/src')\nfrom shop.cart import total\nprint(total([1]))")?.loads, ['shop.cart', 'src.shop.cart'])
  const powers = ['class A(metaclass=M): pass\nprint(A)', 'class A(B): pass\nprint(A)', 'import subprocess\nclass A(subprocess.Popen): pass\nprint(A)', 'class A:\n    def __getattr__(self, n): return n\nprint(A())', 'class A:\n    f = exec\nprint(A)',
    'class A:\n    def __fspath__(self): return 1\nprint(A())', '@print\n@eval\ndef f(): pass\nprint(f)', 'import os\n@os.system\ndef f(): pass\nprint(1)', '@staticmethod(1)\ndef f(): pass\nprint(1)', 'print(x.__class__.__mro__)', 'print(x.__class__.__name__.__class__)', 'print(x.__subclasses__())',
    'import os; print(os.environ)', 'import os; print(os.environ.items())', "import os; print(os.environ['API_TOKEN'])", "import os; os.environ['A'] = 'b'; print(1)", 'import sys; p = sys.path; print(p)', "import sys; sys.path[0] = '/tmp'; print(1)", 'import sys; print(sys.path.pop())',
    'from requests.api import get; print(get(1))', 'from multiprocessing.pool import Pool; print(Pool(1))', 'from shop.x import f; print(f(chr(1)))', "from shop.x import f; print(f('../a b'))", "from shop.x import f; x = 'https://a'; print(f(x))", 'from app.x import f; print(f().secret_key)',
    'from app.x import f; print(f().execute(1))', 'import operator; print(operator.attrgetter(1))', "import pandas as pd; print(pd.read_csv('https://a/b.csv'))", 'import numpy as np; print(np.load(1))', 'print(super(A, b).x)']
  for (const text of powers) t.equal(readPlainPython(text), null, text)
})

await t.test('a script says which files it removes', (t) => {
  t.strictSame(readPlainPython("from pathlib import Path; Path('a').unlink(missing_ok=True)")?.removes, [{ root: 'a', below: null }])
  t.strictSame(readPlainPython("import os\nfor f in os.listdir('a'): os.remove('a/' + f)")?.removes, [{ root: 'a', below: '*' }, { root: 'a', below: '.*' }], 'hidden ones that a listing brings among them')
  for (const text of ["import os; os.remove('a', dir_fd=3)", "import os; os.remove(path='a')", "import os; list(map(os.remove, ['a']))", "import os; x = os.unlink; x('a')"]) t.equal(readPlainPython(text), null, text)
  t.end()
})

await t.test('whatever could start, change or open more is no plain script', async (t) => {
  const powers = ['x = getattr(a, "b")', 'f = eval', 'exec "1"', 'import os; os.system("id")', 'import os; print(os.environ)', 'from os import environ', 'from os import path; path.os.remove("x")', 'import os.path; os.path.os.remove("x")',
    "''.__class__", 'x = 1.0.__class__', "print(f'{eval(\"1\")}')", 'import subprocess', 'import shutil', 'from app.shell import run; run(1)', 'from app import utils; utils.os.remove("x")', 'from app import parse; x = parse', 'from app.util import parse; parse("../x")',
    '(lambda: 1)()', '[print][0](1)', "x = {'a': print}; x['a'](1)", '@x\ndef f(): pass', 'class A: pass', 'while True: pass', 'import random; random._os.system("x")', 'x.tb_frame', 'ｅval(1)', 'import re; re.sub("a", eval, "x")', 'import yaml; yaml.load(x)',
    'from app import *', 'from json import load as open; open("x")', 'if 0: import json as glob\nimport glob', 'import json as x\nimport os as x']
  const places = ["open('.e' + 'nv')", "open('.e' 'nv')", "open('\\x2eenv')", "open(f'{x}')", 'open(0)', "open(*['a'])", "open(file='a')", 'f = open', "open('a', 'w' + 'b')", "open('a', mode=m)", "open('a', opener=f)",
    "p = 'a'\n(p := '.env')\nopen(p)", "p = 'a'\np += 'x'\nopen(p)", "p = 'a'\nmatch x:\n  case p: open(p)", "p = 'a'\ndef f(p): return open(p)", "p = 'a'\nq, p = 1, 'b'\nopen(p)", "p = 'a' + 'b'\nopen(p)", "p = 'a'\nf = lambda p: open(p)",
    "import glob\nfor p in glob.glob('*.md') or ['.env']: open(p)", "import glob\nfor p in glob.glob('*.md') if 0 else ['.env']: open(p)", "import glob\nfor p in glob.glob('*.md') + ['.env']: open(p)", "import glob\nfor p in glob.glob('*', root_dir='/root'): open(p)", "import glob; glob.glob('*', root_dir='/root')",
    "import sys; sys.path.insert(0, '/tmp/x')", 'import sys; p = sys.path', "import sys; sys.path = ['x']"]
  const paths = ['Path(x).unlink()', "(Path('a') / x).unlink()", "Path('a').replace('b')", "Path('a').replace('b',)", "Path('a').replace(*['b', 'c'])", "Path('a').replace(target='b')", "list(map(Path('a').rename, ['b']))", "m = Path('a').unlink; m()", "Path('a')._flavour.os.remove('b')",
    "Path('a').parser.os.remove('b')", "p = Path; p('a').read_text()", "Path('a').parent.write_text('x')", 'Path(x).read_text()', "Path('a').open('w')", "x.write_text('a')"].map((text) => `from pathlib import Path; ${text}`)
  for (const text of [...powers, ...places, ...paths, 'x'.repeat(6001)]) t.equal(readPlainPython(text), null, text.slice(0, 80))
})

await t.test('a place may be put together, found, handed to a function, or be one of several', async (t) => {
  const reads = (text: string, args: readonly string[] = []): readonly string[] | undefined => readPlainPython(text, args)?.reads.map(({ root, below }) => below === null ? root : `${root}:${below}`)
  t.strictSame(reads("p = 'a'\nfor p in ['.env']: open(p)"), ['a', '.env'], 'any value that the name is given')
  t.strictSame(reads("from pathlib import Path; (Path('.') / '.env').read_text()"), ['.', './.env'])
  t.strictSame(reads("import os\nfor b in ('a', 'b'):\n    print(open(os.path.join('src', b, 'x.py')).read())"), ['src/a/x.py', 'src/b/x.py'])
  t.strictSame(reads("def f(p, n):\n    return open(f'l/{p}.json').read()\nprint(f('en', 1), f(n=2, p='de'))"), ['l/en.json', 'l/de.json'])
  t.strictSame(reads("import os\nfor r, ds, fs in os.walk('src'):\n    ds[:] = [d for d in ds if d != 'x']\n    for f in fs:\n        if f.endswith('.py'):\n            print(open(os.path.join(r, f)).read())")?.slice(1), ['src:**/*.py', 'src:**/.*.py'])
  t.strictSame(reads("import os\nfor f in os.listdir('a'):\n    p = os.path.join('a', f)\n    if not f.endswith(('.md', '.rst')): continue\n    print(open(p).read())")?.slice(1), ['a:*.md', 'a:*.rst', 'a:.*.md', 'a:.*.rst'])
  t.equal(reads("for n, (a) in {'a.ts': 1}.items(): print(open(n).read())"), undefined, 'a pattern is not followed')
  t.strictSame(reads("E = {'a.ts': [('x', 'y')]}\nfor n, e in E.items():\n    print(open(n).read())"), ['a.ts'])
  t.strictSame(reads('import sys\nfor p in sys.argv[1:]: print(open(p).read())', ['a.py', '.env']), ['a.py', '.env'])
  const unsure = ["p = ['a']\np.append('.env')\nfor x in p: print(open(x).read())", "p = ['a']\nq = p\nfor x in p: print(open(x).read())", "d = {'a': 1}\nd['.env'] = 1\nfor k, v in d.items(): print(open(k).read())", "def f(p): print(open(p).read())\nf('a')\nlist(map(f, ['.env']))", "def f(p='.env'): print(open(p).read())\nf()",
    "import os\nfor r, ds, fs in os.walk('src'):\n    ds[:] = ['..']\n    for f in fs: print(open(os.path.join(r, f)).read())", "import sys\nsys.argv.append('.env')\nfor p in sys.argv[1:]: print(open(p).read())", "from os.path import join\njoin = lambda *a: '.env'\nprint(open(join('src', 'a')).read())", "import os\nos.path.join = lambda *a: '.env'\nprint(open(os.path.join('a', 'b')).read())"]
  for (const text of unsure) t.equal(readPlainPython(text, ['a']), null, text)
  const all = ["import os\nfor f in os.listdir('.'):\n    if f.endswith('.py'): pass\n    print(open(f).read())", "import os\nfor f in os.listdir('.'):\n    if f.endswith('.py') or f: print(open(f).read())", "import os\nfor f in os.listdir('.'):\n    if not f.endswith('.py'): continue\nprint(open(f).read())",
    "import os\np = 'a'\nfor f in os.listdir('.'):\n    if f.endswith('.py'): print(open(p).read())\n    p = os.path.join('.', f)", "import os\nfor f in os.listdir('.'):\n    if f.endswith('.py'):\n        for f in os.listdir('.'): print(open(f).read())"]
  for (const text of all) t.ok(readPlainPython(text)?.reads.some(({ below }) => below === '.*'), text)
})

await t.test('more of Python computes, and what does more is judged by what it is given', async (t) => {
  const plain = ['match [1]:\n    case [x, *y]: print(x, y)', 'if (n := len([1])) > 0: print(n)', 'class A:\n    def __init__(self): self._x = 1\n    def __call__(self): return self._x\nprint(A()())'.replace('A()()', 'A()'), 'def deco(n):\n    def inner(f):\n        def g(*a): return f(*a)\n        return g\n    return inner\n@deco(2)\ndef f(x): return x\nprint(f(1))',
    'from torch import nn\nimport torch\nprint(nn.Linear(2, 3)(torch.zeros(1, 2)).shape)', 'from pydantic import BaseModel\nclass A(BaseModel):\n    x: int\nprint(A(x=1).model_dump())', "import timeit\nprint(timeit.timeit('sum(range(9))', setup='import math'))", "import sqlite3\nc = sqlite3.connect(':memory:')\nc.execute('create table t (a)')\nprint(c.execute('select * from t').fetchall())",
    'import inspect, json\nprint(inspect.signature(json.dumps))', "print('{:>5} {n}'.format(1, n=2))", "from jinja2 import Template\nprint(Template('{{ x | upper }}').render(x='a'))", "x = 3\nprint(getattr(x, 'real', None))", 'import os\nprint(list(map(os.path.basename, [])))', "import tempfile\nwith tempfile.TemporaryDirectory() as d:\n    open(d + '/x', 'w').write('y')\n    print(d)"]
  for (const text of plain) t.ok(readPlainPython(text), text)
  t.strictSame(readPlainPython("import subprocess\nc = ['git', 'log']\nprint(subprocess.run(c, text=True).stdout)")?.starts, [['git', 'log']])
  t.equal(readPlainPython("import subprocess\nprint(subprocess.run('git log', shell=True))"), null, 'a text for a shell')
  t.strictSame(readPlainPython("import requests\nprint(requests.delete('http://localhost:9/x'))")?.starts, [['curl', '-s', '-X', 'DELETE', 'http://localhost:9/x']])
  t.strictSame(readPlainPython("import pandas as pd\npd.DataFrame().to_csv('out.csv', index=False)\nprint(1)")?.writes, [{ root: 'out.csv', below: null }])
  t.strictSame(readPlainPython("import xml.etree.ElementTree as ET\nt = ET.parse('a.xml')\nt.write('b.xml')")?.writes, [{ root: 'b.xml', below: null }])
  t.strictSame(readPlainPython("import configparser\nc = configparser.ConfigParser()\nc.read(['a.ini', '.env'])\nprint(c.sections())")?.reads, [{ root: 'a.ini', below: null }, { root: '.env', below: null }])
  const powers = ["import os\ndef f(): pass\nprint(list(map('{0.__globals__[os].environ}'.format, [f])))", "print('{0.__class__}'.format(1))", "import sqlite3\nc = sqlite3.connect('a.db')\nf = c.executescript\nf('x'); print(1)", "from pathlib import Path\nf = vars(type(Path('a')))['unlink']\nprint(f)", "getattr(x, 'unlink')", "getattr(x, 'un' + 'link')",
    'import warnings\nclass A:\n    def __init__(self): self._module = 1\n    def f(self): return self._module.x\nprint(A.f(warnings.catch_warnings()))', "import torch\ntorch.os.system('x')", 'import torch\nprint(torch.load(1))', 'import numpy as np\nprint(np.lib.npyio.os)', "import numpy as np\nprint(np.load('a.npy', allow_pickle=True))", "from pydantic import BaseModel\nclass A(BaseModel):\n    x: \"__import__('os').system('id')\"\nprint(A)",
    "import sympy\nprint(sympy.simplify(\"__import__('os').system('id')\"))", "import requests\nprint(requests.get('http://localhost@a.b/'))", "import requests\nprint(requests.get('http://localhost.a.b/'))", "import requests\nh = 1\nprint(requests.get(f'http://localhost{h}/'))", "import requests\nprint(requests.get('http://localhost/', proxies=1))", "import subprocess\nc = ['git']\nc.append('x')\nprint(subprocess.run(c))",
    "import subprocess\nprint(subprocess.run(['a'], cwd='/tmp/x'))", "import timeit\nprint(timeit.timeit('open(1)'))", "import sqlite3\nc = sqlite3.connect(':memory:')\nc.execute(\"attach 'a' as b\"); print(1)", "from jinja2 import Template\nprint(Template('{{ x.__class__ }}').render(x=1))", "import tempfile\nprint(tempfile.mkdtemp(dir='.git'))", 'from app import app\nprint(app.config)', "from app import app\nprint(app.config['SECRET_KEY'])",
    'from app.db import run_sql\nprint(run_sql(1))', 'from app import utils\nprint(utils.os.remove(1))', "import zipfile\nclass A:\n    def extractall(self): pass\nzipfile.ZipFile('a').extractall('b'); print(1)", 'while not False: print(1)', "print(type('A', (), {}))", "import os\nprint(os.path.expandvars('$A'))", "import logging\nlogging.basicConfig(filename='a'); print(1)", "import unittest\nunittest.main(module='evil'); print(1)"]
  for (const text of powers) t.equal(readPlainPython(text), null, text)
})

await t.test('libraries compute by the parts that only do that, whatever comes behind them', async (t) => {
  const plain = ["from flask import Flask\napp = Flask('a')\n@app.route('/a')\ndef a(): return 'x'\nprint(app.test_client().get('/a').data)", 'import numpy as np\nnp.testing.assert_allclose([1], [1])\nprint(1)', 'import subprocess, inspect\nprint(inspect.getsource(subprocess.run), subprocess.run.__doc__)',
    "from sqlalchemy import create_engine, text\ne = create_engine('sqlite://')\nwith e.connect() as c: print(c.execute(text('create table a (b int)')))", "from requests.models import Request\nprint(Request('GET', 'http://a.b/').prepare().url)", 'import pandas as pd\nhelp(pd.DataFrame.merge)']
  for (const text of plain) t.ok(readPlainPython(text), text)
  t.strictSame(readPlainPython("import h5py\nwith h5py.File('a.h5', 'r') as f: print(list(f))")?.reads, [{ root: 'a.h5', below: null }])
  t.strictSame(readPlainPython("def test_a(tmp_path):\n    (tmp_path / 'x').write_text('y')\n    assert 1")?.writes, [{ root: '/tmp/made-by-tempfile/x', below: null }])
  const packages = fc.constantFrom('sklearn', 'scipy', 'numpy', 'pandas', 'flask', 'fastapi', 'starlette', 'click', 'requests', 'requests.utils', 'httpx', 'aiohttp', 'django', 'django.utils', 'werkzeug', 'werkzeug.utils', 'jinja2', 'jinja2.environment', 'sqlalchemy', 'pytest', 'rich.console', 'pyarrow', 'torch.utils', 'numpy.testing', 'lxml.html', 'marshmallow')
  const power = fc.constantFrom('os', 'sys', 'subprocess', 'importlib', 'builtins', 'open', 'open_file', 'OSFile', 'send_file', 'import_string', 'run', 'FileResponse', 'File', 'from_pyfile', 'MonkeyPatch', 'importorskip', 'create_mock_engine', 'load_module', 'read_pickle', 'eval', 'call_command', 'popen', '__loader__', '_os', 'HttpClient', 'fetch', 'upload', 'pickle')
  fc.assert(fc.property(packages, power, fc.constantFrom('.', '.x.'), (from, name, dot) => {
    const texts = [`import ${from}\nprint(${from}${dot}${name}('a'))`, `import ${from} as p\nf = p${dot}${name}\nprint(f)`, ...dot === '.' ? [`from ${from} import ${name}\nprint(${name}('a'))`] : []]
    return texts.every((text) => readPlainPython(text) === null) || (from === 'fastapi' && name === 'File')
  }), { numRuns: 1500 })
  const reaching = [['requests', 'Session'], ['requests.utils', 'get_netrc_auth'], ['httpx', 'Client'], ['fastapi.staticfiles', 'StaticFiles'], ['click', 'launch'], ['click', 'edit'], ['numpy.testing', 'measure'], ['jinja2.environment', 'Template'], ['flask', 'render_template_string'], ['pyarrow.fs', 'LocalFileSystem'], ['lxml.html', 'parse'], ['jinja2', 'PackageLoader']]
  for (const [from = '', name = ''] of reaching) for (const text of [`from ${from} import ${name}\nprint(${name}('a'))`, `import ${from} as p\nprint(p.${name}('a'))`, `import ${from} as p\nf = p.${name}\nprint(f('a'))`]) t.equal(readPlainPython(text), null, text)
})

await t.test('a loop without an end of its own is left by a test that may hold', async (t) => {
  t.ok(readPlainPython('x = []\nwhile True:\n    x.append(1)\n    if len(x) > 3:\n        break\nprint(x)'))
  t.ok(readPlainPython('while True:\n    try:\n        print(1)\n    except ValueError:\n        break'))
  for (const text of ['while True:\n    print(1)', 'while True:\n    print(1)\n    if False: break', 'while True:\n    print(1)\nif x: print(2)', 'while 1:\n    if not None:\n        break\n    print(1)', 'while True: print(1)']) t.equal(readPlainPython(text), null, text)
})

await t.test('any text is read to an end', async (t) => {
  const word = fc.constantFrom('import', 'from', 'json', 'os', 'open', 'print', 'for', 'in', 'if', 'def', 'f', 'Path', 'pathlib', '.', '(', ')', '[', ']', '{', '}', ',', '=', ':', '\n', ' ', "'a.json'", "f'{x}'", '"""', 'read_text', 'system', '__class__', '1', 'flask', 'Flask', '@', 'route', 'class', 'test_a', 'tmp_path', 'inspect', 'getsource', 'help', 'default', 'mock', 'patch')
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.oneof(fc.array(word, { maxLength: 40 }).map((words) => words.join('')), fc.string()), (text) => {
      const script = readPlainPython(text)
      return script === null || !/system|__class__/.test(text.replace(/'[^'\n]*'|"""[^]*?"""|#.*/g, '')) || !/\b(?:os\.system\(|\.__class__)/.test(text)
    }), { numRuns: 2000 })
  })
})
