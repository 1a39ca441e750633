import fc from 'fast-check'
import t from 'tap'
import { steersByFamily } from '../../../../gateway/classify/programs/environment-families.ts'
import { isPerlFilter } from '../../../../gateway/classify/programs/perl-filters.ts'
import { printedFiles } from '../../../../gateway/classify/languages/small-prints.ts'

await t.test('a one-line program that prints what it computes is known by the files it reads', async (t) => {
  const plain: ReadonlyArray<readonly [string, string, string, readonly string[]]> = [
    ['ruby', '-e', 'puts (1..10).select(&:even?).map { |x| x * 2 }.inspect', []], ['ruby', '-e', 'require "json"; puts JSON.parse(File.read("a/b.json"))["version"]', ['a/b.json']],
    ['php', '-r', 'echo json_encode(["a" => 1]);', []], ['lua', '-e', 'print(1 + 1)', []], ['Rscript', '-e', 'print(mean(c(1, 2)))', []], ['elixir', '-e', 'IO.puts(1 + 1)', []], ['perl', '-le', 'print 1 + 1, "\\n"', []],
  ]
  for (const [language, flag, text, files] of plain) t.strictSame(printedFiles(language, [flag, text]), files, text)
})

await t.test('one that names anything else is not', async (t) => {
  const others: ReadonlyArray<readonly [string, string, readonly string[]]> = [
    ['ruby', '-e', ['puts `id`', 'puts %x(id)', 'puts "#{`id`}"', 'puts ENV.to_h', 'puts ["x", "id"].inject(:system)', 'puts [1].each { |system| system "id" }', 'puts send(:x)', 'require "open3"; puts 1', 'puts IO.read("a")', 'x = 1', 'puts File.read("#{1}")']],
    ['php', '-r', ['echo `id`;', 'echo "{$x}";', 'echo "system"("id");', "echo 'system'('id');", 'echo (chr(115))("id");', 'echo $x("id");', 'echo array_map("system", ["id"]);', 'system("id");']],
    ['perl', '-e', ['print `id`', 'print <.env>', 'print qx(id)', 'print "@{[1]}"', 'print $x', 'print -s ".env"', 'system "id"']],
    ['lua', '-e', ['print(os.execute("id"))', 'print(io.open("x"))', 'print(load("x")())']],
    ['Rscript', '-e', ['cat("x", file="y")', 'print(system("id"))']], ['elixir', '-e', ['IO.inspect(:os.cmd(1))', 'IO.puts File.read!("x")']],
    ['constructor', '-e', ['puts 1']], ['ruby', '-r', ['puts 1']],
  ]
  for (const [language, flag, texts] of others) for (const text of texts) t.equal(printedFiles(language, [flag, text]), null, text)
  t.equal(printedFiles('ruby', ['-e', 'puts 1', 'x']), null, 'with a file of its own')
})

await t.test('a Perl program over lines prints, picks or changes them', async (t) => {
  for (const text of ['print if /foo/', 'print "$.: $_" if /TODO/ && !/x/', 'print $F[1], "\\t", $F[-1]', 's/a/b/g if /c/', 's/a/$1b/; s/c//', 'print unless $. == 3', 'next if /^#/; print', 'tr/a-z/A-Z/', 'print if 3 .. 5', 'print']) t.ok(isPerlFilter(text), text)
  const others = ['print if /(?{1})/', 'print if /$ENV{X}/', 'print "$ENV{X}"', 'print "@x"', 's/a/b/e', 's/a/`b`/', 's/a/@{[1]}/', 'print; unlink "x"', 'system', 'print `id`', 'BEGIN { 1 }', 'print <F>', 'eval', 'print STDERR "x"', 'print if -e "x"', '']
  for (const text of others) t.notOk(isPerlFilter(text), text)
})

await t.test('any text is answered, and what is added to a plain program is looked at', async (t) => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.constantFrom('ruby', 'php', 'perl', 'lua'), fc.string({ maxLength: 40 }), (language, tail) => {
      const text = `${language === 'lua' ? 'print(1)' : language === 'php' ? 'echo 1;' : 'print 1'} system ${tail}`
      return printedFiles(language, [language === 'php' ? '-r' : '-e', text]) === null && !isPerlFilter(`print; system ${tail}`)
    }), { numRuns: 500 })
  })
})

await t.test('a variable steers a program by its family or by a scratch path in it', async (t) => {
  for (const [name, value] of [['X_BINARY', '/tmp/x'], ['CC_x86_64', '/tmp/cc'], ['TOX_OVERRIDE', 'a=b'], ['DEPENDENCIES_OUTPUT', 'x'], ['HEX_MIRROR', 'https://evil.example'], ['HUSKY', '0'], ['ANY', '/tmp/x.so'], ['NVM_DIR', '/tmp/n'], ['JEST_X', '../../x'], ['ASAN_OPTIONS', 'log_path=x']] as const) t.ok(steersByFamily(name, value), `${name}=${value}`)
  for (const [name, value] of [['CHROME_BIN', '/usr/bin/chromium'], ['MYPY_CACHE_DIR', '/tmp/m'], ['MIX_ENV', 'test'], ['DATABASE_URL', 'sqlite:///tmp/x.db'], ['API_URL', 'https://api.example'], ['ASAN_OPTIONS', 'detect_leaks=0:halt_on_error=1'], ['NODE_ENV', 'test'], ['TF_VAR_x', 'a b'], ['NX_DAEMON', 'false']] as const) t.notOk(steersByFamily(name, value), `${name}=${value}`)
})
