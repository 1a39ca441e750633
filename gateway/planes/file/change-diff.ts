const CONTEXT_LINES = 3
const MAX_CHARS = 262_144 // nobody reads more of one change

// A terminal would obey the controls, and text that a bidirectional override turns round reads as other code than it is.
// A carriage return before the end of its line is only an end of line.
// eslint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]|\r(?!\n)/g

/**
 * What a change makes of a file, in the form of a unified diff with one hunk: for reading, not for `patch`. Null stands for no file. What is not
 * text is told by its size, and characters that nobody would see are written `\u202e`.
 */
export function changeDiff (path: string, before: Uint8Array | null, after: Uint8Array | null): string {
  const head = diffHead(before === null ? null : path, after === null ? null : path)
  const [old, next] = [textOf(before), textOf(after)]
  if (old === null || next === null) return `${head}(not text: ${before?.length ?? 0} bytes before, ${after?.length ?? 0} after)\n`
  return cut(`${head}${hunk(linesOf(old), linesOf(next)).replace(UNSEEN, escaped)}`)
}

/** The two lines that name what is compared; null stands for no file. */
export function diffHead (before: string | null, after: string | null): string {
  return `--- ${before === null ? '/dev/null' : shown(`a/${before}`)}\n+++ ${after === null ? '/dev/null' : shown(`b/${after}`)}\n`
}

// A line break in a name would make lines of a diff of it.
function shown (name: string): string {
  return name.replace(/[\n\t]/g, escaped).replace(UNSEEN, escaped)
}

function escaped (char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function hunk (old: readonly string[], next: readonly string[]): string {
  const shared = Math.min(old.length, next.length)
  let start = 0
  while (start < shared && old[start] === next[start]) start += 1
  let end = 0
  while (end < shared - start && old[old.length - 1 - end] === next[next.length - 1 - end]) end += 1
  const from = Math.max(0, start - CONTEXT_LINES)
  const rest = Math.max(0, end - CONTEXT_LINES)
  const lines = [
    ...old.slice(from, start).map((line) => ` ${line}`),
    ...old.slice(start, old.length - end).map((line) => `-${line}`),
    ...next.slice(start, next.length - end).map((line) => `+${line}`),
    ...old.slice(old.length - end, old.length - rest).map((line) => ` ${line}`),
  ]
  return [`@@ -${range(from, old.length - rest)} +${range(from, next.length - rest)} @@`, ...lines].map((line) => `${line}\n`).join('')
}

function range (from: number, to: number): string {
  return `${to > from ? from + 1 : from},${to - from}`
}

function linesOf (text: string): string[] {
  if (text === '') return []
  if (text.endsWith('\n')) return text.slice(0, -1).split('\n')
  const lines = text.split('\n')
  // One with its line: it is no line of the file, and has no sign of its own.
  return [...lines.slice(0, -1), `${lines.at(-1) ?? ''}\n\\ No newline at end of file`]
}

function textOf (bytes: Uint8Array | null): string | null {
  if (bytes === null) return ''
  if (bytes.includes(0)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null // no UTF-8
  }
}

function cut (text: string): string {
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS)}\n(The rest is too long to show.)\n`
}
