import { names, type SnippetLanguage } from './snippet-language.ts'
import type { SnippetWords } from './snippet-words.ts'

const LIBRARIES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['os', names('time date clock difftime')],
  ['io', names('write lines open read stdin')],
  ['string', names('byte char find format gmatch gsub len lower match rep reverse sub upper pack unpack packsize')],
  ['table', names('concat insert remove sort unpack pack maxn move')],
  ['math', names('abs ceil floor max min sqrt pi huge random randomseed sin cos tan asin acos atan atan2 exp log log10 pow fmod modf maxinteger mininteger tointeger type ult deg rad')],
  ['utf8', names('char codes codepoint len offset charpattern')],
  ['bit', names('band bor bxor bnot lshift rshift arshift tobit tohex rol ror bswap')],
  ['coroutine', names('create resume yield wrap status isyieldable running')],
])
const OWN_PATH = /^(?:\.\/)?[A-Za-z][\w-]*(?:\/[A-Za-z][\w-]*)*\/\?(?:\/init)?\.lua;?$|^\?\.lua;?$|^\.\/\?\.lua;?$/

function look (words: SnippetWords, at: number): number | null {
  const said = words.name(at)
  // A member of a library and a call of it have to be told apart from a name that stands for either.
  if (words.mark(at, '(') && /^[)\]]$/.test(words.text(at - 1)) && words.tokens[at - 1]?.kind === 'mark') words.refuse()
  if (said === 'require') {
    const bracket = words.mark(at + 1, '(') ? 1 : 0
    const module = words.plain(at + 1 + bracket)
    if (module === null || !/^[A-Za-z]\w*(?:[./][A-Za-z]\w*)*$/.test(module) || /^(?:ffi|jit|socket|ssl|lfs|posix|io|os|package|debug|http|https|luv|uv|cjson_exec|subprocess|copas|lapis|resty|process|ltn12|mime|lanes|llthreads2?|luasql|redis|winapi|string\.buffer|table\.\w+)(?:\.|\/|$)/.test(module)) words.refuse()
    words.ownsCode = true
    words.loads.push(...foldersOf(words).map((folder) => `${folder}${(module ?? '').replaceAll('.', '/')}.lua`))
    return at + 2 + 2 * bracket
  }
  if (said === 'package') return words.mark(at + 1, '.') && words.name(at + 2) === 'path' ? at + 3 : words.refuse()
  if (said === 'io' && words.mark(at + 1, '.') && !words.joined(at)) return opens(words, at)
  if (said === 'pcall' || said === 'xpcall') return /^(?:function|require|error)$/.test(words.name(at + 2)) || words.defined.has(words.name(at + 2)) ? at + 1 : words.refuse()
  return null
}

function opens (words: SnippetWords, at: number): number | null {
  const verb = words.name(at + 2)
  if (!/^(?:open|lines)$/.test(verb)) return null
  if (!words.mark(at + 3, '(')) words.refuse()
  if (verb === 'lines' && words.mark(at + 4, ')')) return at + 3
  words.reading(at + 4)
  const plain = words.mark(at + 5, ')') || (words.mark(at + 5, ',') && /^\*?[rlanL]b?$/.test(words.plain(at + 6) ?? '') && words.mark(at + 7, ')'))
  return plain ? at + 3 : words.refuse()
}

// `package.path = "src/?.lua;" .. package.path`
function foldersOf (words: SnippetWords): readonly string[] {
  const tokens = words.sequences[0] ?? []
  const folders = ['', 'src/', 'lib/']
  for (const [at, { text, kind }] of tokens.entries()) {
    if (kind !== 'name' || text !== 'path' || tokens[at - 2]?.text !== 'package' || tokens[at + 1]?.text !== '=') continue
    for (const part of [at + 2, at + 4, at + 6]) {
      const said = tokens[part]
      if (said?.kind === 'string') for (const pattern of said.text.split(';')) if (pattern !== '') OWN_PATH.test(pattern) && said.plain ? folders.push(pattern.replace(/\?.*$/, '')) : words.refuse()
      if (tokens[part + 1]?.text !== '..') break
    }
  }
  return folders
}

export const LUA: SnippetLanguage = {
  syntax: {
    comment: /--(?!\[=*\[)[^\n]*/y,
    name: /[A-Za-z_]\w*/y,
    mark: /\.{1,3}|[=~<>]=|::|\/\/|<<|>>|[-+*/%^#&~|<>=(){}[\];:,]/y,
    strings: [{ open: '"', close: '"', escapes: true }, { open: "'", close: "'", escapes: true }],
    raw: /\[\[[^\]]*\]\]/y,
    refused: /--\[=*\[/,
  },
  denied: names('load loadstring loadfile dofile debug ffi jit _G _ENV getfenv setfenv rawset module newproxy execute popen getenv tmpname tmpfile exit rename setlocale loadlib cpath loaders searchers preload loaded searchpath output input setvbuf'),
  roots: LIBRARIES,
  keywords: names('and break do else elseif end false for function goto if in local nil not or repeat return then true until while self print pairs ipairs assert tostring tonumber type select error next unpack rawlen rawequal rawget setmetatable getmetatable collectgarbage arg'),
  calls: names('print'),
  declares: names('function local'),
  joins: names('. :'),
  look,
}
