import t from 'tap'
import { readPlainJavascript } from '../../../../../gateway/classify/languages/javascript/plain-javascript.ts'
import { readJavascriptTokens } from '../../../../../gateway/classify/languages/javascript/tokens.ts'
import { withoutTypes } from '../../../../../gateway/classify/languages/javascript/types.ts'

const said = (text: string): string | null => withoutTypes(readJavascriptTokens(text) ?? [])?.map((token) => token.text).join(' ') ?? null

await t.test('types are left out where TypeScript has them', (t) => {
  t.equal(said('const a: number[] = [1]'), 'const a = [ 1 ]')
  t.equal(said('const f = (a: string, b?: { x: number }): void => a'), 'const f = ( a , b ) => a')
  t.equal(said('function f ({ a }: A, ...b: B[]): Promise<void> { return a }'), 'function f ( { a } , ... b ) { return a }')
  t.equal(said('interface A { a: string } type B = A | null; x as B'), 'x')
  t.equal(said('const m = new Map<string, Array<A>>(); x!.y'), 'const m = new Map ( ) ; x . y')
  t.equal(said('const a: number = b >> 2'), 'const a = b >> 2')
  t.equal(said('new Map<string, A[]>(); x!.y'), 'new Map ( ) ; x . y')
  t.equal(said("import { a as b } from 'x'; const c: A = b"), 'import { a as b } from x ; const c = b')
  t.end()
})

await t.test('what JavaScript runs is left as it is', (t) => {
  const scripts = ['a ? (b) : (x = f()) => (y) => y', 'switch (1) { case o.function(a): { f() } { } }', 'a < { x: f() } > (1)', 'let as = (x) => x; a\nas(f())', 'var type = 1\ntype\nX = f\nX()', 'var let = [1]; a ? let[0] : { y: f() }', '({ type: 1, as: 2 })', 'a ? b : c']
  for (const text of scripts) t.equal(said(text)?.includes('f') ?? true, true, text)
  t.equal(said('let x: number\n[f()]'), 'let x [ f ( ) ]', 'a list behind a type is none of it')
  t.equal(said('type A = number\n(f())'), '( f ( ) )')
  t.end()
})

await t.test('a walk that does something to each file is a loop over all of them', (t) => {
  const walk = (rest: string): string => `const fs = require('fs'), path = require('path'); function w (d) { for (const e of fs.readdirSync(d, { withFileTypes: true })) { const f = path.join(d, e.name); if (e.isDirectory()) ${rest} } } w('src'); console.log(1)`
  const places = (rest: string): string | undefined => readPlainJavascript(walk(rest))?.reads.flatMap(({ below }) => below ?? []).join(' ')
  t.equal(places("w(f); else if (f.endsWith('.ts')) console.log(fs.readFileSync(f, 'utf8'))"), 'src/**/*.ts src/**/.*.ts')
  t.equal(places("w(f); else console.log(fs.readFileSync(f, 'utf8'))"), 'src/**/* src/**/.*')
  t.equal(places("w(f); else if (!f.endsWith('.ts')) console.log(fs.readFileSync(f, 'utf8'))"), 'src/**/* src/**/.*', 'all others are any')
  t.equal(places("{ w(f); continue } if (!f.endsWith('.md')) continue; console.log(fs.readFileSync(f, 'utf8'))"), 'src/**/*.md src/**/.*.md')
  t.equal(places("{ w(f); continue } if (f.endsWith('.ts')) { console.log(f) } console.log(fs.readFileSync(f, 'utf8'))"), 'src/**/* src/**/.*', 'what follows is done to all')
  for (const rest of ['w(f); else if (f.endsWith(".ts")) console.log(f); fs.readFileSync(f)', 'w(f); else { fs.readFileSync(d) }', 'w(f); else { fs.readFileSync(e.name) }', 'w(f); else { return f }', 'w(f); else { w(".") }']) t.equal(readPlainJavascript(walk(rest)), null, rest)
  t.end()
})
