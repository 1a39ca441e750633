/** What a Perl command line says of a text it carries: which of its words is the first file, and whether the files are changed. */
interface PerlCommand {
  readonly files: number
  readonly changes: boolean
}

const SPLIT = 'F(?:[,:;|=]|\\\\[ts|]\\+?|/(?:[,:;=]|\\\\[ts|]\\+?)/)' // Perl makes a program of what stands here
const PLAIN = '(?:0(?:777|0)?|l|[npaw])'
const SWITCHES = new RegExp(`^-${PLAIN}*(?:i(?:\\.\\w+)?|${SPLIT})?$|^-C[SDAIOio]*$`)
const LAST = new RegExp(`^-${PLAIN}*[eE]$`)
const MODULE = /^-M(strict|warnings|utf8|List::Util|POSIX|Time::HiRes)(?:=(\w+(?:,\w+)*))?$/
// Perl opens a name as it stands, so that a sign before or behind it makes it a command or another file; what a pattern begins or ends with could be one.
const FILE = /^[\w@./+](?:[\w@./+,=*?[\]{}-]*[\w@/+}])?$/

/** Reads `perl -lane TEXT FILE…`. @returns null for options or files that are not surely plain, or a text that is not */
export function readPerlCommand (words: readonly string[], isPlain: (text: string, modules: ReadonlyArray<readonly [string, readonly string[]]>) => boolean): PerlCommand | null {
  const texts: string[] = []
  const modules: Array<readonly [string, readonly string[]]> = []
  let changes = false
  let at = 0
  for (; words[at]?.startsWith('-') === true; at += 1) {
    const word = words[at] ?? ''
    if (word === '--' && texts.length > 0) {
      at += 1
      break
    }
    const [found, module = '', names = ''] = MODULE.exec(word) ?? []
    if (found !== undefined) modules.push([module, names.split(',').filter(Boolean)])
    else if (LAST.test(word)) {
      at += 1
      texts.push(words[at] ?? '')
    } else if (SWITCHES.test(word)) changes ||= /^-[^F]*i/.test(word) && !word.startsWith('-C')
    else return null
  }
  const files = words.slice(at)
  return texts.length > 0 && files.every((file) => FILE.test(file)) && isPlain(texts.join('\n'), modules) ? { files: at, changes } : null
}
