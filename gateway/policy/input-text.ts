const MAX_INPUT_BYTES = 256 * 1024
const MAX_DEPTH = 64
// JSON.stringify writes `\ud8…` only for a lone surrogate; an even number of backslashes before it is text about one.
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/

/** The JSON text that policy is asked with, or why there is none. */
export type InputText = { readonly text: string } | { readonly problem: string }

/** Never throws: what cannot be written is a problem, and a problem is a deny. */
export function inputText (input: unknown): InputText {
  let text: string | undefined
  try {
    text = JSON.stringify(input)
  } catch {
    return { problem: 'it cannot be written as JSON' }
  }
  if (typeof text !== 'string') return { problem: 'it is not an object' }
  if (text.length > MAX_INPUT_BYTES || Buffer.byteLength(text) > MAX_INPUT_BYTES) return { problem: `it is larger than ${MAX_INPUT_BYTES} bytes` }
  if (text.includes('\\ud') && LONE_SURROGATE.test(text)) return { problem: 'it holds text that is not well-formed Unicode' }
  if (isDeeperThan(text, MAX_DEPTH)) return { problem: `it is nested deeper than ${MAX_DEPTH}` }
  return { text }
}

function isDeeperThan (text: string, limit: number): boolean {
  return opensMoreThan(text, limit) && nestsDeeperThan(text, limit)
}

// Nearly every question opens fewer objects and arrays than it may nest: a search for them takes a tenth of the walk below.
function opensMoreThan (text: string, limit: number): boolean {
  let opened = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      opened += 1
      if (opened > limit) return true
    }
  }
  return false
}

function nestsDeeperThan (text: string, limit: number): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    if (inString) {
      if (unit === 0x5c) i += 1
      else if (unit === 0x22) inString = false
    } else if (unit === 0x22) inString = true
    else if (unit === 0x7b || unit === 0x5b) {
      depth += 1
      if (depth > limit) return true
    } else if (unit === 0x7d || unit === 0x5d) depth -= 1
  }
  return false
}
