import { names, type SnippetLanguage, type SnippetSyntax } from './snippet-language.ts'
import type { SnippetWords } from './snippet-words.ts'

const MARK = /::|->|=>|\.\.[.=<]?|&&|\|\||[=!<>]==?|:=|<-|[-+*/%|&^]=|\?\.|\?\?|!!|[-+*/%.,;:?!<>=&|^~@()[\]{}#$]/y
export const BRACES: SnippetSyntax = {
  comment: /\/\/[^\n]*|\/\*[^]*?\*\//y,
  name: /[A-Za-z_]\w*/y,
  mark: MARK,
  strings: [{ open: '"', close: '"', escapes: true }],
  refused: /$^/,
}

/** The statement at a place as it is written, without blanks, and where it ends. */
export function statementAt (words: SnippetWords, at: number, end: string | null): { readonly said: string, readonly next: number } {
  let next = at
  while (words.tokens[next] !== undefined && (end === null ? next === at || words.tokens[next]?.line !== true : !words.mark(next, end))) {
    if (words.tokens[next]?.kind === 'mark' && words.text(next) === ';') break
    next += 1
  }
  return { said: words.tokens.slice(at, next).map(({ kind, text }) => kind === 'string' ? JSON.stringify(text) : text).join(' ').replace(/ ?(::|[.{},*;<>/]) ?/g, '$1'), next }
}

// --- Rust: a file alone has no crates but its own library's. Outside of these modules of it, and of blocks that say so, nothing leaves the program.
const RUST_MACROS = names('println print eprintln eprint format format_args vec assert assert_eq assert_ne debug_assert debug_assert_eq debug_assert_ne panic todo unimplemented unreachable write writeln matches dbg concat stringify line column file module_path thread_local macro_rules')
const RUST_OUT = names('process fs net os env arch ffi intrinsics backtrace sys_common prelude_import path unix linux fd raw')
const RUST_ATTRIBUTES = names('derive allow warn deny test inline must_use cfg non_exhaustive default repr rustfmt dead_code expect')

function rust (words: SnippetWords, at: number): number | null {
  const said = words.name(at)
  if (words.mark(at, '#')) {
    const inner = words.mark(at + 1, '!') ? 2 : 1
    if (!words.mark(at + inner, '[') || !RUST_ATTRIBUTES.has(words.name(at + inner + 1))) words.refuse()
    // `repr` and the like take words only; a path or a string in one may load a file.
    for (let next = at; next < words.behind(at + inner); next += 1) if (words.tokens[next]?.kind === 'string') words.refuse()
    return words.behind(at + inner)
  }
  if (said === 'r' && words.mark(at + 1, '#') && words.tokens[at + 1]?.spaced === false) words.refuse()
  if (said === 'mod' && !words.mark(at + 2, '{')) words.refuse()
  if (said === 'use') return rustUse(words, at)
  if (/^(?:std|core|alloc)$/.test(said) && !words.joined(at) && !words.mark(at + 1, '::')) words.refuse()
  if (words.mark(at + 1, '!') && said !== '' && words.tokens[at + 1]?.spaced === false && /^[([{]$/.test(words.text(at + 2)) && !RUST_MACROS.has(said) && !words.defined.has(said)) words.refuse()
  if (said === 'env' && words.whole(at) === 'std::env' && words.text(at + 2) === 'args') return at + 3
  if ((words.joined(at) && words.mark(at - 1, '::')) || words.mark(at + 1, '::')) {
    if (RUST_OUT.has(said) && !(said === 'fs' && words.name(at + 2) === 'read_to_string' && words.mark(at + 3, '('))) words.refuse()
  }
  return null
}

function rustUse (words: SnippetWords, at: number): number {
  const { said, next } = statementAt(words, at, ';')
  if (!/^use (?:std|core|alloc|self|super|crate)::/.test(said) || /\*/.test(said.replace(/(?:super|prelude|consts|io::prelude)::\*/g, '')) || !words.mark(next, ';')) words.refuse()
  const parts = said.match(/\w+/g) ?? []
  if (parts.some((part) => (RUST_OUT.has(part) && !(/::fs[;]?$/.test(said) && part === 'fs')) || RUST.denied.has(part) || part === 'as')) words.refuse()
  return next
}

export const RUST: SnippetLanguage = {
  syntax: { ...BRACES, strings: [{ open: '"', close: '"', escapes: true, lines: true }], prefixes: names('b'), raw: /b?r(#{0,8})"[^]*?"\1|b?'(?:[^'\\\n]|\\(?:[nrt0'"\\]|x[\da-fA-F]{2}|u\{[\da-fA-F]{1,6}\}))'|'[A-Za-z_]\w*(?!')/y },
  denied: names('unsafe extern asm global_asm naked_asm include include_str include_bytes option_env concat_idents transmute transmute_copy libc Command OpenOptions File TcpStream TcpListener UdpSocket UnixStream create_dir create_dir_all remove_file remove_dir remove_dir_all set_var remove_var no_mangle link link_section export_name proc_macro no_std feature plugin from_raw_fd from_raw_parts'),
  keywords: names('as async await break const continue crate dyn else enum fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true false type use where while'),
  declares: names('fn struct enum trait type const static mod let mut macro_rules'),
  joins: names('. ::'),
  readers: names('std::fs::read_to_string fs::read_to_string'),
  look: rust,
}

// --- Go: what is not imported is not there, and the language itself only computes.
const GO_PACKAGES = names('fmt strings strconv math math/big math/bits math/cmplx math/rand math/rand/v2 sort time errors bytes unicode unicode/utf8 unicode/utf16 regexp regexp/syntax encoding/json encoding/hex encoding/base64 encoding/binary encoding/csv encoding/base32 encoding/xml container/heap container/list container/ring slices maps cmp iter sync sync/atomic context hash hash/crc32 hash/crc64 hash/fnv hash/maphash hash/adler32 crypto/sha256 crypto/sha1 crypto/sha512 crypto/md5 crypto/hmac crypto/rand text/tabwriter bufio io os html net/url net/netip path path/filepath reflect runtime testing log flag unique unsafe')
const GO_MEMBERS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['os', names('Args Exit Stdout Stdin Stderr ReadFile')],
  ['unsafe', names('Sizeof Alignof Offsetof')],
  ['filepath', names('Join Base Dir Ext Clean Rel Match IsAbs Split ToSlash')],
  ['reflect', names('DeepEqual TypeOf ValueOf Kind Type Value Int String Struct Slice Map Ptr Pointer Bool Float64 Int64')],
  ['runtime', names('GC NumGoroutine NumCPU GOMAXPROCS Version GOOS GOARCH ReadMemStats MemStats Gosched KeepAlive')],
])

function go (words: SnippetWords, at: number): number | null {
  if (words.name(at) !== 'import') return null
  let next = at + 1
  const end = words.mark(next, '(') ? words.behind(next) : next + (words.tokens[next]?.kind === 'string' ? 1 : 2)
  if (words.mark(next, '(')) next += 1
  for (; next < end && !words.mark(next, ')'); next += 1) {
    const alias = words.name(next)
    if (alias !== '') next += 1
    const said = words.plain(next) ?? ''
    // An import that nothing uses is of no use: who writes one is after something else.
    if (said === 'unsafe' && !words.tokens.some((_, place) => words.name(place) === said)) words.refuse()
    if (!GO_PACKAGES.has(said) || (alias !== '' && GO_MEMBERS.has(said.split('/').at(-1) ?? ''))) words.refuse()
    if (words.mark(next + 1, ';')) next += 1
  }
  return end
}

export const GO: SnippetLanguage = {
  syntax: { ...BRACES, raw: /`[^`]*`|'(?:[^'\\\n]|\\[^\n][^'\n]{0,9})'/y, refused: /\/\/(?:go:|export |line )|\/\*(?:line|export)|#cgo/ },
  denied: names('syscall ReadFile MethodByName NewAt UnsafePointer UnsafeAddr'),
  roots: GO_MEMBERS,
  keywords: names('break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var'),
  declares: names('func type var const'),
  joins: names('.'),
  readers: names('os.ReadFile'),
  look: go,
}

// --- Dart: the core library has no files, programs or network; they come with `dart:io` and others.
function dart (words: SnippetWords, at: number): number | null {
  const said = words.name(at)
  if (!/^(?:import|export|part|library|augment)$/.test(said) || words.joined(at)) return null
  if (said !== 'import' || !/^dart:(?:math|convert|collection|async|typed_data|core)$/.test(words.plain(at + 1) ?? '') || !/^(?:;|as|show|hide)$/.test(words.text(at + 2))) words.refuse()
  return at + 2
}

const DART_STRINGS = ["'''", '"""', "'", '"'].map((quote) => ({ open: quote, close: quote, escapes: true, filled: ['${', '}'] as const, lines: quote.length > 1 }))

export const DART: SnippetLanguage = {
  syntax: { ...BRACES, raw: /r'[^'\n]*'|r"[^"\n]*"/y, strings: DART_STRINGS, refused: /r'''|r"""/ },
  denied: names('external Process Platform File Directory Socket HttpClient Isolate fromEnvironment hasEnvironment noSuchMethod Function_apply dartify'),
  keywords: names('if else for while do switch case default break continue return try catch finally throw rethrow new const final var late void async await yield in is as class enum extends implements with mixin static get set this super true false null assert required'),
  declares: names('class enum mixin typedef extension'),
  joins: names('. ?. ..'),
  look: dart,
}
