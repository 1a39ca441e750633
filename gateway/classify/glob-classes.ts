import { Minimatch } from 'minimatch'
import type { PathClass } from '../core/tool-call.ts'
import type { PathClassRule } from './classify-data.ts'
import { readings } from './path-classes.ts'

const MAX_SAMPLES = 256 // names made from the data; far more than any list of special files has

/** Classes whose files a pattern must not reach by accident. */
const GUARDED: ReadonlySet<PathClass> = new Set(['secret', 'policy', 'ci', 'dependency'])

interface Sample { readonly path: readonly string[], readonly class: PathClass }

/** The guarded classes that a pattern could reach, for a reader and for a writer. */
export type GlobClasses = (glob: string, options: { readonly writes: boolean }) => readonly PathClass[]

/**
 * Judges shell patterns against names that the class lists stand for: `.en?` could be `.env`, so it is as secret.
 * A pattern without any letter of its own (`*`, `dist/*`) is taken to mean what lies in that folder, not to pick one file,
 * except where it changes all of the project's own root, manifests included.
 */
export function createGlobClasses (rules: readonly PathClassRule[]): GlobClasses {
  const samples = rules.filter((rule) => GUARDED.has(rule.class)).flatMap((rule) => rule.globs.map((glob): Sample => ({ path: sampleOf(glob), class: rule.class }))).slice(0, MAX_SAMPLES)
  return (glob, { writes }) => {
    const patterns = readings(glob.replace(/^\.\//, '')).map(compile)
    const reached = samples.filter((sample) => patterns.some((pattern) => couldBe(pattern, sample, writes)))
    const classes = reached.map((sample) => sample.class)
    return writes ? classes : classes.filter((found) => found === 'secret')
  }
}

interface Pattern { readonly parts: readonly string[], readonly deep: boolean, readonly matcher: Minimatch }

function compile (reading: string): Pattern {
  const parts = reading.split('/').filter((part) => part !== '' && part !== '.')
  const deep = parts.includes('**')
  // `**` of find and git sees dot files, and its own `*` does too; the shell's does not.
  return { parts, deep, matcher: new Minimatch(parts.join('/'), { dot: deep, nocase: true, nonegate: true, nocomment: true, platform: 'linux' }) }
}

// The pattern's first parts may be any folders above the sample.
function couldBe ({ parts, deep, matcher }: Pattern, { path: sample, class: found }: Sample, writes: boolean): boolean {
  const extra = parts.length - sample.length
  if (extra < 0 && !deep) return false
  const telling = parts.slice(-sample.length)
  if (telling.every(isBroad) && !(writes && extra === 0 && found !== 'secret')) return false
  const folders = parts.slice(0, Math.max(0, extra)).map((part) => /[*?[(]/.test(part) ? 'x' : part)
  return matcher.match([...folders, ...sample].join('/'))
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
