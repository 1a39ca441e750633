/* eslint-disable no-template-curly-in-string -- texts of programs */
import { builtinModules } from 'node:module'
import fc from 'fast-check'
import t from 'tap'
import { readJavascriptTokens } from '../../../../../gateway/classify/languages/javascript/tokens.ts'
import { JAVASCRIPT_MODULES, JAVASCRIPT_TAKEN } from '../../../../../gateway/classify/languages/javascript/vocabulary.ts'
import { readPlainJavascript } from '../../../../../gateway/classify/languages/javascript/plain-javascript.ts'

const CODE = 'child_process.execSync(`id`)'

await t.test('a text that computes is known by the places it opens and the modules it loads', async (t) => {
  t.strictSame(readPlainJavascript("const fs = require('fs')\nconst p = 'src/a.ts'\nfs.writeFileSync(p, fs.readFileSync(p, 'utf8').replace(/a\\(/g, 'b('))"), { reads: [{ root: 'src/a.ts', below: null }], writes: [{ root: 'src/a.ts', below: null }], loads: [], listed: [] })
  t.strictSame(readPlainJavascript("const s = require('semver'); console.log(s.satisfies('1.2.3', '~1.2'))")?.reads, [], 'a range of versions is no path')
  t.ok(readPlainJavascript("const c = require('crypto'); const k = c.createCipheriv('aes-256-gcm', c.scryptSync('a', 'b', 32), Buffer.alloc(12)); console.log(k.update('x', 'utf8', 'hex') + k.final('hex'))"))
  t.strictSame(readPlainJavascript("import { parse } from './dist/parser.js'; console.log(parse('a=1'))")?.loads, ['./dist/parser.js'])
  t.strictSame(readPlainJavascript("for (const f of require('fs').readdirSync('src').filter(f => f.endsWith('.ts'))) require('fs').readFileSync(`src/${f}`)")?.reads.slice(1), [{ root: 'src/', below: '*.ts' }, { root: 'src/', below: '.*.ts' }])
  t.strictSame(readPlainJavascript("console.log(`${require('fs').readFileSync('.env')}`)")?.reads, [{ root: '.env', below: null }], 'also within a text')
  t.strictSame(readPlainJavascript("const { parse } = require('./a'); console.log(parse(x => '/etc/passwd'))")?.reads, [{ root: '/etc/passwd', below: null }], 'where code of the project runs, any text may be a path')
  const plain = ['console.log(/^a+$/.test("aaa"))', 'let s = 0; for (let i = 0; i < 9; i++) s += i; console.log(s)', 'const a = [3, 1]; console.log(a[0], a[a.length - 1])', "const c = {}; for (const w of 'a b'.split(' ')) c[w] = (c[w] || 0) + 1; console.log(c)", "const o = {}; for (const k of ['a']) { (o[k] ||= []).push(1) } console.log(o)",
    'const p = require("./package.json"); for (const k in p.scripts) console.log(`${k}: ${p.scripts[k]}`)', "let s = ''; process.stdin.on('data', d => s += d).on('end', () => console.log(JSON.parse(s).version))", '(async () => { const m = await import("./a.js"); console.log(m.default) })()', 'const f = (n) => n < 2 ? n : f(n - 1) + f(n - 2); console.log(f(9) / 2)', 'console.log(process.env.NODE_ENV)']
  for (const text of plain) t.ok(readPlainJavascript(text), text)
})

await t.test('no word leads to a function that runs texts or loads more', async (t) => {
  const powers = ["require('child_process').execSync('id')", CODE, 'console.log(process.env)', 'console.log(process.env.API_KEY)', 'console.log(process.env[x])', 'const { env } = process; console.log(env)', 'eval("1"); console.log()', "new Function('x')(); console.log()", 'console.log(globalThis, this)', 'const r = require; console.log(r("fs"))', 'console.log(module, exports)', 'import(x).then(console.log)',
    "import('child_process').then(m => console.log(m))", 'console.log(arguments[0])', 'fetch("https://a.example"); console.log()', `{ const child_process = 1 } ${CODE}; console.log()`, 'console.log(require("./x")("a"))', "require('./src/a').run('x')", "require('./src/a').$('x')", "const { exec } = require('./a'); exec('x')", "require('./a').parse('rm -rf / ; x')", "Object.values(require('./a'))[0]('x')", "require('execa'); console.log()", "require('../node_modules/execa'); console.log()",
    'Error.prepareStackTrace = (e, s) => s[0].getThis(); console.log(new Error().stack)', 'process.kill(1); console.log()', 'class A { f () { return this.constructor } } console.log()', 'while (true) {} console.log()', 'for (;;) {} console.log()', 'console.log(process.stdin._handle)', 'const parseInt = f => f; const F = parseInt(1); console.log(F)']
  const spelled = ['console.log([].constructor)', "console.log([]['constructor'])", 'console.log([]["const\\u0072uctor"]("x")())', 'const F = (() => 1)[k]; console.log(F("x")())', 'console.log((() => 1)[k]("x"))', "['x'].map((() => 1)[k]); console.log()", 'const { constructor: c } = 1; console.log(c)', 'const { [k]: c } = () => 1; console.log(c("x"))', "const { 'constructor': c } = 1; console.log(c)", "const { 'const\\x72uctor': c } = () => 1; console.log(c)", 'const o = {}; const F = (o[k] ||= (() => 1)[k]); console.log(F)', "console.log(JSON.stringify({ 'a()': 1 }, (() => 1)[k]))",
    'console.log(...(() => 1)[k])', 'const f = y => (() => 1)[k]; console.log(f)', 'let g; console.log(g = (() => 1)[k])', "console.log(((() => 1)[k] || 1)('x'))", "console.log(new (() => 1)[k]('y')())", 'const t = { then: (() => 1)[k] }; console.log(t)', "console.log((() => 1)?.[k]('x'))", "console.log(!(() => 1)[k]?.('x'))", 'console.log((() => 1)[k]?.((1)))', 'let y = 0; const F = (() => 1)[k]\n++y; console.log(F)', 'function * g () { const F = (() => 1)[yield 1 - 1]; console.log(F) }', "const { get } = require('lodash'); const F = get(() => 1, 'const' + 'ructor'); console.log(F('x'))"].map((text) => `const k = 'x'; ${text}`)
  const counted = ["i = 'constructor'", "[i] = ['constructor']", "({ i } = { i: 'constructor' })", "for (i of ['constructor']) console.log(i)", 'for (i in { constructo: 1 }) console.log(i)', "i ||= 'x'", "i += 'x'"].map((text) => `let i = 0; ${text}; const F = (() => 1)[i]; console.log(F)`)
  for (const text of [...powers, ...spelled, ...counted, `console.log(1); ${'x'.repeat(6001)}`]) t.equal(readPlainJavascript(text), null, text.slice(0, 80))
})

await t.test('a place that is not surely the one written out makes a text no plain one', async (t) => {
  const reads = ["fs.readFileSync('.e' + x)", 'fs.readFileSync(process.argv[1])', "let p = 'a'; p = '.env'; fs.readFileSync(p)", "const p = 'a'; ['.env'].map(p => fs.readFileSync(p))", "const p = 'a'; { const p = x; fs.readFileSync(p) }", "const p = 'a'; function f (p) { fs.readFileSync(p) }", "const p = 'a'; for (const p of ['.env']) fs.readFileSync(p)", "const p = 'a'; for (const { p } of [x]) fs.readFileSync(p)", "const p = 'a'; try { throw '.env' } catch (p) { fs.readFileSync(p) }", 'const g = fs.readFileSync; g("a")',
    "['.env'].map(fs.readFileSync)", 'const { readFileSync: r } = require("fs"); ["a"].map(r)', "fs.rmSync('src')", "fs['readFileSync']('.env')", 'const { f } = { f: fs }', "fs.readFileSync('a', { flag: 'w+' })", 'const o = 1; fs.readFileSync("a", o)', "fs.readFileSync(...['a'])", "const path = require('path'); [{ join: () => '.env' }].map(path => fs.readFileSync(path.join('a')))", "[{ readFileSync: 1 }].map(fs => fs.readFileSync('a'))"]
  const lists = ["for (const f of fs.readdirSync('src').concat(['../.env'])) fs.readFileSync(f)", "for (const f of fs.readdirSync('src').map(x => '../.env')) fs.readFileSync(f)", "for (const f of fs.readdirSync('src') && ['.env']) fs.readFileSync(f)", "const l = fs.readdirSync('src'); l[0] = '.env'; for (const f of l) fs.readFileSync(f)", "const l = fs.readdirSync('src'); l.push('.env'); for (const f of l) fs.readFileSync(f)", "const l = fs.readdirSync('src'); const m = l; m.push('.env'); for (const f of l) fs.readFileSync(f)",
    "const l = fs.readdirSync('src'); const m = l.reverse(); m.push('.env'); for (const f of l) fs.readFileSync(f)", "fs.readdirSync('src').filter((f, i, a) => a[i + 1] = '.env').forEach(g => fs.readFileSync(g))", "const l = fs.readdirSync('src'); l.forEach((f, i, a) => a.push('.env')); for (const f of l) fs.readFileSync(f)", "for (const f of fs.readdirSync('src').filter(f => f.endsWith('.ts'))) fs.writeFileSync('src/' + f, '')"]
  for (const text of [...reads, ...lists]) t.equal(readPlainJavascript(`const fs = require('fs'); console.log(1); ${text}`), null, text)
})

await t.test('a class computes by methods of its own, and `this` is one of its values', async (t) => {
  const plain = ['class A { constructor (n) { this.n = n } get twice () { return this.n * 2 } static of (n) { return new A(n) } } console.log(A.of(1).twice)', "class E extends Error { constructor (m) { super(m); this.name = 'E' } } try { throw new E('x') } catch (e) { console.log(e.name) }", 'class A { a = 1; f () { return `${this.a}` } } console.log(new A().f())', 'class A { f () { return 1 } } class B extends A { g () { return super.f() } } console.log(new B().g())']
  for (const text of plain) t.ok(readPlainJavascript(text), text)
  const powers = ['console.log(this.a)', 'class A {} console.log(this)', 'class A {} function f () { return this } console.log(f())', "class A { f (k) { const F = this[k]; return F } } console.log(new A().f('x'))", "class A { f () { return this['constructor'] } } console.log(1)", 'class A extends Function {} console.log(1)', 'class A extends (x) {} console.log(1)', 'class A { [x] () {} } console.log(1)', "class A { 'x' () {} } console.log(1)", 'class A { static { x() } } console.log(1)', 'class A { get constructor () { return 1 } } console.log(1)', 'class A { constructor = 1; } console.log(1)', 'class A { then (r) { r(1) } } console.log(1)', 'class A { x = eval; } console.log(1)',
    "class A { write () {} } require('child_process').spawn('git').stdin.write('x'); console.log(1)", "class A { run () {} } require('./a').run('x'); console.log(1)", "class A { f (p) { return require('fs').readFileSync(p) } } console.log(new A().f('.env'))", "const p = 'a'; class A { f (p) { return require('fs').readFileSync(p) } } console.log(new A().f('.env'))", 'class fs {} console.log(1)', 'console.log(`${class A {}}`)']
  for (const text of powers) t.equal(readPlainJavascript(text), null, text)
})

await t.test('a function that lists all files below a folder is known by its shape, and by nothing near it', async (t) => {
  const head = "const fs = require('fs'), path = require('path');"
  const shapes = ['function walk (dir, out = []) { for (const e of fs.readdirSync(dir, { withFileTypes: true })) { const p = path.join(dir, e.name); if (e.isDirectory()) walk(p, out); else out.push(p) } return out }',
    'const walk = d => fs.readdirSync(d, { withFileTypes: true }).flatMap(e => e.isDirectory() ? walk(path.join(d, e.name)) : [path.join(d, e.name)]);',
    "function * walk (dir) { for (const f of fs.readdirSync(dir)) { if (f === 'node_modules') continue; const p = `${dir}/${f}`; if (fs.statSync(p).isDirectory()) yield* walk(p); else yield p } }"]
  for (const shape of shapes) t.strictSame(readPlainJavascript(`${head} ${shape} for (const f of walk('src')) console.log(fs.readFileSync(f))`)?.reads, [{ root: 'src', below: null }, { root: '.', below: 'src/**/*' }, { root: '.', below: 'src/**/.*' }])
  t.strictSame(readPlainJavascript(`${head} ${shapes[1] ?? ''} walk('src').filter(f => f.endsWith('.ts')).forEach(f => console.log(fs.readFileSync(f)))`)?.reads[1], { root: '.', below: 'src/**/*.ts' })
  t.strictSame(readPlainJavascript("import a from './a.json' with { type: 'json' }; console.log(a)")?.reads, [{ root: './a.json', below: null }])
  const word = fc.constantFrom("'.env'", "['.env']", "'/root'", 'x', 'dir', 'd', 'e', 'p', 'out', '() => 1', 'fs', 'walk', '..', '(', ')', '[', ']', '{', '}', ',', ';', '+', '=', '.concat("\\x2eenv")')
  fc.assert(fc.property(fc.constantFrom(...shapes), fc.nat(), word, fc.boolean(), (shape, at, put, instead) => {
    const words = shape.split(/(?<=[\s()[\]{},;.])|(?=[\s()[\]{},;.])/)
    const changed = words.toSpliced(at % words.length, instead ? 1 : 0, put).join('')
    const script = readPlainJavascript(`${head} ${changed} for (const f of walk('src')) console.log(fs.readFileSync(f))`)
    return script === null || changed.includes(shape) || (!/(?<!=== ')(?:\.env|\/root)/.test(changed) && script.reads.every(({ root, below }) => `${root}/${below ?? ''}`.includes('src')))
  }), { numRuns: 4000 })
})

await t.test('text that the runtime would cut into other words is not read at all', async (t) => {
  const texts = [`if (1) /'/.test(x); ${CODE} //'`, `1./${CODE}/1`, `// x\u2028${CODE}`, `// x\r${CODE}`, `x <!-- \`\n${CODE} // \``, `x\n--> \`\n${CODE} // \``, `x++ /'/ 1; ${CODE} //'`, `{} /'/.test(x); ${CODE} //'`, '\\u0065val("x")', 'f`x`', 'await /1/.x', `while (x) /'/.test(y); ${CODE} //'`, `'\n${CODE}'`, '(]', '['.repeat(49) + ']'.repeat(49), 'x;'.repeat(751), '`${1', '`${}`', '}']
  for (const text of texts) t.equal(readJavascriptTokens(text), null, encodeURI(text))
})

await t.test('names of modules that every text of Node has are nobody\'s own', async (t) => {
  const pure = ['path', 'url', 'querystring', 'string_decoder', 'punycode', 'zlib']
  for (const name of builtinModules) if (/^[a-z]\w*$/.test(name) && !pure.includes(name)) t.ok(JAVASCRIPT_TAKEN.has(name), name)
  for (const name of ['child_process', 'vm', 'net', 'http', 'module', 'worker_threads', 'process']) t.notOk(JAVASCRIPT_MODULES.has(name), name)
})

await t.test('any text is read to an end', async (t) => {
  const word = fc.constantFrom('const', 'let', 'import', 'require', 'fs', 'readFileSync', 'console', 'log', 'for', 'of', 'if', 'f', 'process', 'env', '.', '(', ')', '[', ']', '{', '}', ',', '=', '=>', ':', ';', '\n', ' ', "'a.json'", '`${x}`', '/', '`', '?.', '+', 'constructor', '1', 'with', 'type', 'global', 'gc', 'walk', 'readdirSync', 'flatMap', 'class A {', 'this', 'super', 'extends', 'static ')
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.oneof(fc.array(word, { maxLength: 40 }).map((words) => words.join('')), fc.string()), (text) => {
      const script = readPlainJavascript(text)
      return script === null || !/\bconstructor\b(?!\(\))|process\.env\b(?!\.)/.test(text.replace(/'[^'\n]*'|\/\/.*|\/[^/\n]*\//g, ''))
    }), { numRuns: 2000 })
  })
})
