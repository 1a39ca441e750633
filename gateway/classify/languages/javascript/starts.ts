import { closingOf, isMark, isPlainText } from './names.ts'
import type { JavascriptPlaces } from './places.ts'
import type { JavascriptTokens } from './tokens.ts'

// What these say of a program changes nothing of what it does; `shell`, `cwd`, `env`, `input` and `argv0` would.
const HARMLESS = /^(?:encoding|stdio|timeout|maxBuffer|windowsHide|killSignal)$/
const ASKS = /^(?:method|headers|body|signal|redirect|cache|credentials|mode|keepalive)$/
// Programs of everyday work; what else is started from within a text is rather run by itself.
const EVERYDAY = /^(?:git|npm|npx|pnpm|yarn|node|tsc|tsx|eslint|prettier|vitest|jest|pytest|python3?|go|cargo|make|ls|cat|wc|head|tail|find|grep|rg|du|df|date|jq|sort|uniq|echo|uname|which|stat|diff|tree)$/
// Behind the slash nothing changes any more which machine is asked.
const LOCAL = /^https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::\d{1,5})?(?:[/?#]|$)/
const LOCAL_FOLDER = /^https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::\d{1,5})?\//

/** Programs that a call starts, each by its words; `fed` says that they get the text's own input. */
export interface JavascriptStarts { readonly starts: ReadonlyArray<readonly string[]>, readonly fed: boolean }

/** Whether a function of a module starts programs, or asks another machine. */
export function isStart (name: string): boolean { return /^(?:child_process|https?)\./.test(name) || name === 'fetch' }

/** What a call of such a function starts, by the bracket behind its name; null when that is not written out. */
export function startsOf (name: string, tokens: JavascriptTokens, open: number, places: JavascriptPlaces): JavascriptStarts | null {
  if (name === 'fetch' || /^https?\.get$/.test(name)) return asked(tokens, open, places, name === 'fetch')
  if (name === 'WebSocket') return listened(tokens, open)
  const command = places.textsAt(tokens, open + 1)
  if (command === null || !command.value.every((text) => EVERYDAY.test(text.split(' ')[0] ?? ''))) return null
  if (/\.exec(?:Sync)?$/.test(name)) return endingWith(tokens, open, command.next, command.value.map((text) => ['sh', '-c', text]))
  if (!isMark(tokens, command.next, ',') || !isMark(tokens, command.next + 1, '[')) return endingWith(tokens, open, command.next, command.value.map((text) => [text]))
  const words = wordsAt(tokens, command.next + 1, places)
  return words === null ? null : endingWith(tokens, open, closingOf(tokens, command.next + 1) + 1, command.value.map((text) => [text, ...words]))
}

// `new WebSocket('ws://127.0.0.1:3000/live')` asks a server of this machine, as `curl` would.
function listened (tokens: JavascriptTokens, open: number): JavascriptStarts | null {
  const address = tokens[open + 1]
  if (tokens[open - 2]?.text !== 'new' || address?.kind !== 'string' || !address.plain || !/^wss?:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?(?:\/[\w/?=&.-]*)?$/.test(address.text) || !isMark(tokens, open + 2, ')')) return null
  return { starts: [['curl', '-s', address.text.replace(/^ws/, 'http')]], fed: false }
}

/** The texts of a list, each written out. */
function wordsAt (tokens: JavascriptTokens, open: number, places: JavascriptPlaces): readonly string[] | null {
  const words: string[] = []
  for (let at = open + 1; !isMark(tokens, at, ']');) {
    const read = places.textsAt(tokens, at)
    const [word] = read?.value ?? []
    if (read === null || word === undefined || read.value.length !== 1) return null
    words.push(word)
    if (!isMark(tokens, read.next, ',') && !isMark(tokens, read.next, ']')) return null
    at = isMark(tokens, read.next, ',') ? read.next + 1 : read.next
  }
  return words
}

// Behind the words come options and a function for what is printed.
function endingWith (tokens: JavascriptTokens, open: number, from: number, starts: JavascriptStarts['starts']): JavascriptStarts | null {
  const end = closingOf(tokens, open)
  let at = from
  let fed = false
  if (isMark(tokens, at, ',') && isMark(tokens, at + 1, '{')) {
    const close = closingOf(tokens, at + 1)
    if (!areOptions(tokens, at + 1, isHarmless)) return null
    fed = tokens.slice(at, close).some(({ text }) => text === 'inherit')
    at = close + 1
  }
  return at === end || isFunction(tokens, at, end) ? { starts, fed } : null
}

// `, (error, stdout) => …`, or nothing behind the last comma.
function isFunction (tokens: JavascriptTokens, comma: number, end: number): boolean {
  if (!isMark(tokens, comma, ',')) return false
  if (comma + 1 === end) return true
  const first = isMark(tokens, comma + 1, '(') ? closingOf(tokens, comma + 1) : comma + 1
  if (isMark(tokens, first + 1, '=>') && (first > comma + 1 || tokens[first]?.kind === 'name')) return true
  return tokens[comma + 1]?.text === 'function' && tokens[comma + 1]?.kind === 'name' && isMark(tokens, end - 1, '}')
}

/** Whether each part of an object is named and has a value that may be there. */
function areOptions (tokens: JavascriptTokens, open: number, may: (name: string, value: JavascriptTokens, colon: boolean) => boolean): boolean {
  const close = closingOf(tokens, open)
  for (let at = open + 1; at < close;) {
    const name = tokens[at]
    if (name?.kind !== 'name') return false
    let end = at + 1
    while (end < close && !isMark(tokens, end, ',')) end = isOpening(tokens, end) ? closingOf(tokens, end) + 1 : end + 1
    const colon = isMark(tokens, at + 1, ':')
    if ((!colon && end !== at + 1) || !may(name.text, tokens.slice(at + 2, end), colon)) return false
    at = end + 1
  }
  return true
}

function isOpening (tokens: JavascriptTokens, at: number): boolean {
  return ['(', '[', '{'].some((mark) => isMark(tokens, at, mark))
}

function isHarmless (name: string, value: JavascriptTokens, colon: boolean): boolean {
  const [only] = value
  if (!colon || only === undefined) return false
  if (name === 'cwd') return value.length === 1 && isPlainText(only) && /^(?:\.|\/workspace)\/?$/.test(only.text)
  if (name === 'stdio') return value.every((token) => isPlainText(token) ? /^(?:pipe|ignore|inherit)$/.test(token.text) : token.kind === 'mark' && /^[[\],]$/.test(token.text))
  return HARMLESS.test(name) && value.every((token) => isPlainText(token) || token.kind === 'number' || (token.kind === 'mark' && token.text === '*') || (token.kind === 'name' && /^(?:true|false)$/.test(token.text)))
}

// A request of this machine, as `curl` would make it. Options of `http.get` could name another machine.
function asked (tokens: JavascriptTokens, open: number, places: JavascriptPlaces, isFetch: boolean): JavascriptStarts | null {
  const end = closingOf(tokens, open)
  const whole = places.textsAt(tokens, open + 1)
  const isWhole = whole !== null && (whole.next === end || isMark(tokens, whole.next, ','))
  const urls = isWhole ? whole.value : places.beginningsAt(tokens, open + 1)
  if (urls === null || !urls.every((url) => (isWhole ? LOCAL : LOCAL_FOLDER).test(url))) return null
  const behind = isWhole ? whole.next : endOfText(tokens, open + 1, end)
  if (behind === null) return null
  if (!isFetch) return behind === end || isFunction(tokens, behind, end) ? requests('GET', urls) : null
  if (behind === end || behind + 1 === end) return requests('GET', urls)
  if (!isMark(tokens, behind + 1, '{') || closingOf(tokens, behind + 1) + 1 !== end) return null
  let method = 'GET'
  const plain = areOptions(tokens, behind + 1, (name, value, colon) => {
    const [only] = value
    if (name !== 'method') return ASKS.test(name)
    if (!colon || value.length !== 1 || !isPlainText(only) || !/^[A-Za-z]+$/.test(only.text)) return false
    method = only.text.toUpperCase()
    return true
  })
  return plain ? requests(method, urls) : null
}

function requests (method: string, urls: readonly string[]): JavascriptStarts {
  return { starts: urls.map((url) => ['curl', '-s', '-X', method, url]), fed: false }
}

// Where a text ends that is only put together: `'http://localhost/' + x ? y : z` would be another.
function endOfText (tokens: JavascriptTokens, from: number, end: number): number | null {
  for (let at = from; at < end; at += 1) {
    const token = tokens[at]
    if (isMark(tokens, at, ',')) return at
    if (isMark(tokens, at, '(') || isMark(tokens, at, '[')) at = closingOf(tokens, at)
    else if (token?.kind === 'mark' && !/^[+.]$/.test(token.text)) return null
    else if (token?.kind === 'name' && /^(?:in|instanceof|of)$/.test(token.text)) return null
  }
  return end
}
