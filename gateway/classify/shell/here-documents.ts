const CODE = /(?:[\w ./=:&;|,+@%~>*?!\n-]|\$\w+|\$\{\w+\}|'[^'\n]*'|"[^"$`\\\n]*")*/y
const START = /(?<=[ ])<<(-?) ?(?:'(\w+)'|"(\w+)"|(\w+))(?=[ \n;|&>])/y
// Where it writes has nothing to do with what is read, so that either may be named first.
const REDIRECTIONS = /(?: +(?:2>&1|[12]?>>? ?[\w./-]+|&>>? ?[\w./-]+))+(?= *\|(?!\|))/y
const MAX_DOCUMENTS = 16

/**
 * The same commands with the redirections between the start of a here-document and a pipe named before it, for a grammar that knows them
 * only there: `python3 - <<'EOF' 2>&1 | tail`. Of the same length, and only where from the start of the text on nothing but plain words,
 * texts and whole documents stand; as it is otherwise.
 */
export function withRedirectionsFirst (text: string): string {
  let [done, at] = ['', 0]
  for (let documents = 0; documents < MAX_DOCUMENTS; documents += 1) {
    const from = at + matchAt(CODE, text, at).length
    const start = matchAt(START, text, from)
    if (start === '') break
    const redirections = matchAt(REDIRECTIONS, text, from + start.length)
    done += `${text.slice(at, from)}${redirections === '' ? start : `${redirections.trimStart()}${' '.repeat(redirections.length - redirections.trimStart().length)}${start}`}`
    at = from + start.length + redirections.length
    const end = endOf(text, at, start)
    if (end === null) break
    done += text.slice(at, end)
    at = end
  }
  return done + text.slice(at)
}

// Behind the line that ends the document; null where what stands behind its start may be more than plain words.
function endOf (text: string, from: number, start: string): number | null {
  const [, dash, ...names] = /^<<(-?) ?(?:'(\w+)'|"(\w+)"|(\w+))$/.exec(start) ?? []
  const name = names.find((one) => one !== undefined)
  const line = matchAt(CODE, text, from).split('\n', 1)[0] ?? ''
  let at = from + line.length
  // Without quotes, a line may go on into the one that looks like the end.
  if (names[2] !== undefined && text.includes('\\\n')) return null
  if (name === undefined || text.charAt(at) !== '\n') return null
  while (at < text.length) {
    const next = text.indexOf('\n', at + 1)
    const end = next < 0 ? text.length : next
    const said = text.slice(at + 1, end)
    if ((dash === '-' ? said.replace(/^\t+/, '') : said) === name) return end
    at = end
  }
  return null
}

function matchAt (pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}
