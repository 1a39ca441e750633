import { TooMuch } from '../too-much.ts'

const MAX_DEPTH = 3 // of a list within a list; nobody goes further in one line
// Their values come from outside, or steer what is opened, loaded or run.
const NOT_OWN = /^(?:ENV|INC|ARGV|ARGVOUT|SIG|STD\w*|DATA|ISA|EXPORT\w*|AUTOLOAD|main|_.*)$/
const KEY = /^(?:\[(?:-?\d+|\$[A-Za-z]\w*|\$_)\]|\{(?:\w+|\$[A-Za-z]\w*|\$_|\$\d)\})/

/**
 * The lists of a Perl text by how deep each is used. A text that is used as a list is the list of that name, whatever it is, so that a list
 * that holds lists may hold nothing else.
 */
export class PerlLists {
  readonly #depths = new Map<string, Set<number>>()

  /** `sort` is `[` for an array, `{` for a hash; depth 0 is the list as a whole. */
  use (sort: string, name: string, depth: number): void {
    this.name(name)
    if (depth > MAX_DEPTH) throw new TooMuch()
    const depths = this.#depths.get(sort + name) ?? new Set<number>()
    this.#depths.set(sort + name, depths.add(depth))
  }

  /** A list that is only asked for its keys. */
  name (name: string): void {
    if (NOT_OWN.test(name)) throw new TooMuch()
  }

  check (): void {
    for (const depths of this.#depths.values()) if (Math.max(...depths) > 1 && depths.size > 1) throw new TooMuch()
  }
}

/** Whether a scalar of this name holds only what the text put into it, or the name of the file that is read. */
export function isOwnScalar (name: string): boolean {
  return name === 'ARGV' || name === '_' || !NOT_OWN.test(name)
}

/** Refuses a pattern that holds code, or more than plain variables. */
export function checkPerlPattern (text: string): void {
  for (let at = 0; at < text.length; at += 1) {
    const rest = text.slice(at)
    if (rest.startsWith('\\')) at += skipsEscape(rest)
    else if (/^\$(?:[)|\s]|$)/.test(rest)) continue // the end of a line
    else if (rest.startsWith('$')) at += scalarLength(rest) - 1
    else if (/^@[\w:'{$]/.test(rest)) throw new TooMuch()
  }
}

/** Refuses a text that puts in more than variables and their elements. */
export function checkPerlString (text: string, lists: PerlLists): void {
  for (let at = 0; at < text.length; at += 1) {
    const rest = text.slice(at)
    if (rest.startsWith('\\')) at += skipsEscape(rest)
    else if (rest.startsWith('$')) at += elementLength(rest, lists) - 1
    else if (/^@[\w:'{$+-]/.test(rest)) {
      const [whole = '', name = ''] = /^@([A-Za-z]\w*)(?![[{]|::|'\w|->)/.exec(rest) ?? []
      if (whole === '' || /^\w/.test(rest.slice(whole.length))) throw new TooMuch()
      lists.use('[', name, 0)
      at += whole.length - 1
    }
  }
}

// `\c` takes what follows with it, whatever that is; `\N{}` loads names.
function skipsEscape (rest: string): number {
  if (/^\\[cN]/.test(rest)) throw new TooMuch()
  return 1
}

function scalarLength (rest: string): number {
  const [whole = '', name = '', braced = ''] = /^\$(?:([A-Za-z_]\w*|\d+|[.&])|\{([A-Za-z]\w*|\d+)\})/.exec(rest) ?? []
  const after = rest.slice(whole.length)
  // An element's key is code, and a quote parts a package from its name.
  if (whole === '' || /^(?:[[{]|::|'\w|->)/.test(after) || (/[A-Za-z_]/.test(name + braced) && !isOwnScalar(name + braced))) throw new TooMuch()
  return whole.length
}

function elementLength (rest: string, lists: PerlLists): number {
  const [found] = /^\$[-+](?:\[\d\]|\{\w+\})(?![[{]|->)/.exec(rest) ?? []
  if (found !== undefined) return found.length
  const [whole = '', name = ''] = /^\$([A-Za-z]\w*)(?=[[{])/.exec(rest) ?? []
  if (whole === '') return scalarLength(rest)
  let length = whole.length
  let depth = 0
  for (let key = KEY.exec(rest.slice(length)); key !== null; key = KEY.exec(rest.slice(length).replace(/^->(?=[[{])/, ''))) {
    if (rest.startsWith('->', length)) length += 2
    for (const [, used = ''] of key[0].matchAll(/\$([A-Za-z]\w*)/g)) if (!isOwnScalar(used)) throw new TooMuch()
    length += key[0].length
    depth += 1
  }
  if (depth === 0 || /^(?:[[{]|->)/.test(rest.slice(length))) throw new TooMuch()
  lists.use(rest.charAt(whole.length), name, depth)
  return length
}
