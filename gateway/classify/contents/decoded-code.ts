import { programOf, starts } from './started-programs.ts'

const MAX_NAMES = 64 // of one text, that hold decoded text

// What makes a text out of letters that nobody reads, in each language.
const DECODER = String.raw`(?:\batob\(|\bBuffer\.from\((?:[^;\n]{0,400}?,\s*['"\x60](?:base64(?:url)?|hex)['"\x60]|\s*['"\x60][\w+/=]{40,}|\s*\[\s*(?:0x[\da-f]+|\d+)\s*,)|\b(?:base64\.)?(?:standard_|urlsafe_)?(?:b64|b32|b16|a85|b85|encodebytes_)decode\(|\bbase64\.decodebytes\(|\bbase64_decode\(|\bhex2bin\(|\bgz(?:inflate|uncompress|decode)\(|\bstr_rot13\(|\bcodecs\.decode\(|\b(?:bytes|bytearray)\.fromhex\(|\bunhexlify\(|\bmarshal\.loads\(|\bzlib\.(?:decompress|inflate|gunzip|brotliDecompress|unzip)\w*\(|\b(?:gunzip|inflate|inflateRaw|brotliDecompress)Sync\(|\bBase64\.(?:strict_|urlsafe_)?decode(?:64)?!?\b|\bunpack1?\(\s*['"](?:m|u|H)|\]\.pack\(|\bpack\(\s*['"]H|\bdecode_base64\b|\bBase64\.get(?:Url|Mime)?Decoder\(\)|\b(?:base64|b64)\.\w*Encoding\.DecodeString\(|\bhex\.DecodeString\(|\bFromBase64String\(|\bFromHexString\(|\bString\.from(?:CharCode|CodePoint)\((?:\s*\d+\s*,|\.\.\.)|\bbytes\(\s*\[\s*\d+\s*,|\bdecodeURIComponent\(\s*['"\x60]%|\bunescape\(\s*['"\x60]%|\bbase64::decode\(|general_purpose::\w+\.decode\(|\.split\(\s*['"]{2}\s*\)\.reverse\(\)\.join\(|\[::\s*-1\s*\]|['"]\.reverse\b|\bstrrev\(|['"]\.(?:tr|translate)\(|\bchr\(\s*(?:\d+|0x[\da-f]+|\w+\s*[-^+]\s*\w+)\s*\))`
const DECODES = new RegExp(DECODER, 'i')
const TAKES = new RegExp(String.raw`(?:\b(?:const|let|var|my|val|auto|String|string)\s+|[\n;{(][\t ]*|\?php\s+|^)[$@]?(\w+)(?:\s*,\s*\w+)?(?:\s*:\s*\w+)?\s*(?::=|=)(?!=)\s*[^\n;]{0,120}?${DECODER}`, 'gi')
// The same without brackets, as Perl, Ruby and shells of languages have it.
const BARE = new RegExp(String.raw`(?<![\w.$'"])(?:eval|system|exec|qx|instance_eval)[ \t]*[({[/|!]{0,3}[ \t]*(?:\$\{\\)?(?:'[\w+/=]{0,400}'|"[\w+/=]{0,400}")?[^;\n'"]{0,40}?${DECODER}|\x60[^\x60\n]{0,200}#\{\s*[^}\n]{0,40}?${DECODER}`, 'i')
const FUNCTION = /\bnew\s+Function\s*\(|(?<![\w.])Function\s*\(/
const IMPORTS = /\b(?:import|require|importScripts)\s*\(\s*['"`]data:[\w/]*(?:javascript|ecmascript|wasm)|\bimport\s[^;\n]{0,200}?\bfrom\s+['"]data:[\w/]*javascript|\bnew\s+Worker\(\s*['"`]data:/
// Data as well as code: who keeps objects reads them in this way.
const KEPT = /(?:loads|load|unserialize)\s*\($/

/** Whether code is run, or a program started, out of text that is decoded first. */
export function runsDecoded (path: string, text: string): boolean {
  if (IMPORTS.test(text) || BARE.test(text)) return true
  if (!DECODES.test(text)) return false
  const names = [...new Set([...text.matchAll(TAKES)].slice(0, MAX_NAMES).map(([, name = '']) => name))].filter((name) => /^[A-Za-z_]\w*$/.test(name))
  const words = new RegExp(names.length === 0 ? DECODER : `${DECODER}|(?<![\\w.'"])[$@]?(?:${names.join('|')})\\b(?!['":(])`, 'i')
  if (names.length > 0 && new RegExp(`\\$(?:${names.join('|')})\\s*\\(\\s*(?!\\s*\\))`).test(text)) return true
  return [...starts(path, text)].some(({ by, program }) => !KEPT.test(by) && words.test(FUNCTION.test(by) ? program : programOf(program)))
}
