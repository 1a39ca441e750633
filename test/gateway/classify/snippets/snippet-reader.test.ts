import fc from 'fast-check'
import t from 'tap'
import { askedSnippet } from '../../../../gateway/classify/snippets/asked-snippets.ts'
import { C, CPP } from '../../../../gateway/classify/snippets/c-family.ts'
import { DART, GO, RUST } from '../../../../gateway/classify/snippets/compiled.ts'
import { ELIXIR, MIX } from '../../../../gateway/classify/snippets/elixir.ts'
import { JAVA, KOTLIN } from '../../../../gateway/classify/snippets/jvm.ts'
import { LUA } from '../../../../gateway/classify/snippets/lua.ts'
import { PHP } from '../../../../gateway/classify/snippets/php.ts'
import { readSnippet } from '../../../../gateway/classify/snippets/snippet-reader.ts'
import { JULIA, R } from '../../../../gateway/classify/snippets/statistics.ts'
import { SWIFT } from '../../../../gateway/classify/snippets/swift.ts'
import { literal } from '../../../../gateway/classify/shell/facts.ts'

const LANGUAGES = [PHP, LUA, ELIXIR, MIX, R, JULIA, C, CPP, RUST, GO, DART, SWIFT, JAVA, KOTLIN]
const WORDS = fc.constantFrom('print', 'system', 'x', '$x', 'f', '(', ')', '[', ']', '{', '}', ',', '=', '.', '::', ':', ';', '\n', ' ', '"a"', '".env"', "'b'", '"', "'", '/*', '*/', '//', '#', '#{', '${', '$(', '\\(', '@', '%', 'import', 'use', 'require', 'std', 'os', 'fn', 'function', 'glob', 'foreach', 'as', 'File', 'read!', '1', '1e9', '\\', '`', '<<<', '?>', '~r/', '"""', 'r#"')

await t.test('any text is read to an end, and none that names what starts programs is understood', async (t) => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.oneof(fc.array(WORDS, { maxLength: 40 }).map((words) => words.join('')), fc.string()), (text) => {
      for (const language of LANGUAGES) {
        const snippet = readSnippet(`${text}\nsystem("id")`, language)
        if (snippet !== null && language.denied.has('system')) return false
        readSnippet(text, language)
      }
      return true
    }), { numRuns: 1000 })
  })
})

await t.test('a text that is longer than a snippet is not read', async (t) => {
  for (const language of LANGUAGES) t.equal(readSnippet(`x = 1\n${' '.repeat(8_000)}`, language), null)
})

await t.test('only a text that is known to the letter is compiled, with options that are known', async (t) => {
  const source = '#include <stdio.h>\nint main(void) { puts("x"); return 0; }\n'
  const ask = (words: string, text: string | null = source, name = 'cc'): unknown => askedSnippet(name, words.split(' ').map(literal), { kind: 'none' }, (file) => file.text === '/tmp/x.c' ? text : null)?.makes?.text ?? null
  t.equal(ask('-O2 -Wall -o /tmp/x /tmp/x.c'), '/tmp/x')
  t.equal(ask('-Wunused-but-set-variable -DNDEBUG -DN=3 -m64 -o /tmp/x -x c++ /tmp/x.c'), '/tmp/x')
  t.equal(ask('-o /tmp/x /tmp/x.c', undefined, 'g++'), '/tmp/x')
  t.equal(ask('-o /tmp/x /tmp/x.c', null), null)
  t.equal(ask('-o /tmp/x /tmp/x.c', 'int main(void) { return 0; }\n'), null)
  for (const words of ['-o /tmp/x /tmp/x.c /tmp/y.c', '-o /tmp/x -include .env /tmp/x.c', '-o /tmp/x -wrapper sh /tmp/x.c', '-o /tmp/x -I/tmp /tmp/x.c', '-o /tmp/x -I /tmp /tmp/x.c', '-o .git/hooks/pre-commit /tmp/x.c', '-o /root/x /tmp/x.c', '-fplugin=/tmp/x.so -o /tmp/x /tmp/x.c', '/tmp/x.c', '-o /tmp/x /tmp/y.c', '-z execstack -o /tmp/x /tmp/x.c', '-B/tmp -o /tmp/x /tmp/x.c', '@/tmp/args -o /tmp/x /tmp/x.c', '-o /tmp/x -o /tmp/y /tmp/x.c', '-DRUN=system -o /tmp/x /tmp/x.c', '-Wl,-rpath,/tmp -o /tmp/x /tmp/x.c', '-o', '-o /tmp/x -o']) t.equal(ask(words), null, words)
})

await t.test('of Go\'s package without safety only sizes are asked', async (t) => {
  const text = (said: string): string => `package main\n\nimport (\n\t"fmt"\n\t"unsafe"\n)\n\nfunc main() {\n\tvar v struct{ A bool; B int64 }\n\tfmt.Println(${said})\n}\n`
  t.ok(readSnippet(text('unsafe.Sizeof(v), unsafe.Offsetof(v.B)'), GO))
  for (const said of ['v', 'unsafe.Pointer(&v)', 'unsafe.Slice(&v, 9)', 'unsafe']) t.equal(readSnippet(text(said), GO), null, said)
  t.equal(readSnippet(text('u.Sizeof(v)').replace('"unsafe"', 'u "unsafe"'), GO), null)
  t.equal(readSnippet(text('Sizeof(v)').replace('"unsafe"', '. "unsafe"'), GO), null)
})

await t.test('lines for the Java shell are read without its commands, of which only those pass that end it or tell what it knows', async (t) => {
  const ask = (text: string): unknown => askedSnippet('jshell', ['-s', '-'].map(literal), { kind: 'text', text }, () => null)
  t.ok(ask('import java.math.*\nSystem.out.println(new BigDecimal("1.0"))\n/vars\n/exit\n'))
  for (const text of ['/open x.txt\nSystem.out.println(1)\n', 'System.out.println(1)\n/save .git/hooks/x\n', 'System.out.println(1)\n/!\n', '/*\n/exit */ Runtime.getRuntime().exec("id"); /*\n*/ System.out.println(1)\n', 'System.out.println(System.getenv())\n', '/exit']) t.equal(ask(text), null, text)
})

await t.test('what stands beside a file in a scratch folder is compiled with it, and named for that', async (t) => {
  const text = '#include "engine/vertex.hpp"\n#include <cstdio>\nint main() { std::printf("%zu", sizeof(engine::Vertex)); }\n'
  t.strictSame(askedSnippet('g++', ['-Iengine/include', '-o', '/tmp/x', '/tmp/x.cpp'].map(literal), { kind: 'none' }, () => text)?.beside, ['/tmp/engine/vertex.hpp'])
  t.equal(askedSnippet('g++', ['-o', '/tmp/x', '/tmp/x.cpp'].map(literal), { kind: 'none' }, () => text), null)
  t.strictSame(askedSnippet('g++', ['-Iengine/include', '-x', 'c++', '-o', '/tmp/x', '-'].map(literal), { kind: 'text', text }, () => null)?.code, ['engine/vertex.hpp', 'engine/include/engine/vertex.hpp'])
})
