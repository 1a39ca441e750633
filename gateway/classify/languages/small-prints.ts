// One-line programs of Ruby, PHP, Lua, R, Elixir and Perl that print what they compute. Every name of one is listed, so that
// none of them starts, opens, sends or evaluates anything; files are read by one listed form with a plain name only.
interface Printer {
  readonly flag: RegExp
  /** How such a program begins. */
  readonly begins: RegExp
  readonly names: ReadonlySet<string>
  /** Reads of a file by its plain name; the name stands in the second group. */
  readonly reads?: RegExp
  /** Names of the language's variables, which hold only what the program put there. */
  readonly locals?: RegExp
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const TOKEN = /\s+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?|'[^'\\]*'|"(?:[^"\\$#@`]|\\[nt"\\])*"|(?<=[(,]\s*)\/(?:[^/\\\n#$@`(]|\\[\w.])+\/[gimx]*|(?<name>[$&:]?[A-Za-z_]\w*[?!]?)|%(?=\s|\d)|[-+*/<>=!&|^.,:;()[\]{}?]/y
const MAX_CHARACTERS = 600

const RUBY_NAMES = words('puts print p pp true false nil do end if else unless and or not inspect to_s to_i to_f to_a to_h to_sym to_set to_json size length count sum max min minmax first last reverse sort sort_by uniq map flat_map select filter filter_map reject reduce inject each each_with_index each_with_object each_slice each_cons group_by partition tally zip take drop take_while drop_while any? all? none? include? find index key? keys values merge dig compact flatten join split strip chomp upcase downcase capitalize swapcase gsub sub tr chars bytes lines start_with? end_with? match? scan center ljust rjust even? odd? zero? positive? negative? empty? nil? abs round floor ceil divmod pow gcd lcm digits times upto downto step rotate cycle product combination permutation transpose fetch slice values_at freeze frozen? class then tap succ ord chr encoding force_encoding unicode_normalize strftime iso8601 year month day wday yday hour minute ' +
  'each_key each_value with_index YAML JSON JSON.parse parse generate pretty_generate Date today Time now utc Math sqrt Integer Float Rational Set new PI RUBY_VERSION RUBY_PLATFORM RUBY_ENGINE Float::INFINITY Comparable :even? :odd? :to_s :to_i :to_f :upcase :downcase :+ :* :size :length :first :last :itself')

const PRINTERS: Readonly<Record<string, Printer | undefined>> = Object.assign(Object.create(null) as Record<string, Printer>, {
  ruby: {
    flag: /^-e$/,
    begins: /^(?:require ['"](?:json|set|date|time|bigdecimal|pp)['"];\s*)*(?:puts|print|pp?)\b/,
    names: RUBY_NAMES,
    reads: /\b(?:File\.(?:read|readlines)|YAML\.(?:safe_load_file|load_file))\((['"])([\w][\w./-]*)\1\)/g,
    locals: /^:?[a-z]$|^&:(?:even|odd|nil|zero|empty)\?$|^&:(?:to_[sifa]|upcase|downcase|size|length|first|last|strip|inspect|succ|abs)$|^(?:acc|memo|item|elem|key|val|value|idx|num|str|line|word|row|h)$/,
  },
  php: {
    flag: /^-r$/,
    begins: /^(?:(?:\$[a-z]\w*\s*=|echo|print|print_r|var_dump|var_export)(?=\W))/,
    reads: /\bfile_get_contents\((['"])([\w][\w./-]*)\1\)/g,
    locals: /^\$[a-z]\w*$/,
    names: words('echo print print_r var_dump var_export json_encode json_decode strlen count strtoupper strtolower ucfirst ucwords trim ltrim rtrim implode explode str_replace str_contains str_starts_with str_ends_with str_repeat str_pad str_split substr strpos strrev sprintf number_format round floor ceil abs max min intdiv array_sum array_keys array_values array_merge array_unique array_reverse array_flip array_combine array_slice array_chunk array_fill range in_array md5 sha1 crc32 base64_encode base64_decode urlencode rawurlencode htmlspecialchars date time mktime strtotime checkdate intval floatval strval is_numeric is_int is_string is_null is_array gettype version_compare phpversion PHP_EOL PHP_VERSION PHP_OS PHP_OS_FAMILY PHP_INT_MAX PHP_INT_SIZE M_PI JSON_PRETTY_PRINT true false null fn'),
  },
  lua: { flag: /^-e$/, begins: /^print\b/, names: words('print math string table floor ceil max min sqrt abs pi huge upper lower len rep reverse sub concat unpack tostring tonumber type select nil true false not and or _VERSION') },
  Rscript: { flag: /^-e$/, begins: /^(?:print|cat)\b/, names: words('print cat mean median sd var sum min max length c seq rep sort rev order round sqrt exp log abs paste paste0 nchar toupper tolower summary quantile table unique head tail TRUE FALSE NULL NA pi sep R version') },
  elixir: { flag: /^-e$/, begins: /^IO\.(?:puts|inspect)\b/, names: words('IO puts inspect Enum map sum count sort reverse join filter uniq max min to_list String upcase downcase length split trim Integer to_string round div rem true false nil fn end label'), locals: /^[a-z]$/ },
  perl: { flag: /^-l?[eE]$/, begins: /^(?:print|say)\b/, names: words('print say length uc lc ucfirst lcfirst reverse sort join sqrt abs int sprintf substr index scalar keys x') },
})

// Libraries of Ruby's own that only compute.
const RUBY_LIBRARIES = /^-r(?:json|yaml|set|date|time|bigdecimal(?:\/util)?|pp|digest|securerandom|prime|matrix)$/

/** The files a program that only prints what it computes reads by their names; null for any other. */
export function printedFiles (language: string, args: readonly string[]): readonly string[] | null {
  const printer = PRINTERS[language]
  const [flag = '', text = '', ...more] = language === 'ruby' ? args.filter((arg, at) => !RUBY_LIBRARIES.test(arg) || at > 2) : args
  if (printer === undefined || more.length > 0 || !printer.flag.test(flag) || text.length > MAX_CHARACTERS || !printer.begins.test(text.trim())) return null
  const files: string[] = []
  const shown = printer.reads === undefined ? text : text.replace(printer.reads, (_, _quote: string, file: string) => { files.push(file); return '"x"' })
  const body = shown.trim().replace(/^(?:require ['"]\w+['"];\s*)+/, '')
  return isPlain(body, printer) ? files : null
}

function isPlain (text: string, { names, locals }: Printer): boolean {
  const pattern = new RegExp(TOKEN)
  let before = ''
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text)
    if (match === null) return false
    // A text that is called is the function of that name: `"system"("id")`.
    if (match[0] === '(' && /['")\]}]$|^\$/.test(before)) return false
    if (match[0].trim() !== '') before = match[0]
    const { name } = match.groups ?? {}
    if (name !== undefined && !names.has(name) && locals?.test(name) !== true) return false
  }
  return true
}
