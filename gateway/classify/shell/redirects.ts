import { checkEmptied } from '../programs/data-loss.ts'
import { isEndlessSource } from '../programs/endless.ts'
import type { Stdin } from '../programs/invocation.ts'
import { isScratch, type FactCollector, type Field } from './facts.ts'
import type { State } from './outcome.ts'
import type { Syntax } from './syntax.ts'

/** What redirections bring to the program they stand at: files for what it prints, those that are then all of it, further words, its input, and what the grammar hung behind them. */
export interface Found { counted?: boolean, filled?: Field[], whole?: Field[], words?: Syntax[], stdin?: Stdin, continued?: Array<{ readonly operator: string, readonly node: Syntax }> }

/** What is needed of the walk to read the words of a redirection. */
export interface WordWalk {
  readonly facts: FactCollector
  /** Walks the substitutions inside a node. */
  readonly nested: (node: Syntax, state: State) => void
  readonly expand: (words: readonly Syntax[], state: State) => ReadonlyArray<readonly Field[]>
  /** The one text a word surely is, or null. */
  readonly only: (node: Syntax | undefined, state: State) => string | null
  /** The words that a substitution prints, or null. */
  readonly printed: (node: Syntax) => readonly Field[] | null
}

const HEREDOC_PARTS: ReadonlySet<string> = new Set(['heredoc_start', 'heredoc_body', 'heredoc_end', 'file_descriptor'])

/** Records one redirection, and what it brings to the program in `found`. */
export function redirect (node: Syntax, state: State, found: Found, walk: WordWalk): void {
  walk.nested(node, state)
  const before = found.stdin
  if (node.type === 'file_redirect') fileRedirect(node, state, found, walk)
  else if (node.type === 'heredoc_redirect') hereDocument(node, state, found, walk)
  else if (node.type === 'herestring_redirect') found.stdin = hereString(node.children.at(-1), state, walk)
  else if (node.named) walk.facts.problem('unknown-syntax')
  // `3<` opens another file than the one a program reads by default.
  const descriptor = node.children.find(({ type }) => type === 'file_descriptor')
  if (before !== undefined && descriptor !== undefined && descriptor.text !== '0') found.stdin = before
}

/** Whether a number that says which file is opened stands where the grammar takes it for an argument: `bash 0< file`. */
export function hidesDescriptor (redirected: Syntax): boolean {
  return redirected.children.some(({ field, type, start, children }) => field === 'redirect' && type !== 'herestring_redirect' && children[0]?.type !== 'file_descriptor' &&
    /(?:^|\s)\d{1,9}$/.test(redirected.text.slice(Math.max(start - redirected.start - 10, 0), start - redirected.start)))
}

function fileRedirect (node: Syntax, state: State, found: Found, walk: WordWalk): void {
  const operator = node.children.find(({ named, field }) => !named && field === null)?.type ?? ''
  // The grammar swallows the words after a redirection's target; the shell gives them to the program.
  const [target, ...words] = node.children.filter(({ field }) => field === 'destination')
  found.words?.push(...words)
  if (operator.endsWith('&-') || target === undefined) return
  const reads = operator.startsWith('<')
  if (operator.endsWith('&') && /^\d+-?$|^-$/.test(target.text)) {
    // What was opened under that number, by this command or by `exec`.
    if (reads && !/^[0-]/.test(target.text)) found.stdin = { kind: 'file' }
    return
  }
  const places = walk.expand([target], state).flat()
  const [file] = places
  for (const field of places) {
    walk.facts.touch(field, reads ? 'read' : 'write', state.directories)
    if (reads) continue
    walk.facts.fills(field, state.directories)
    found.filled?.push(field)
    if (/^>\|?$/.test(operator) && /^(?:1|)$/.test(node.children.find(({ type }) => type === 'file_descriptor')?.text ?? '')) found.whole?.push(field)
    if (!operator.includes('>>')) checkEmptied([field], state.directories, walk.facts)
  }
  if (!reads) return
  if ((isEndlessSource(target.text) || places.some(({ text }) => isEndlessSource(text))) && state.bounded !== true && found.counted !== true) walk.facts.problem('endless')
  const listed = walk.printed(target)
  // What the command itself wrote to a scratch file before.
  const text = operator === '<' && places.length === 1 && file !== undefined && isScratch(file.text) ? walk.facts.textOf(file, state.directories) : null
  const held = operator === '<' && places.length === 1 && file !== undefined ? walk.facts.listIn(file, state.directories) : null
  found.stdin = text !== null ? { kind: 'text', text } : held !== null ? { kind: 'piped', names: held } : listed === null ? { kind: 'file' } : { kind: 'piped', names: listed }
}

function hereString (word: Syntax | undefined, state: State, walk: WordWalk): Stdin {
  const fields = word === undefined ? [] : walk.expand([word], state).flat()
  const [field] = fields
  if (fields.length === 1 && field?.lines !== undefined) return { kind: 'piped', names: field.lines, text: null }
  return { kind: 'text', text: walk.only(word, state) }
}

function hereDocument (node: Syntax, state: State, found: Found, walk: WordWalk): void {
  const start = node.children.find(({ type }) => type === 'heredoc_start')?.text ?? ''
  const body = node.children.find(({ type }) => type === 'heredoc_body')
  const text = body?.text ?? ''
  const quoted = /['"\\]/.test(start)
  // The grammar leaves backticks and some substitutions of an unquoted body unparsed, though the shell runs them.
  if (!quoted && /`|\$\(|\$\{/.test(body === undefined ? '' : unparsed(body))) walk.facts.problem('here-document')
  found.stdin = { kind: 'text', text: quoted || !/[$`\\]/.test(text) ? text : null }
  let operator: string | null = null
  for (const child of node.children) {
    if (child.field === 'operator') operator = child.type
    else if (child.field === 'right') found.continued?.push({ operator: operator ?? ';', node: child })
    else if (child.type === 'pipeline') found.continued?.push({ operator: '|', node: child })
    else if (child.field === 'redirect') redirect(child, state, found, walk)
    else if (child.field === 'argument') found.words?.push(child)
    else if (child.named && !HEREDOC_PARTS.has(child.type)) walk.facts.problem('unknown-syntax')
  }
}

function unparsed (body: Syntax): string {
  return body.children.length === 0 ? body.text : body.children.filter(({ type }) => type === 'heredoc_content').map(({ text }) => text).join('')
}
