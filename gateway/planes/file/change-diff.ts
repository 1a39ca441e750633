const CONTEXT_LINES = 3
const MAX_CHARS = 262_144 // nobody reads more of one change

/**
 * What a change makes of a file, in the form of a unified diff with one hunk: for reading, not for `patch`. Null stands for no file. What is not
 * text is told by its size.
 */
export function changeDiff (path: string, before: Uint8Array | null, after: Uint8Array | null): string {
  const head = `--- ${before === null ? '/dev/null' : `a/${path}`}\n+++ ${after === null ? '/dev/null' : `b/${path}`}\n`
  const [old, next] = [textOf(before), textOf(after)]
  if (old === null || next === null) return `${head}(not text: ${before?.length ?? 0} bytes before, ${after?.length ?? 0} after)\n`
  return cut(`${head}${hunk(linesOf(old), linesOf(next))}`)
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
