import { braceExpand, Minimatch } from 'minimatch'
import type { PathClass } from '../../core/tool-call.ts'
import type { PathClassRule } from '../classify-data.ts'
import { spellings } from './path-readings.ts'

const MAX_SAMPLES = 4_096 // names made from the data; four times what the shipped lists of special files give
const MAX_OPENINGS = 32 // of a pattern: each `[` is looked through to the end, for every reading; 4,000 of them took 80 seconds
const CACHE_SIZE = 1_024 // patterns: agents repeat the same few

/** Classes whose files a pattern must not reach by accident. */
const GUARDED: ReadonlySet<PathClass> = new Set(['secret', 'policy', 'ci', 'dependency'])

/** `loose` ones stand for every name with their suffix (`*.pem`), the others for one name. */
interface Sample { readonly path: readonly string[], readonly class: PathClass, readonly loose: boolean }

/** The guarded classes that a pattern could reach, for a reader and for a writer. */
export type GlobClasses = (glob: string, options: { readonly writes: boolean }) => readonly PathClass[]

/**
 * Judges shell patterns against names that the class lists stand for: `.en?` could be `.env`, so it is as secret.
 * A pattern without any letter of its own (`*`, `dist/*`) is taken to mean what lies in that folder, not to pick one file,
 * except where it changes all of the project's own root, manifests included; so is one with only a suffix (`src/*.json`).
 */
export function createGlobClasses (rules: readonly PathClassRule[]): GlobClasses {
  const samples = samplesOf(rules)
  const known = new Map<string, readonly PathClass[]>()
  return (glob, { writes }) => {
    const key = `${String(writes)}:${glob}`
    const cached = known.get(key)
    if (cached !== undefined) return cached
    const found = reachedBy(glob, writes, samples)
    if (known.size >= CACHE_SIZE) known.delete(known.keys().next().value ?? '')
    known.set(key, found)
    return found
  }
}

function samplesOf (rules: readonly PathClassRule[]): readonly Sample[] {
  const all = rules.filter((rule) => GUARDED.has(rule.class)).flatMap((rule) => rule.globs.flatMap((glob) => braceExpand(glob)).map((glob): Sample => ({ path: sampleOf(glob), class: rule.class, loose: /(?:^|\/)\*+\.(?:[^/.]*|[^/]*\*)$/.test(glob) })))
  return [...new Map(all.map((sample) => [`${sample.class}:${String(sample.loose)}:${sample.path.join('/')}`, sample])).values()].slice(0, MAX_SAMPLES)
}

function reachedBy (glob: string, writes: boolean, samples: readonly Sample[]): readonly PathClass[] {
  // No pattern of anybody's. What is not looked at could be anything.
  if (glob.split('[').length > MAX_OPENINGS) return [...GUARDED]
  const patterns = spellings(glob.replace(/^\.\//, '')).map(compile)
  const reached = samples.filter((sample) => (writes || sample.class === 'secret') && patterns.some((pattern) => couldBe(pattern, sample, writes)))
  return [...new Set(reached.map((sample) => sample.class))]
}

interface Pattern { readonly parts: readonly string[], readonly deep: boolean, readonly last: Minimatch, readonly matcher: Minimatch }

function compile (reading: string): Pattern {
  const parts = reading.split('/').filter((part) => part !== '' && part !== '.')
  const deep = parts.includes('**')
  // `**` of find and git sees dot files, and its own `*` does too; the shell's does not.
  const options = { dot: deep, nocase: true, nonegate: true, nocomment: true, platform: 'linux' } as const
  return { parts, deep, last: new Minimatch(parts.at(-1) ?? '', options), matcher: new Minimatch(parts.join('/'), options) }
}

// The pattern's first parts may be any folders above the sample.
function couldBe (pattern: Pattern, { path: sample, class: found, loose }: Sample, writes: boolean): boolean {
  const { parts, deep, last, matcher } = pattern
  const extra = parts.length - sample.length
  if (extra < 0 && !deep) return false
  // Most samples end in another name: asked first, it spares the whole comparison. A brace may hold the last slash.
  if (!parts.some((part) => /[{}]/.test(part)) && !last.match(sample.at(-1) ?? '')) return false
  const telling = parts.slice(-sample.length)
  if (telling.every(isBroad) && !(writes && extra === 0 && found !== 'secret')) return false
  const changes = writes && found !== 'secret'
  if ((!loose && isSuffix(pattern, changes)) || (!changes && isEverydayWord(pattern))) return false
  const folders = parts.slice(0, Math.max(0, extra)).map((part) => /[*?[(]/.test(part) ? 'x' : part)
  return matcher.match([...folders, ...sample].join('/'))
}

// Words of everyday searches that also stand in names of secrets (`**/*token*`). Only where all of a project is searched:
// `cat *token*` opens what it finds.
const EVERYDAY = /^(?=.*\*)\**(?:access|account|api|auth|client|config|cookies?|data|deploy|dev|development|docker|git|hooks?|identity|keys?|local|login|oauth|password|private|prod|production|service|sessions?|settings|staging|state|tests?|tokens?|vault|wallet)\**(?:\.[^*?]*)?$/i

function isEverydayWord ({ parts, deep }: Pattern): boolean {
  return deep && EVERYDAY.test(parts.at(-1) ?? '')
}

// Only a suffix aims at no single name; but what changes the root that way changes its manifests.
function isSuffix ({ parts }: Pattern, changes: boolean): boolean {
  return /^\*+\.[^*?[]*$/.test(parts.at(-1) ?? '') && (!changes || (parts.length > 1 && !/[*?[]/.test(parts[0] ?? '')))
}

function isBroad (part: string): boolean {
  return !/[A-Za-z0-9]|^\./.test(part.replace(/\\./g, 'x'))
}

/** One name that a glob of the data stands for: an any-depth `*.pem` gives `x.pem`, `.ssh/**` gives `.ssh/x`. */
function sampleOf (glob: string): string[] {
  const parts = glob.replace(/^\//, '').split('/')
  while (parts[0] === '**') parts.shift()
  return parts.map((part) => part === '**' ? 'x' : part.replace(/\{([^,}]*)[^}]*\}/g, '$1').replace(/\[!?(.)[^\]]*\]/g, '$1').replace(/[@+?!*]\(([^|)]*)[^)]*\)/g, '$1').replace(/\*+/g, part === '.env.*' ? 'local' : 'x').replace(/\?/g, 'x'))
}
