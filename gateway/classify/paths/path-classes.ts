import { Minimatch } from 'minimatch'
import type { PathClass } from '../../core/tool-call.ts'
import { createClassMatcher, type ClassMatcher } from './class-matcher.ts'
import type { PathClassRule } from '../classify-data.ts'
import { isDisguised, readings } from './path-readings.ts'

const CACHE_SIZE = 4_096 // paths: a large project's working set, under 1 MB

/** Path classes from the strictest down. When one path has several readings, the strictest class counts. */
const CLASS_STRICTNESS = ['secret', 'outside', 'unknown', 'policy', 'ci', 'dependency', 'config', 'source', 'test', 'docs', 'generated'] as const satisfies readonly PathClass[]

/** The class of a canonical path; `outside` ones are absolute or begin with `~`. */
export type PathClasses = (path: string, place?: 'inside' | 'outside' | 'unknown') => PathClass

interface Rule {
  readonly class: PathClass
  readonly inside: ClassMatcher
  /** Only a glob that itself begins with `/` speaks of places outside; `**` there would open the whole machine. */
  readonly outside: readonly Minimatch[]
}

/** Compiles globs once; each answer is then remembered. */
export function createPathClasses (rules: readonly PathClassRule[]): PathClasses {
  const compiled = rules.map((rule): Rule => ({
    class: rule.class,
    inside: createClassMatcher(rule.globs),
    outside: rule.globs.filter((glob) => glob.startsWith('/')).map((glob) => compileGlob(glob)),
  }))
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

function compileGlob (glob: string): Minimatch {
  return new Minimatch(glob, { dot: true, nocase: true, nonegate: true, nocomment: true, platform: 'linux' })
}

function classInside (canonical: string, rules: readonly Rule[]): PathClass {
  const path = canonical.replace(/^\.\//, '') // `./~x`: see protectTilde
  if (path === '.' || path === '') return 'source'
  const found = readings(path).map((reading) => firstMatch([reading, `${reading}/_`], rules)).filter((match) => match !== null)
  if (isDisguised(path)) found.push('unknown')
  if (found.length > 0) return strictestClass(found)
  // A plain name without a suffix is most often a folder; a suffix no list knows is something nobody has thought about.
  const name = path.split('/').at(-1) ?? ''
  return /^[^.]+$|^[^.].*\.\d+$/.test(name) ? 'source' : 'unknown'
}

function classOutside (path: string, rules: readonly Rule[]): PathClass {
  const found = readings(path).map((reading) => firstMatch([reading], rules))
  if (found.includes('secret')) return 'secret'
  const named = rules.find((rule) => rule.outside.some((matcher) => matcher.match(path)))
  return named?.class ?? 'outside'
}

// Every path also as a folder: `secrets` is as secret as what lies in it. Rule by rule, so that an exception that comes
// before a rule (`src/secrets/*.ts`) holds for both.
function firstMatch (names: readonly string[], rules: readonly Rule[]): PathClass | null {
  return rules.find((rule) => names.some((name) => rule.inside(name)))?.class ?? null
}
