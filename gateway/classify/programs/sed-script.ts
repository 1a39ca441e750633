/** What a sed script does besides printing: files it reads or writes, and whether it runs commands or is not understood. */
export interface SedFacts { readonly reads: readonly string[], readonly writes: readonly string[], readonly opaque: boolean }

const ADDRESS = /^\s*(?:\d+(?:~\d+)?|\$|\/(?:\\.|\[\^?\]?[^\]]*\]|[^/\\[])*\/[IM]*)(?:\s*,\s*(?:[+~]?\d+|\$|\/(?:\\.|\[\^?\]?[^\]]*\]|[^/\\[])*\/[IM]*))?\s*!*\s*/

/** Reads a sed script command by command. GNU sed's `e`, the `e` flag and `w` files run and write things: they are told apart here. */
export function readSedScript (script: string): SedFacts {
  const found = { reads: [] as string[], writes: [] as string[], opaque: false }
  let rest = script
  while (rest !== '') {
    const before = rest
    rest = nextCommand(rest.replace(/^[\s;{}]+/, ''), found)
    if (found.opaque || rest.length >= before.length) return rest === '' ? found : { ...found, opaque: true }
  }
  return found
}

// Lines that are picked by what is in them, are empty, or have a number: never all of them.
const PICKED = String.raw`(?:\d+(?:,\d+)?|\$|/(?=[^/]*\w)[^/]+/I?(?:,(?:\+?\d+|/[^/]+/))?|/\^(?:\\s\*|\[\[:space:\]\]\*)?\$/)`
const CHANGES = new RegExp(String.raw`^(?:(?:${PICKED})?\s*!?\s*[sy](?![A-Za-z])|${PICKED}\s*(?:d|[aic])|[ai])`)
const SUBSTITUTES_ALL = /^(?:\S*\s)?s(.)\^?(?:\.|\[\^[^\]]*\])[*+]\$?\1/

/** Whether a script that edits files leaves most of what is in them: it changes texts, adds, or deletes lines that are picked. */
export function keepsMost (script: string): boolean {
  return script.split(/(?<!\\)\n|;(?=\s*(?:[/\d]|\$[a-z!]|[a-z](?![\w ])))/).every((command) => {
    const plain = command.replace(/[{}\s]+/g, ' ').trim()
    return plain === '' || (CHANGES.test(plain) && !SUBSTITUTES_ALL.test(plain))
  })
}

function nextCommand (text: string, found: { reads: string[], writes: string[], opaque: boolean }): string {
  if (text === '') return ''
  if (text.startsWith('#')) return text.slice(lineLength(text))
  const command = text.replace(ADDRESS, '')
  const letter = command[0] ?? ''
  const line = command.slice(0, lineLength(command))
  if (letter === '' || '};\n'.includes(letter)) return command.slice(1)
  if (letter === '{') return command.slice(1)
  if ('=dDgGhHnNpPxzF'.includes(letter)) return command.slice(1)
  if ('qQlL'.includes(letter)) return command.slice(1).replace(/^\s*\d+/, '')
  if ('btT:'.includes(letter)) return command.slice(1).replace(/^[^;\n}]*/, '')
  if ('aic'.includes(letter)) return command.slice(textLength(command))
  if ('rRwW'.includes(letter)) {
    (letter.toLowerCase() === 'r' ? found.reads : found.writes).push(line.slice(1).trim())
    return command.slice(line.length)
  }
  if (letter === 's' || letter === 'y') return substitution(command, found)
  found.opaque = true
  return command
}

function substitution (command: string, found: { writes: string[], opaque: boolean }): string {
  const delimiter = command[1] ?? ''
  const second = partEnd(command, 2, delimiter)
  const third = second < 0 ? -1 : partEnd(command, second + 1, delimiter)
  // Inside brackets sed takes the delimiter literally: where both readings are possible, neither is guessed.
  const divided = /\[[^\]]*$/.test(command.slice(2, second).replace(/\\./gs, ''))
  if (third < 0 || divided || delimiter === '\\' || delimiter === '\n') {
    found.opaque = true
    return command
  }
  const rest = command.slice(third + 1)
  const flags = /^[gpiIMm0-9]*/.exec(rest)?.[0] ?? ''
  const after = rest.slice(flags.length)
  if (after.startsWith('w')) {
    const line = after.slice(0, lineLength(after))
    found.writes.push(line.slice(1).trim())
    return after.slice(line.length)
  }
  if (!/^\s*(?:$|[;}\n#])/.test(after)) found.opaque = true // the `e` flag, or something not understood
  return after.trimStart()
}

function partEnd (text: string, from: number, delimiter: string): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === delimiter) return at
  }
  return -1
}

function lineLength (text: string): number {
  const at = text.indexOf('\n')
  return at < 0 ? text.length : at
}

// The text of `a`, `i` and `c` goes on over lines that end in a backslash.
function textLength (text: string): number {
  return /^(?:\\\n|\\.|[^\\\n]|\\$)*/s.exec(text)?.[0].length ?? text.length
}
