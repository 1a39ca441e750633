import { TooMuch } from '../too-much.ts'
import { words } from '../words.ts'

/** Functions that only compute, print or end the program. */
export const PERL_FUNCTIONS = words('print printf say die warn exit chomp chop length substr index rindex sprintf join split reverse sort map grep keys values each push pop shift unshift splice scalar defined undef exists delete ' +
  'uc lc ucfirst lcfirst int abs sqrt log exp sin cos atan2 hex oct ord chr quotemeta pos rand localtime gmtime not')

/** Those that may stand without any argument. */
export const PERL_ALONE = words('print chomp length split pop shift exit uc lc int abs ord chr hex oct reverse pos undef rand localtime gmtime die ucfirst lcfirst defined quotemeta')

/** Those that take a block first. */
export const PERL_BLOCKS = words('sort map grep')

/** Functions of modules that only compute, once the module is named. */
const PERL_MODULES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['strict', words('')], ['warnings', words('')], ['utf8', words('')],
  ['List::Util', words('sum sum0 max min maxstr minstr uniq uniqnum product')],
  ['Time::HiRes', words('time')],
  ['POSIX', words('floor ceil fmod strftime')],
])

/** What stands between two values. */
export const OPERATOR = /\*\*=|\|\|=|&&=|\/\/=|<=>|\.\.\.|=~|!~|==|!=|<=|>=|&&|\|\||\/\/|\*\*|\.\.|[-+*/%.]=|=>|,|=|<(?!<)|>(?!>)|[-+*/%.?:]|(?:x=?(?=[\s(\d$])|(?:eq|ne|lt|gt|le|ge|cmp|and|or|xor|isa)\b)(?!\s*=>)/y
export const NUMBER = /0x[\da-fA-F]+|\d[\d_]*(?:\.(?!\.)\d*)?(?:[eE][-+]?\d+)?/y
export const WORD = /[A-Za-z_]\w*(?!['\w]|::)/y
/** What surely ends a function without values. */
export const ENDS = /$|[)}\];,:]|==|>|!=|&&|\|\||(?:if|unless|for|foreach|while|and|or)\b/y
/** What may stand behind a word that takes no values. */
export const FOLLOWS: ReadonlyMap<string, RegExp> = new Map([['next', /LINE\b|(?=[;}]|$|if\b|unless\b)/y], ['last', /LINE\b|(?=[;}]|$|if\b|unless\b)/y], ['eof', /\(\s*(?:ARGV)?\s*\)|ARGV\b/y], ['close', /ARGV\b|\(\s*ARGV\s*\)/y], ['time', /\(\s*\)|(?=[^(])/y]])

/** The functions a program gets from a module that only computes. */
export function importedPerl (module: string, names: readonly string[]): readonly string[] {
  const known = PERL_MODULES.get(module)
  if (known === undefined || !names.every((name) => known.has(name))) throw new TooMuch()
  return names
}
