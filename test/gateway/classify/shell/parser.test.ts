import fc from 'fast-check'
import t from 'tap'
import { SHELL_PROBLEMS, type ShellFacts } from '../../../../gateway/classify/shell/facts.ts'
import { loadShellParser } from '../../../../gateway/classify/shell/parser.ts'

const parse = await loadShellParser()
const facts = (text: string): ShellFacts => parse(text, '/workspace')
const programs = (text: string): string => facts(text).programs.map(({ name }) => name).join(' ')

await t.test('every program that can run is found', async (t) => {
  const wanted: ReadonlyArray<readonly [string, string]> = [
    ['a; b && c || d | e & f', 'a b c d e f'], ['(a; { b; })', 'a b'], ['if a; then b; elif c; then d; else e; fi', 'a b c d e'], ['while a; do b; done', 'a b'], ['case $(a) in x) b;; esac', 'a b'], ['f() { a; }; f', 'a'], ['f() { a; } & f', 'a f'],
    ['echo $(a "$(b)")', 'b a echo'], ['x=`a` b', 'a b'], ['a <(b) > >(c)', 'b a c'], ['bash -c "a | sh -c b"', 'bash a sh b'], ['env -i A=1 a', 'env a'], ['sudo -u x a', 'sudo a'], ['timeout -s KILL 5 nice -n 3 a', 'timeout nice a'], ['find . -exec a {} \\; -execdir b {} +', 'find a b'],
    ['time -p a', 'time a'], ['exec -a x a', 'exec a'], ['coproc a', 'coproc a'], ['trap a EXIT', 'trap a'], ['git bisect run a', 'git a'], ['npm exec -- a', 'npm a'], ['poetry run a', 'poetry a'], ['python3 -m a', 'python3 a'], ['cat <<E | a\nx\nE', 'cat a'], ['a <<E && b\n$(c)\nE', 'c a b'],
  ]
  for (const [text, found] of wanted) t.strictSame(new Set(programs(text).split(' ')), new Set(found.split(' ')), text)
})

await t.test('a path proves a program only in a folder of programs', async (t) => {
  t.equal(programs('/usr/bin/git status'), 'git')
  t.equal(programs('./node_modules/.bin/tsc'), 'tsc')
  t.equal(programs('./src/git status'), './src/git')
  t.equal(programs('/tmp/git status'), '/tmp/git')
  t.equal(programs('/usr/bin/../../tmp/git'), '/usr/bin/../../tmp/git')
})

await t.test('redirections and tools are reads and writes', async (t) => {
  t.match(facts('cat < a > b 2>> c &> d'), { reads: ['a'], writes: ['b', 'c', 'd'] })
  t.strictSame(facts('cat > out b c').reads, ['b', 'c'], 'words after a target belong to the program')
  t.strictSame(facts('ls > /dev/null 2>&1').writes, [])
  t.strictSame(facts('cd src && cat a.ts').reads, ['/workspace/src/a.ts'])
  t.strictSame(facts('cd src; cat a.ts').reads, ['/workspace/src/a.ts', 'a.ts'], 'the change may have failed')
  t.strictSame(facts('cp a b dir/').writes, ['dir/', 'dir/a', 'dir/b'].filter((path) => path !== 'dir/'))
  t.ok(facts('git show HEAD:.env').reads.includes('.env'))
  t.match(facts('mv a b').touches, [{ path: 'a', access: 'delete' }, { path: 'b', access: 'write' }, { path: 'b/a', access: 'write' }])
})

await t.test('variables hold every value they are given', async (t) => {
  t.strictSame(facts('A=.e; B=nv; cat "$A$B"').reads, ['.env'])
  t.strictSame(facts('for f in a b; do cat $f.ts; done').reads, ['a.ts', 'b.ts'])
  t.strictSame(facts('X=a; if t; then X=.env; fi; cat $X').reads, ['a', '.env'])
  t.strictSame(facts('X="a b"; cat $X; cat "$X"').reads, ['a', 'b', 'a b'])
  t.equal(facts('cat $X').opaque, true)
  t.equal(facts('cat $X; X=a').opaque, true, 'used before it is set')
  t.equal(facts('X=$X; cat $X').opaque, true)
  t.equal(facts('read X; cat $X').opaque, true)
  t.equal(facts('echo $X').opaque, false, 'printing an unknown value touches nothing')
})

await t.test('text that the grammar takes ever longer for is given up, and the next one is read afresh', async (t) => {
  for (const unit of ['|', '<', '<<<', '>|']) {
    const found = facts(`ls ${unit.repeat(10_000)}`)
    t.ok(found.opaque, unit)
    t.equal(programs('a; b'), 'a b')
    t.equal(facts('cat a').opaque, false)
  }
  t.same(facts(`ls ${'|'.repeat(30_000)}`).problems, ['parser-failed'])
})

await t.test('what is not understood is opaque, with its reason', async (t) => {
  const wanted: ReadonlyArray<readonly [string, string]> = [
    ['$X a', 'unknown-program'], ['a "', 'syntax-error'], ['a\rb', 'control-character'], ['a\u00a0b', 'unusual-whitespace'], ['ca\\\nt', 'line-continuation'], ['curl x | sh', 'pipe-to-interpreter'], ['node -e 1', 'inline-code'], ['PATH=. ls', 'environment-injection'],
    ['eval "$X"', 'evaluated-text'], ['. ./a.sh', 'sourced-file'], ['alias a=b', 'alias'], ['shopt -s extglob', 'shell-option'], ['echo "$' + '{X:=`id`}"', 'unknown-syntax'], ['! if a; then b; fi', 'unknown-syntax'], ['vim a', 'interactive-program'], ['git -c alias.x=!y x', 'configured-command'], ['git x', 'unknown-subcommand'],
    ['for i in ' + 'a '.repeat(2_000) + '; do cat $i; done', 'unknown-argument'], ['cat ' + Array.from({ length: 70 }, (_, at) => `${at}*`).join(' '), 'too-large'],
    ['cd $X; ls a', 'unknown-directory'], ['cat $X', 'unknown-argument'], ["x='a[$(id)]'; echo $((x))", 'arithmetic-injection'], ['cat <<E\n`id`\nE', 'here-document'], ['echo ' + 'a'.repeat(32_768), 'too-large'], ['('.repeat(300) + 'ls' + ')'.repeat(300), 'too-large'],
  ]
  for (const [text, problem] of wanted) {
    const found = facts(text)
    t.ok(found.opaque && found.problems.includes(problem), `${problem}: ${text.slice(0, 40)}`, { found: found.problems })
  }
})

const fragment = fc.constantFrom(
  'cat', '.env', 'a', '$X', '$(', ')', '`', '"', "'", '\\', ';', '&&', '||', '|', '>', '>>', '<', '<<E', '\nE\n', '\n', '{', '}', '(', 'if', 'then', 'fi', 'for', 'in', 'do', 'done', 'case', 'esac', '[[', ']]', '((', '))', '${', '*', '$((', '<(', 'X=', '~', 'find . -exec', '-c', 'bash', 'xargs', 'git', 'sed', 'cd', '#', '!', '\u00e9', '\0', 'eval'
)

await t.test('no text makes it throw', async (t) => {
  const text = fc.oneof(fc.array(fragment, { maxLength: 20 }).map((parts) => parts.join(' ')), fc.array(fragment, { maxLength: 20 }).map((parts) => parts.join('')), fc.string({ unit: 'binary', maxLength: 60 }))
  t.doesNotThrow(() => fc.assert(fc.property(text, (command) => {
    const found = facts(command)
    return found.opaque === found.problems.some((problem) => problem !== 'data-loss') && found.problems.every((problem) => (SHELL_PROBLEMS as readonly string[]).includes(problem)) && !found.problems.includes('parser-failed')
  }), { numRuns: 1_500 }))
})

await t.test('wrapping and quoting never lose a write', async (t) => {
  const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
  const wraps: ReadonlyArray<(text: string) => string> = [
    (text) => `(${text})`, (text) => `{ ${text}\n}`, (text) => `true && ${text}`, (text) => `ls | ${text}`, (text) => `if true; then ${text}\nfi`, (text) => `f() { ${text}\n}; f`, (text) => `echo "$(${text})"`,
    (text) => `bash -c ${quote(text)}`, (text) => `env A=1 sh -c ${quote(text)}`, (text) => `eval ${quote(text)}`, (text) => `timeout 5 bash -c ${quote(text)}`, (text) => `cat <(${text})`, (text) => `for i in 1 2; do ${text}\ndone`, (text) => `! ${text}`, (text) => `x=$(${text})`, (text) => `bash <<'EOT'\n${text}\nEOT`, (text) => `find . -exec sh -c ${quote(text)} \\;`
  ]
  const start = fc.constantFrom('echo x > .env', 'tee .env', "cp a '.env'", 'touch ".e"nv', 'sed -i s/a/b/ .en\\v', 'A=.env; echo > $A')
  t.doesNotThrow(() => fc.assert(fc.property(start, fc.array(fc.constantFrom(...wraps), { maxLength: 4 }), (command, chosen) => {
    const found = facts(chosen.reduce<string>((text, apply) => apply(text), command))
    return found.opaque || found.writes.includes('.env')
  }), { numRuns: 1_000 }))
})
