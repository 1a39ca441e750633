import fc from 'fast-check'
import t from 'tap'
import { readPlainRuby } from '../../../../../gateway/classify/languages/ruby/plain-ruby.ts'

await t.test('a text that computes is known by the places it opens', async (t) => {
  t.strictSame(readPlainRuby('a = YAML.load_file("config/en.yml")["en"].keys; b = YAML.load_file("config/fr.yml")["fr"].keys; puts (a-b).inspect')?.reads, [{ root: 'config/en.yml', below: null }, { root: 'config/fr.yml', below: null }])
  t.strictSame(readPlainRuby('d = JSON.parse(File.read("spec/a.json")); puts d.group_by { |o| o["status"] }.transform_values(&:size)')?.reads, [{ root: 'spec/a.json', below: null }])
  t.strictSame(readPlainRuby('Dir.glob("app/**/*.rb").each do |f|\n  File.readlines(f).each_with_index do |l, i|\n    puts "#{f}:#{i + 1}\\t#{l.strip}" if l =~ /^\\s*def / && l.size > 30\n  end\nend')?.reads, [{ root: '.', below: 'app/**/*.rb' }])
  t.strictSame(readPlainRuby('puts File.read(".env")')?.reads, [{ root: '.env', below: null }])
  t.strictSame(readPlainRuby('x = ".env"; puts File.read(x)')?.reads, [{ root: '.env', below: null }], 'by a name that is given one text')
  t.strictSame(readPlainRuby('x = "a.md"; File.write(x, File.read("b.md")); puts 1'), { reads: [{ root: 'b.md', below: null }], writes: [{ root: 'a.md', below: null }], loads: [], listed: [] })
  t.strictSame(readPlainRuby('puts "#{File.read(\'.env\')}"')?.reads, [{ root: '.env', below: null }], 'also within a text')
  for (const text of ['puts [3, 1, 2].sort.first', 'puts (1..10).inject(:+)', 'puts [1, 2].reduce(0) { |a, b| a + b }', "require 'json'\nputs JSON.pretty_generate({ a: 1 })", 'x, y = 1, 2\nputs x / y', 'n = 3\nputs n > 2 ? "a" : "b"', 'h = Hash.new(0)\n"a b".split.each { |w| h[w] += 1 }\np h', 'puts Time.now.strftime("%F")', 'puts "a-b".gsub(/-/, "_")']) t.ok(readPlainRuby(text), text)
})

await t.test('whatever could start, change or open more is no plain text', async (t) => {
  const powers = ['puts `id`', 'puts %x(id)', 'puts system("id")', 'system "id"; puts 1', 'system = 1\nsystem "id"\nputs 1', 'exec = 1\nexec("id")\nputs 1', 'eval = 1\neval \'1\'; puts 1', 'x = 1\nx "id"\nputs 1', 'x = 1\nx [1]\nputs 1', 'x = 1\nx -1\nputs 1', 'x = 1\nx { 1 }\nputs 1', 'x = 1\nx :a\nputs 1', 'x = 1\nx a: 1\nputs 1', 'puts IO.read("|id")', 'puts open("|id").read', 'puts Kernel.system("id")', 'puts Process.pid', 'puts ENV.to_h', 'puts ENV["A"]',
    'File.write(x, "b"); puts 1', 'File.write("a" + ".x", "b"); puts 1', 'x = "a"; File.write(x.sub("a", ".env"), "b")', 'File.delete("a"); puts 1', 'FileUtils.rm_rf("a"); puts 1', "require 'fileutils'; puts 1", "require './x'; puts 1", 'require x; puts 1', 'puts "x".send(:system, "id")', 'puts "x".public_send("y")', 'puts "x".instance_eval', 'puts ["a", "`id`"].inject(:instance_eval)', 'puts ["a", "`id`"].inject("instance_eval")', 'f = "x"; puts ["a"].inject(f)', 'puts ["a"].inject(0, :eval)', 'puts ["id"].each(&:system)', 'f = :x; puts [1].map(&f)', 'puts "x".to_sym.to_proc', 'f = 1; puts f.()', 'puts method(:system)', 'puts Object.const_get("File")', 'puts String.class_eval', 'puts "#{`id`}"', 'puts "#$x"', 'puts $0', 'puts @@x', 'while true do puts 1 end', 'loop { puts 1 }', 'puts <<~X\nX', 'puts __FILE__', 'at_exit { puts 1 }', 'puts Net::HTTP.get(1)', 'def system; end; puts 1', 'puts /#{`id`}/', 'puts gsub(1)', 'puts ?#; system("id")', 'puts %(#{`id`})', 'puts %q#a#; system("id")', '[1].inject(:/); system("id") /x/', "=begin\n'\n=end\nsystem('id')\n'\nputs 1", 'puts <<X; system("id")\nX', '[File].each { |c| c.delete("a") }; puts 1', 'x = 1; x.fork, y = 1, 2; puts fork', 'fork[0] = 1; puts fork', 'c = File; c.truncate("a"); puts 1']
  const places = ['puts File.read(".e" + "nv")', 'puts File.read(".e" "nv")', 'puts File.read "\\x2eenv"', 'puts File.read("#{x}")', 'x = "a"; x += "b"; puts File.read(x)', 'x = "a"; x << "b"; puts File.read(x)', 'x = "a"; x = ".env" if 1 > 0; puts File.read(x)', 'x = "a" + ".env"; puts File.read(x)', 'x, y = ".env", 1; puts File.read(x)', 'x = "a"; [".env"].each { |x| puts File.read(x) }', '["a"].each { |f| puts File.read(f) }', 'Dir.glob("a/*").each { |f| puts f }; [".env"].each { |f| puts File.read(f) }', '[".env"].each { |f| puts File.read(f) }; Dir.glob("a/*").each { |f| puts f }', 'Dir.glob("a/*").each { |f| f = ".env"; puts File.read(f) }', 'Dir.glob("a/*").concat([".env"]).each { |f| puts File.read(f) }', '(Dir.glob("a/*") + [".env"]).each { |f| puts File.read(f) }', 'Dir.glob("*", File::FNM_DOTMATCH).each { |f| puts File.read(f) }', 'Dir.glob(x).each { |f| puts f }', 'puts File.join(".env").then { |f| File.read(f) }', 'Dir.glob("a/*").each_with_object(".env") { |f, g| puts File.read(g) }', 'Dir.glob("a").each { |f| f, *g = [".env"]; puts File.read(f) }', 'Dir.glob("a").each { |f| (f, g), h = [[".env"]]; puts File.read(f) }', 'Dir.glob("a").each { |f| ".env" => f; puts File.read(f) }', 'Dir.glob("a").each { |f| [".env"] => [f]; puts File.read(f) }', 'Dir.glob("a").each { |f| /(?<f>.*)/ =~ ".env"; puts File.read(f) }', 'Dir.glob("a").each { |f| case ".env"\nin f then puts File.read(f) end }', 'puts File.read("a", "b")', 'puts CSV.read("|id")', 'puts File.read("https://x.test")']
  for (const text of [...powers, ...places, `puts 1\n${'x'.repeat(4000)}`, 'x = 1']) t.equal(readPlainRuby(text), null, text.slice(0, 80))
})

await t.test('a text may make classes and methods of its own, by names that reach nothing else', async (t) => {
  const plain = ['class A\n  attr_reader :a\n  def initialize(a)\n    @a = a\n  end\n  def <=>(other) = a <=> other.a\nend\nputs A.new(1).a', 'P = Struct.new(:x)\np P.new(1).x', 'def twice(n) = n * 2\nputs twice(2)', 'begin\n  Integer("x")\nrescue ArgumentError => e\n  puts e.message\nend', 'p %w[a b].map(&:upcase)', 'i = 0\nwhile i < 2\n  i += 1\nend\nputs i']
  for (const text of plain) t.ok(readPlainRuby(text), text)
  t.strictSame(readPlainRuby('Dir.glob("a/*.rb").each { |f| n = File.read(f).size; puts n }')?.reads, [{ root: '.', below: 'a/*.rb' }])
  const taken = ['system', 'open', 'exec', 'eval', 'send', 'spawn', 'fork', 'glob', 'to_path', 'load']
  for (const name of taken) for (const text of [`def ${name}(x) = x\nputs self.${name}("id")`, `S = Struct.new(:${name})\nputs self.${name}("id")`, `class A; attr_reader :${name}; end\nputs self.${name}("id")`, `def f(${name} = 1) = ${name}("id")\nputs f`, `begin; puts 1; rescue => ${name}\n${name} "id"; end`]) t.equal(readPlainRuby(text), null, text)
  for (const name of ['File', 'Dir', 'IO', 'Kernel', 'Object', 'String', 'Array', 'Process']) for (const text of [`class ${name}; end\nputs ${name}.new(1)`, `module ${name}; end\nputs 1`, `def ${name}.x = 1\nputs 1`, `${name} = 1\nputs 1`]) t.equal(readPlainRuby(text), null, text)
  for (const change of ['f << "/../.env"', 'y = f; y << "/../.env"', 'f.prepend("x")', 'f.sub!("a", "b")', 'f[0] = "x"', 'f.insert(0, "x")']) t.equal(readPlainRuby(`Dir.glob("a/*").each { |f| ${change}; puts File.read(f) }`), null, change)
})

await t.test('no value has the name of what starts programs', async (t) => {
  t.equal(readPlainRuby('puts,system='), null)
  t.equal(readPlainRuby('[1].each { |system| puts system }'), null)
  t.not(readPlainRuby('[1].each { |one| puts one }'), null)
})

await t.test('any text is read to an end', async (t) => {
  const word = fc.constantFrom('puts', 'x', '=', '|', '{', '}', 'do', 'end', '.', '(', ')', '[', ']', 'each', 'File', 'read', '"a"', '"#{x}"', "'b'", '/', '&:', ':a', 'a:', ' ', '\n', ',', 'system', '1', 'def ', 'self', 'class ', 'A', '@a', '%w[a]', 'attr_reader ', 'Struct.new(:a)', 'rescue', '<<', '&', 'yield', 'while ')
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.array(word, { maxLength: 40 }).map((words) => words.join('')), (text) => readPlainRuby(text) === null || !/(?:^|[^"\w:&'])system(?![\w:])/.test(text)), { numRuns: 3000 })
  })
})
