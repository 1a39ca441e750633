import { bareSource } from './compiled-code.ts'

// Packages that compute. None opens a file, starts a program or speaks to another machine.
const PACKAGES = new Set(('fmt errors strings strconv bytes bufio math math/big math/bits math/rand math/rand/v2 math/cmplx sort slices maps cmp iter time unicode unicode/utf8 unicode/utf16 ' +
  'regexp reflect sync sync/atomic context container/list container/heap container/ring encoding/json encoding/hex encoding/base64 encoding/base32 encoding/binary encoding/csv encoding/xml ' +
  'hash hash/crc32 hash/crc64 hash/fnv hash/maphash crypto/md5 crypto/sha1 crypto/sha256 crypto/sha512 crypto/hmac io html text/tabwriter net/url net/netip path runtime unique').split(' '))
// Of these only what opens nothing.
const PARTS: Readonly<Record<string, RegExp | undefined>> = { os: /^(?:Stdout|Stderr|Stdin|Args|Exit)$/, unsafe: /^(?:Sizeof|Alignof|Offsetof)$/, 'path/filepath': /^(?:Join|Base|Ext|Dir|Clean|Rel|Match|Split|IsAbs|ToSlash)$/, log: /^(?:Print(?:f|ln)?|Fatal(?:f|ln)?|SetFlags|Panic(?:f|ln)?)$/ }
const IMPORTS = /\bimport\s*(?:\(([^)]*)\)|([^\n(][^\n]*))/g

/** Whether a Go program in one file only computes and prints. */
export function isPlainGo (text: string): boolean {
  // Comments that tell the compiler or another tool something.
  if (/\/\/(?:go:|line |export )|\/\/ ?\+build|#cgo/.test(text)) return false
  const bare = bareSource(text)
  if (bare === null || !/^\s*package\s+main\b/.test(bare)) return false
  const names = [...text.matchAll(IMPORTS)].flatMap(([, many, one]) => (many ?? one ?? '').split(/[\n;]/)).map((line) => line.replace(/\/\/.*$/, '').trim()).filter((line) => line !== '')
  return names.every((line) => allows(line, bare)) && names.length === (bare.match(/\bimport\b[^)"]*\([^)]*\)|\bimport\b[^(\n]*""/g) ?? []).reduce((sum, found) => sum + (found.match(/""/g) ?? []).length, 0)
}

function allows (line: string, bare: string): boolean {
  const [, alias = '', name = ''] = /^([\w]*)\s*"([\w/.]+)"$/.exec(line) ?? []
  if (PACKAGES.has(name)) return alias !== '_'
  const parts = PARTS[name]
  if (parts === undefined || alias !== '') return false
  const last = name.split('/').at(-1) ?? name
  return [...bare.matchAll(new RegExp(`\\b${last}\\s*\\.\\s*(\\w+)`, 'g'))].every(([, used = '']) => parts.test(used))
}
