import { bareSource } from './compiled-code.ts'

const HEADERS = /^(?:stdio|stdlib|string|stdint|inttypes|stddef|stdbool|stdalign|stdarg|limits|float|math|ctype|errno|assert|time|complex|endian|wchar|sys\/types|arpa\/inet|c?(?:stdio|stdlib|stdint|string|math|stddef|limits|assert|float)|iostream|iomanip|sstream|string_view|vector|array|deque|list|map|set|unordered_map|unordered_set|algorithm|numeric|utility|tuple|optional|variant|memory|functional|iterator|limits|bit|bitset|chrono|complex|random|ranges|span|type_traits|typeinfo|concepts|compare|cassert|cstdint|cstddef|cstdlib|cstring|cmath|climits)(?:\.h)?$/
const KEYWORDS = 'if|for|while|switch|return|sizeof|alignof|_Alignof|alignas|_Alignas|_Static_assert|static_assert|offsetof|decltype|catch|typeof|_Generic|typeid|noexcept'
// What computes, prints or fills memory of its own.
const CALLS = new RegExp(`^(?:${KEYWORDS}|main|f?printf|snprintf|putchar|puts|strlen|strn?cmp|strn?cpy|strn?cat|strchr|strrchr|strstr|strtok|strto(?:l|ul|ll|ull|d|f)|mem(?:cpy|set|cmp|move|chr)|malloc|calloc|free|abs|labs|ato[ilf]|qsort|is(?:alpha|digit|space|alnum|upper|lower|punct|xdigit|nan|inf)|to(?:upper|lower)|pow|sqrt|f?abs|floor|ceil|l?l?round|trunc|fmod|log(?:2|10)?|exp|sin|cos|tan|atan2?|nearbyint|nextafter|hton[sl]|ntoh[sl]|time|clock|assert|exit|__builtin_(?:popcount|clz|ctz|bswap\\d+)(?:l|ll)?|u?int\\d+_t|INT\\d+_C|UINT\\d+_C|size|begin|end|push_back|emplace_back|insert|find|count|sort|accumulate|to_string|move|max|min|swap|setw|setprecision|hex|name|value|value_or|has_value|at|front|back|empty|clear|substr|str|reserve|resize|capacity|make_unique|make_shared|make_pair|get|duration_cast|now|popcount|std::(?:sort|stable_sort|max|min|move|abs|pow|sqrt|to_string|make_pair|make_tuple|accumulate|find|count|swap|begin|end|size|get|distance|next|prev|popcount|setw|setprecision|reverse|iota|unique|copy|fill|strlen|memcpy|printf|puts|floor|ceil|round|string|vector|pair|tuple))$`)
// Wherever one of these stands, also as what another function is given to call.
const POWERS = /\b(?:system|popen|exec[lv]\w*|posix_spawn\w*|v?fork|clone|socket|connect|bind|listen|f?d?re?open|fopen|open(?:at)?|creat|unlink|remove|rename|rmdir|mkdir|chmod|chown|kill|dl(?:open|sym)|syscall|mmap|mprotect|(?:secure_)?getenv|setenv|putenv|environ|tmpfile|ptrace|raise|signal|atexit|filesystem|[io]?fstream|thread|async)\b/
const CAST = /\((?:\s*(?:const|unsigned|signed|volatile|struct|void|char|short|int|long|float|double|bool|size_t|ptrdiff_t|u?int(?:ptr|\d+)_t)\s*)+\**\s*\)\s*\(/g

/** Whether a program of C or C++ in one file only computes and prints: every name that it calls is its own or one that is known to. */
export function isPlainC (text: string): boolean {
  const bare = bareSource(text)
  if (bare === null || POWERS.test(bare) || /\?\?|%:|<:|##|\b(?:asm|goto|constructor|__(?!LINE__|FILE__|func__|cplusplus|STDC_VERSION__|BYTE_ORDER__|SIZEOF_|builtin_(?:popcount|clz|ctz|bswap)|VERSION__)\w+)\b/.test(bare)) return false
  const lines = bare.split('\n')
  if (!lines.filter((line) => /^\s*#/.test(line)).every(isPlainDirective)) return false
  const code = lines.filter((line) => !/^\s*#/.test(line)).join('\n').replace(CAST, '(')
  // A call of what some expression gives could be a call of anything.
  if (/[)\]]\s*\(/.test(code.replace(new RegExp(`\\b(?:${KEYWORDS})\\s*\\([^()]*\\)\\s*\\(`, 'g'), '(')) || !/\bmain\s*\(/.test(code) || /\bmain\s*[[={]/.test(code)) return false
  const own = new Set([...code.matchAll(/\b([A-Za-z_]\w*)\s*\([^;{}()]*\)\s*(?:const\s*)?\{/g)].map(([, name = '']) => name))
  return [...code.matchAll(/((?:std::)?[A-Za-z_]\w*)\s*\(/g)].every(([, name = '']) => (own.has(name) && !/^(?:if|for|while|switch)$/.test(name)) || CALLS.test(name))
}

// Names for numbers only: a macro could give a known name to anything.
function isPlainDirective (line: string): boolean {
  const [, header] = /^\s*#\s*include\s*<([\w/.]+)>\s*$/.exec(line) ?? []
  return header === undefined ? /^\s*#\s*(?:define\s+[A-Z][A-Z0-9_]*\s+\(?-?[\w.]*\d[\w.]*\)?|(?:ifdef|ifndef)\s+\w+|if\s+[\w\s()<>=!&|]+|else|endif)\s*$/.test(line) : HEADERS.test(header)
}
