import { createTwoFilesPatch } from 'diff'

const MAX_CHARS = 200_000 // of one side: to compare longer texts takes seconds

/** A patch of what a call for writing or editing a file would do, by its arguments; null for every other call. */
export function patchOf (text: string): string | null {
  const { filePath, content, oldString, newString } = argumentsIn(text)
  if (typeof filePath !== 'string') return null
  // What stood in the file before is not part of the call: all of a new text comes.
  const [before, after] = typeof content === 'string' ? ['', content] : [oldString, newString]
  if (typeof before !== 'string' || typeof after !== 'string' || before.length > MAX_CHARS || after.length > MAX_CHARS) return null
  const name = filePath.replace(/[\r\n\t]/g, ' ')
  return createTwoFilesPatch(name, name, before, after)
}

function argumentsIn (text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value as Readonly<Record<string, unknown>> : {}
  } catch {
    return {} // models may send anything
  }
}
