import type { Field } from '../shell/facts.ts'
import { descendants, type Syntax } from '../shell/syntax.ts'
import { bareName } from './program-path.ts'

const SOURCE = /^\/dev\/(?:zero|full|u?random)$/
const MAX_BYTES = 1024 ** 3 // no fixture of a test is larger; a disk filled by one call stops everybody's work
const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }
const LEAVES: ReadonlySet<string> = new Set(['command_name'])

/** Whether a program reads a source that never ends, or makes a file larger than 1 GiB. `bounded` means a later stage stops it. */
export function isEndless (words: readonly Field[], bounded: boolean): boolean {
  const [start = '', ...args] = words.map(({ text }) => text)
  const head = bareName(start)
  if (head === 'truncate' || head === 'fallocate') return args.some((text) => isHuge(text.replace(/^(?:-[sl]|--(?:size|length)=)/, '')))
  if (head === 'sleep') return args.some(isTooLong)
  // It follows a file until somebody stops it, and so does nothing that its caller could read.
  if (head === 'tail' && args.some((text) => /^(?:-[a-zA-Z]*[fF]|--follow)/.test(text))) return args.includes('/dev/null') || (!bounded && !args.some((text) => text.startsWith('--pid')))
  if (head === 'xargs') return args.some((text, at) => MANY.test(text) || (/^(?:-P|--max-procs)$/.test(text) && MANY.test(`-P${args[at + 1] ?? ''}`)))
  if (head === 'seq') return args.some((text) => Number(text) >= 10_000_000 || /^[-+]?inf/i.test(text)) // a file for each fills any disk's index
  if (head === 'printf') return /%[-+ 0#]*\d{8,}/.test(args[0] ?? '')
  if (head === 'head' || head === 'tail') return isHuge(countOf(args)) || (args.some((text) => SOURCE.test(text)) && countOf(args) === '')
  return !bounded && (head === 'yes' || (args.some((text) => SOURCE.test(text)) && !args.some((text) => /^-[lNn]\d*$/.test(text))))
}

const MANY = /^(?:-P|--max-procs=)(?:0|\d{3,})$/ // at once, or as many as there are
const SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400 }

// More than any wait of a person at work: the call's own limit of time is far below.
function isTooLong (text: string): boolean {
  const [, digits, unit = ''] = /^(\d*\.?\d+(?:e\d+)?)([smhd]?)$/i.exec(text) ?? []
  return digits === undefined ? /^(?:inf|nan|0x)/i.test(text) : Number(digits) * (SECONDS[unit.toLowerCase()] ?? 1) > 3_600
}

/** Whether a text has a file grow by what is read of it: `tee -a f < f`. */
export function feedsItself (text: string): boolean {
  return text.includes('tee') && (/\btee (?:-a|--append) ([\w./-]{1,200}) *< *\1(?![\w./-])/.test(text) || /\b(?:cat|tail) (?:-\S{1,9} )?([\w./-]{1,200}) *\| *tee (?:-a|--append) \1(?![\w./-])/.test(text))
}

/** Whether what is read from this path never ends. */
export function isEndlessSource (path: string): boolean {
  return SOURCE.test(path)
}

/** Whether the stages behind one of a pipeline stop it: `head` does, and so does any program that reads no more than it needs. */
export function stops (later: readonly Syntax[], first: Syntax): boolean {
  if (later.some(({ text }) => /^head\b/.test(text))) return true
  return /^yes\b/.test(first.text) && later.length > 0 && !/^(?:(?:command|builtin|nice|nohup|env|exec|busybox) )*(?:cat|[gm]awk|perl|tee|xargs|parallel|sort|tr|sed|awk|base64|gzip|xz|zstd|wc|nl|split|cut|rev|pv|paste|fold|grep|uniq|expand|od|xxd|bzip2|lz4|tac|shuf|cksum|md5sum|sha\d+sum)\b|^dd\b(?!.*\bcount=)/.test(later[0]?.text ?? '')
}

/** Whether a statement follows a file in the background until a later one ends it: `tail -f log & npm test; kill %1`. */
export function isFollowedAside (node: Syntax, later: readonly Syntax[]): boolean {
  return later[0]?.type === '&' && /^tail\b/.test(node.text) && later.some(({ text }) => /^kill (?:-\w+ )?(?:"?\$|%)/.test(text))
}

/** Whether a loop has no end of its own: `while true` without a `break`. */
export function loopsForever (node: Syntax): boolean {
  if (node.type === 'for_statement') return node.children.some(({ field, text }) => field === 'value' && COUNTED.test(text)) || startsMany(node)
  if (node.type === 'c_style_for_statement') return !leaves(node) && (!node.children.some(({ field }) => field === 'condition') || countsForever(node.text))
  const condition = node.children.find(({ named }) => named)?.text ?? ''
  const word = node.children[0]?.type === 'until' ? NEVER : ALWAYS
  return node.type === 'while_statement' && word.test(condition) && !leaves(node)
}

// Conditions that hold at every turn, and those of `until` that never do: a wait, a print and a constant succeed.
const ALWAYS = /^(?:(?:true|:)(?:\s[^|&;]*)?|(?:echo|printf|sleep|date|pwd|clear)\b[^|&;]*|!\s*false|test +[1-9a-z]\w*|\[{1,2} *(?:1|true) *\]{1,2}|\(\( *[1-9]\d* *\)\))$/
const NEVER = /^(?:false|!\s*(?:true|:)|\[{1,2} *0 *= *1 *\]{1,2}|\(\( *0 *\)\))$/

// All of them stand in memory before the first turn.
const COUNTED = /\{-?\d+\.\.-?\d{8,}(?:\.\.-?\d+)?\}|\b(?:seq|jot)\b[^|)]{0,99}\b\d{7,}\b/
const HUNDREDS = /\{-?\d+\.\.-?\d{3,7}\}|\bseq\b[^|)]{0,99}\b\d{3,}\b/

// Each of them goes on beside the others, and none is waited for.
function startsMany (node: Syntax): boolean {
  if (!node.children.some(({ field, text }) => field === 'value' && HUNDREDS.test(text))) return false
  const body = node.children.find(({ type }) => type === 'do_group')
  return body?.children.some(({ type }) => type === '&') === true && !descendants(body, LEAVES).some(({ text }) => text === 'wait')
}

// `i < 1000000000000`, or away from where it ends: `i > 0; i++`.
function countsForever (text: string): boolean {
  const [, condition = '', step = ''] = /^for\s*\(\(([^;]*;[^;]*);([^)]*)\)\)/.exec(text) ?? []
  if (/[<>]=?\s*\d{9,}\s*$/.test(condition)) return true
  const [, name, sign] = /(?:^|;)\s*(\w+)\s*([<>])=?\s*-?\d+\s*$/.exec(condition) ?? []
  return name !== undefined && step.trim().replace(name, '').trim() === (sign === '>' ? '++' : '--')
}

/** Whether a word makes more words than any machine holds: `{1..999999999}`, also several of them in one. */
export function makesEndlessWords (text: string): boolean {
  const sizes = [...text.matchAll(/\{(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.-?\d+)?\}/g)].map(([, from, to]) => Math.abs(placeOf(from) - placeOf(to)) + 1)
  return sizes.reduce((product, size) => product * size, 1) > 1_000_000
}

function placeOf (end = ''): number {
  return /^[A-Za-z]$/.test(end) ? end.charCodeAt(0) : Number(end)
}

function leaves (node: Syntax): boolean {
  return descendants(node, LEAVES).some(({ text }) => /^(?:break|exit|return|exec)$/.test(text))
}

function countOf (args: readonly string[]): string {
  const at = args.findIndex((text) => /^(?:-[a-z]*c|--bytes)/.test(text))
  const glued = /^(?:-[a-z]*c|--bytes=)(.+)$/.exec(args[at] ?? '')?.[1]
  return at < 0 ? '' : glued ?? args[at + 1] ?? ''
}

function isHuge (size: string): boolean {
  const [, digits, unit] = /^[-+<>/%]?(\d+)([A-Za-z]?)i?B?$/.exec(size) ?? []
  if (digits === undefined) return false
  const factor = UNITS[(unit ?? '').toUpperCase()]
  return factor === undefined || Number(digits) * factor > MAX_BYTES
}
