import type { SecretName, Signs } from './content-facts.ts'

const MAX_NAMES = 512 // of files, in one text

// Languages whose calls are read: in these a name of a file may be anything.
const READ = /\.(?:[cm]?[jt]sx?|py|rb|rake|go|java|kts?|php|rs|c|h|cc|cpp|hpp|cs|swift|pl|pm|sh|bash|zsh|exs?|vue|svelte|astro|html?|sql|ps1|psm1|cmd|bat|ipynb|gradle|groovy|scala|dart)$/i
// A file of somebody's home or of the machine, as a text names it that has no brackets to say what is done with it.
const PRIVATE = /(?<![\w.~/-])(?:(?:~|\$\$?\{?HOME\}?|\/root|\/home\/\w{1,32})\/\.[\w./-]{2,120}|\/etc\/(?:shadow|sudoers|ssl\/private)[\w./-]{0,80}|\/run\/secrets\/[\w./-]{1,80})/g
const COMMENT = /^\s*(?:\/\/|#(?!\{|!|load|r\b|include)|\*|--|;|%|\(\*|\{-|!|REM\b)/
const LEAVES = /\b(?:socket|connect|https?:\/\/|tcp|udp|post|upload|curl|nc)\b/i
// What a compiler or a document takes in, whichever language it is.
const INCLUDED = /(?:\.incbin\s|#embed\s|\\(?:input|include|verbatiminput|lstinputlisting)\s*\{|^[\t ]{0,40}include_bytes!?\()\s*["'<]?([\w.~/$-]{3,160})/gm
/** An address of a machine that has no name, inside of an expression: a service has one. */
export const NAMELESS = String.raw`https?:\/\/(?!127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.0\.0\.0|169\.254\.)(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?`
const TOLD = new RegExp(String.raw`\b(?:fetch|sendBeacon|get|post|request|urlopen|Get|Post|open|Image)\s*\(\s*(?:['"]${NAMELESS}\/[^'"\n]{0,120}[=?/]['"]\s*(?:\+|\.\s*\$|%|\.concat|,)|\x60${NAMELESS}\/[^\x60\n]{0,120}\$\{|f['"]${NAMELESS}\/[^'"\n]{0,120}\{)`)

/** Signs that need no grammar: files named, taken in and told of, in whichever language a text is. */
export function plainSigns (path: string, text: string, isSecret: SecretName): Signs {
  const signs: Signs['signs'] = new Set()
  const secrets = new Set<string>()
  if (TOLD.test(text)) signs.add('sends-secrets')
  for (const [, name = ''] of [...text.matchAll(INCLUDED)].slice(0, MAX_NAMES)) keep(isSecret(name), secrets)
  if (!READ.test(path)) for (const { index, 0: name } of [...text.matchAll(PRIVATE)].slice(0, MAX_NAMES)) if (!COMMENT.test(lineTo(text, index))) keep(isSecret(name.replace(/^\$\$?\{?HOME\}?/, '~')), secrets)
  if (secrets.size > 0) signs.add(LEAVES.test(text) ? 'sends-secrets' : 'reads-secret')
  return { signs, secrets }
}

function keep (secret: string | null, secrets: Set<string>): void {
  if (secret !== null) secrets.add(secret)
}

function lineTo (text: string, index: number): string {
  return text.slice(Math.max(text.lastIndexOf('\n', index) + 1, index - 400), index)
}
