import fc from 'fast-check'
import t from 'tap'
import { isPerlFilter } from '../../../../gateway/classify/programs/perl-filters.ts'

await t.test('a Perl program over lines prints, picks or changes them', async (t) => {
  for (const text of ['print if /foo/', 'print "$.: $_" if /TODO/ && !/x/', 'print $F[1], "\\t", $F[-1]', 's/a/b/g if /c/', 's/a/$1b/; s/c//', 'print unless $. == 3', 'next if /^#/; print', 'tr/a-z/A-Z/', 'print if 3 .. 5', 'print']) t.ok(isPerlFilter(text), text)
  const others = ['print if /(?{1})/', 'print if /$ENV{X}/', 'print "$ENV{X}"', 'print "@x"', 's/a/b/e', 's/a/`b`/', 's/a/@{[1]}/', 'print; unlink "x"', 'system', 'print `id`', 'BEGIN { 1 }', 'print <F>', 'eval', 'print STDERR "x"', 'print if -e "x"', '']
  for (const text of others) t.notOk(isPerlFilter(text), text)
})

await t.test('what is added to a plain program over lines is looked at', async (t) => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.string({ maxLength: 40 }), (tail) => !isPerlFilter(`print; system ${tail}`)), { numRuns: 500 })
  })
})
