import { isPlainPerl } from '../languages/perl/plain-perl.ts'
import { literal, type Field } from '../shell/facts.ts'
import { isPerlFilter } from './perl-filters.ts'
import { readPerlCommand } from './perl-options.ts'

// One substitution for each line, whose replacement is no code, as `sed` does it.
const PERL_SWITCHES = /^-(?:0777)?(?:[pnlw]*(?:i(?:\.\w+)?)?)$|^-0[pnlw]+i?$/
const PERL_LAST = /^-0?(?:777)?[pnlw]*e$/ // `-pie` is in place with `e` as ending
const PERL_SUBSTITUTION = /^s([/|#!,])((?:\\[^\n]|(?!\1)[^\\\n])*)\1((?:\\[^\n]|(?!\1)[^\\\n])*)\1[gimsx]*;?$/

/** What a one-line program of Perl comes down to, when all that it does is look at lines or change them; null for any other. */
export function perl (words: readonly string[], args: readonly Field[]): readonly Field[] | null {
  const [, module] = /^-I ?lib -M([A-Z]\w*(?:::\w+)*) -e ?[01]$/.exec(words.join(' ')) ?? []
  if (module !== undefined) return [literal('perl'), literal('-Ilib'), literal(`lib/${module.replaceAll('::', '/')}.pm`)] // loaded, it is run
  const read = readPerlCommand(words, isPlainPerl)
  if (read !== null) return [literal('sed'), ...read.changes ? [literal('-i')] : [], literal(sedLike(words.slice(0, read.files))), literal('--'), ...args.slice(read.files)]
  const at = words.findIndex((word) => !word.startsWith('-'))
  const flags = words.slice(0, Math.max(at, 0))
  const program = (words[at] ?? '').replace(/^s\{([^{}#\n]*)\}\{([^{}#\n]*)\}([gimsx]*);?$/, 's#$1#$2#$3')
  const [, , sought = '', put = ''] = PERL_SUBSTITUTION.exec(program) ?? []
  // `(?{ })` and `@{[ ]}` hold code; variables other than what was matched could hold anything.
  if (args.slice(at + 1).some(({ text }) => /[|<>&]/.test(text))) return null // opened as Perl opens it, a name can be a command
  if (/^-[plna0]*i?(?:\.\w+)?$/.test(flags.slice(0, -1).join('') || '-') && /^-(?:0(?:777)?)?[pnla]*[pn][pnla]*e$/.test(flags.at(-1) ?? '') && isPerlFilter(words[at] ?? '')) return filtered(words.slice(0, at + 1), args.slice(at + 1))
  if (!PERL_LAST.test(flags.at(-1) ?? '') || !flags.slice(0, -1).every((flag) => PERL_SWITCHES.test(flag)) || sought === '' || /\(\?\??\{|[@$]\{|\$[A-Za-z_:]|@[A-Za-z_$]/.test(sought) || /[@`]|\$(?![1-9&]|\{[1-9]\})/.test(put)) return null
  return filtered(words.slice(0, at + 1), args.slice(at + 1))
}

// Written back, all lines may be another, or only those that are looked for.
function sedLike (words: readonly string[]): string {
  const program = words.at(-1) ?? ''
  const picks = words.some((word) => /^-[0al]*n/.test(word)) && /\bprint\b.*\bif\s+(?!\s*[!(])/s.test(program)
  return picks || REPLACES_ALL.test(program) || EMPTIES.test(program) ? 's/.*//' : 's/a/b/'
}
// The line itself, of which nothing is left.
const EMPTIES = /^\s*(?:undef\s*\(?\s*\$_\s*\)?|\$_\s*=\s*(?:undef|''|""))\s*;?\s*$/
const REPLACES_ALL = /\bs([/|#!,{])\^?(?:\.|\[\\s\\S\]|\\X|\[\^\\n\])[*+]\??\$?(?:\\n\??)?[/|#!,}]/

function filtered (words: readonly string[], files: readonly Field[]): readonly Field[] {
  return words.slice(0, -1).some((flag) => flag.includes('i')) ? [literal('sed'), literal('-i'), literal(sedLike(words)), literal('--'), ...files] : [literal('sed'), literal('s/a/b/'), literal('--'), ...files]
}
