import { Minimatch } from 'minimatch'
import type { PathClass } from '../core/tool-call.ts'
import type { PathClassRule } from './classify-data.ts'

const CACHE_SIZE = 4_096 // paths: a large project's working set, under 1 MB

/** Path classes from the strictest down. When one path has several readings, the strictest class counts. */
export const CLASS_STRICTNESS = ['secret', 'outside', 'unknown', 'policy', 'ci', 'dependency', 'config', 'source', 'test', 'docs', 'generated'] as const satisfies readonly PathClass[]

/** The class of a canonical path; `outside` ones are absolute or begin with `~`. */
export type PathClasses = (path: string, place?: 'inside' | 'outside' | 'unknown') => PathClass

/** Whether some file of this class could have a name that the pattern matches. */
interface Rule { readonly class: PathClass, readonly matchers: readonly Minimatch[] }

/** Compiles globs once; each answer is then remembered. */
export function createPathClasses (rules: readonly PathClassRule[]): PathClasses {
  const compiled = rules.map((rule): Rule => ({ class: rule.class, matchers: rule.globs.map((glob) => compileGlob(glob)) }))
  const known = new Map<string, PathClass>()
  return (path, place = 'inside') => {
    if (place === 'unknown') return 'unknown'
    const key = `${place}:${path}`
    const cached = known.get(key)
    if (cached !== undefined) return cached
    const found = place === 'inside' ? classInside(path, compiled) : classOutside(path, compiled)
    if (known.size >= CACHE_SIZE) known.delete(known.keys().next().value ?? '')
    known.set(key, found)
    return found
  }
}

/** The strictest of some classes; of none, `unknown`. */
export function strictestClass (classes: readonly PathClass[]): PathClass {
  return CLASS_STRICTNESS.find((candidate) => classes.includes(candidate)) ?? 'unknown'
}

export function compileGlob (glob: string): Minimatch {
  return new Minimatch(glob, { dot: true, nocase: true, nonegate: true, nocomment: true, platform: 'linux' })
}

function classInside (path: string, rules: readonly Rule[]): PathClass {
  if (path === '.' || path === '') return 'source'
  // Every reading also as a folder: `secrets` is as secret as what lies in it.
  const found = readings(path).flatMap((reading) => [firstMatch(reading, rules), firstMatch(`${reading}/_`, rules)]).filter((match) => match !== null)
  if (found.length > 0) return strictestClass(found)
  // A plain name without a suffix is most often a folder; a suffix no list knows is something nobody has thought about.
  const name = path.split('/').at(-1) ?? ''
  return /^[^.]+$|^[^.].*\.\d+$/.test(name) ? 'source' : 'unknown'
}

function classOutside (path: string, rules: readonly Rule[]): PathClass {
  const found = readings(path).map((reading) => firstMatch(reading, rules))
  if (found.includes('secret')) return 'secret'
  // Only a glob that itself begins with `/` speaks of places outside; `**` there would open the whole machine.
  const named = rules.find((rule) => rule.matchers.some(({ pattern }, at) => pattern.startsWith('/') && rule.matchers[at]?.match(path) === true))
  return named?.class ?? 'outside'
}

function firstMatch (path: string, rules: readonly Rule[]): PathClass | null {
  return rules.find((rule) => rule.matchers.some((matcher) => matcher.match(path)))?.class ?? null
}

/**
 * What a path may mean to whoever opens it: as written; in compatibility form, for look-alike letters and slashes;
 * without the trailing dots and spaces and with the separators of other systems.
 */
export function readings (path: string): readonly string[] {
  const plain = path.replace(/^\/+/, '')
  const folded = foldLookAlikes(plain)
  const all = [plain, folded, ...[plain, folded].map(asWindows)]
  return [...new Set(all)].filter((reading) => reading !== '')
}

function asWindows (path: string): string {
  return path.replaceAll('\\', '/').split('/').map((part) => part.replace(/(?<=[^. ])[. ]+$/, '').replace(/:+\$?[A-Za-z$]*$/, '')).filter(Boolean).join('/')
}

// Letters of other scripts that look like those of common file names, and separators that look like `/` and `.`.
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map([
  ['\u2044', '/'], ['\u2215', '/'], ['\u29f8', '/'], ['\u2024', '.'], ['\u3002', '.'], ['\uff61', '.'], ['\u2025', '..'],
  ['\u0430', 'a'], ['\u0435', 'e'], ['\u043e', 'o'], ['\u0440', 'p'], ['\u0441', 'c'], ['\u0445', 'x'], ['\u0443', 'y'],
  ['\u0456', 'i'], ['\u0455', 's'], ['\u0501', 'd'], ['\u0578', 'n'], ['\u03bd', 'v'], ['\u03bf', 'o'], ['\u0475', 'v'],
])

function foldLookAlikes (path: string): string {
  // eslint-disable-next-line no-control-regex -- plain ASCII needs no folding, and most paths are
  if (/^[\x00-\x7f]*$/.test(path)) return path
  return path.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}|\p{Mn}/gu, '').replace(/[^\x00-\x7f]/g, (letter) => LOOK_ALIKES.get(letter) ?? letter) // eslint-disable-line no-control-regex
}
