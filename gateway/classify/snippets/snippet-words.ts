import { isSecretName } from '../shell/hidden.ts'
import { TooMuch } from '../languages/too-much.ts'
import type { SnippetLanguage } from './snippet-language.ts'
import type { SnippetToken } from './snippet-tokens.ts'
import type { ScriptPlace } from '../languages/reached.ts'

// What leads to keys and to the machine, however it is put together with other text.
const SENSITIVE = /\.env\b|\.ssh\b|\.aws\b|\.gnupg|\.kube\b|\.docker\b|\.netrc|\.npmrc|\.pypirc|\.git(?:hub)?(?:\/|$)|id_(?:rsa|ed25519|ecdsa|dsa)|\.pem\b|\.key\b|credential|secrets?[./]|^~|^\/(?:etc|proc|root|home|sys|dev|run|boot|var\/(?:run|lib|log))(?:\/|$)|^(?:php|data|file|phar|expect|zip|glob|compress\.\w+):|\/\.\.?\/|^\.\.\//i
const FILLED = /[$#]\{[^{}"'`]*\}|\\\([^()"'`]*\)/g
const PATH = /^(?:[\w.@~-]*\/)*[\w.@~*?-]*$/
const READABLE = /^(?:\/(?:workspace|tmp)\/|\.\/)?[A-Za-z_][\w-]*(?:\.[\w-]+)*(?:\/[A-Za-z_][\w-]*(?:\.[\w-]+)*)*\/?$/
// Methods of a project's own code that do more than tell a value.
const DOING = /exec|eval|run|shell|system|spawn|popen|process|command|import|load|delete|remove|destroy|drop|clear|flush|reset|truncate|deploy|publish|push|send|post|put|patch|mail|notify|dispatch|upload|write|save|store|create|insert|update|persist|fetch|request|download|http|curl|connect|install|migrat|seed|main|call|invoke|env|secret|passw|token|credential|config|open|read|attach|detach|sync|raw|dump|import|export/i
const MAX_READS = 64

/** The words of a snippet as the rules of its language look at them, and what they were found to reach. */
export class SnippetWords {
  readonly reads: ScriptPlace[] = []
  /** Files of the project that it runs as code. */
  readonly loads: string[] = []
  readonly defined = new Set<string>()
  /** Whether code of the project runs, of which any text may be a path. */
  ownsCode = false
  tokens: readonly SnippetToken[] = []
  /** Those of the text, and of each expression in its strings. */
  sequences: ReadonlyArray<readonly SnippetToken[]> = []
  readonly language: SnippetLanguage

  constructor (language: SnippetLanguage) { this.language = language }

  refuse (): never { throw new TooMuch() }

  text (at: number): string { return this.tokens[at]?.text ?? '' }

  mark (at: number, text: string): boolean {
    const token = this.tokens[at]
    return token?.kind === 'mark' && token.text === text
  }

  name (at: number): string {
    const token = this.tokens[at]
    return token?.kind === 'name' ? token.text : ''
  }

  /** The text of a string that is exactly that. */
  plain (at: number): string | null {
    const token = this.tokens[at]
    return token?.kind === 'string' && token.plain ? token.text : null
  }

  joined (at: number): boolean {
    const before = this.tokens[at - 1]
    return before?.kind === 'mark' && this.language.joins.has(before.text)
  }

  /** The name at a place with all it belongs to: `std::fs::read_to_string`. */
  whole (at: number): string {
    let name = this.name(at)
    for (let dot = at - 1; this.language.joins.has(this.text(dot)) && this.tokens[dot]?.kind === 'mark' && this.name(dot - 1) !== ''; dot -= 2) name = `${this.name(dot - 1)}${this.text(dot)}${name}`
    return name
  }

  /** The place behind the bracket that this one opens. */
  behind (open: number): number {
    for (let at = open, depth = 0; ; at += 1) {
      const token = this.tokens[at]
      if (token === undefined) throw new TooMuch()
      if (token.kind !== 'mark') continue
      if (/^[([{]$/.test(token.text)) depth += 1
      else if (/^[)\]}]$/.test(token.text)) depth -= 1
      if (depth === 0) return at + 1
    }
  }

  /** Where each value of the call begins whose bracket is open here. */
  values (open: number): readonly number[] {
    const end = this.behind(open) - 1
    const starts = end === open + 1 ? [] : [open + 1]
    for (let at = open + 1, depth = 0; at < end; at += 1) {
      if (this.tokens[at]?.kind !== 'mark') continue
      const mark = this.text(at)
      if (/^[([{]$/.test(mark)) depth += 1
      else if (/^[)\]}]$/.test(mark)) depth -= 1
      else if (mark === ',' && depth === 0 && at + 1 < end) starts.push(at + 1)
    }
    return starts
  }

  /** Records the file that a written-out word names as read. */
  reading (at: number, below: string | null = null): void {
    const file = this.plain(at)
    if (file === null || !READABLE.test(file) || this.reads.length >= MAX_READS) throw new TooMuch()
    this.reads.push({ root: file, below })
  }

  /** A listing by a pattern: `glob("src/*.php")`. */
  listing (at: number): ScriptPlace {
    const pattern = this.plain(at)
    if (pattern === null || !/^[A-Za-z_][\w-]*(?:\/[\w.*-]+)*$|^\*\.\w+$/.test(pattern) || pattern.includes('..') || this.reads.length >= MAX_READS) throw new TooMuch()
    const place: ScriptPlace = { root: '.', below: pattern }
    this.reads.push(place)
    return place
  }

  /** What no string may be, whoever gets it; what looks like a path is looked at as one that is read. */
  string (said: string): void {
    // What is put in is looked at by itself.
    if (SENSITIVE.test(said.replace(FILLED, ' ')) || (this.ownsCode && /:\/\//.test(said))) throw new TooMuch()
    if (said.length > 256 || !PATH.test(said) || !/[A-Za-z]/.test(said) || !/[./]/.test(said) || this.reads.length >= MAX_READS) return
    this.reads.push({ root: said.replace(/[*?].*$/, '') || '.', below: null })
  }

  /** A name of the project's own code. */
  own (name: string, called: boolean): void {
    if (isSecretName(name) || /secret|passw|token|credential|api_?key/i.test(name) || (called && DOING.test(name))) throw new TooMuch()
  }
}
