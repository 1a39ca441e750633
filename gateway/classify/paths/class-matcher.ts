import { braceExpand } from 'minimatch'

/** Whether a workspace-relative path matches one of a list of globs. */
export type ClassMatcher = (path: string) => boolean

/**
 * Compiles many globs into three expressions: for file names (`**``/x`), for folder names (`**``/x/**`) and for the rest.
 * One expression for each of a thousand globs took 2 ms a path; these take some 20 µs. Case does not count and `*`
 * matches a leading dot. Known are `**`, `*`, `?`, `[a]`, `[!a]`, `{a,b}` and the groups `+(a|b)`, `*()`, `?()`, `@()`. Globs that begin with `/` are about places outside and match nothing here.
 */
export function createClassMatcher (globs: readonly string[]): ClassMatcher {
  const names: string[] = []
  const folders: string[] = []
  const paths: string[] = []
  for (const glob of globs.flatMap(withoutSlashedBraces)) {
    const parts = glob.split('/')
    if (parts[0] === '') continue
    if (parts.length === 2 && parts[0] === '**') names.push(partSource(parts[1] ?? ''))
    else if (parts.length === 3 && parts[0] === '**' && parts[2] === '**') folders.push(partSource(parts[1] ?? ''))
    else paths.push(pathSource(parts))
  }
  const name = anyOf(names)
  const folder = anyOf(folders)
  const path = anyOf(paths)
  return (text) => {
    const parts = text.split('/')
    return name.test(parts.at(-1) ?? '') || parts.slice(0, -1).some((part) => folder.test(part)) || path.test(text)
  }
}

const NOTHING = '(?!)'

function anyOf (sources: readonly string[]): RegExp {
  return new RegExp(`^(?:${sources.length === 0 ? NOTHING : sources.join('|')})$`, 'iu')
}

// `**` stands for any number of folders, at the end for at least one name.
function pathSource (parts: readonly string[]): string {
  return parts.map((part, at) => {
    const last = at === parts.length - 1
    if (part === '**') return last ? '.+' : '(?:[^/]+/)*'
    return last ? partSource(part) : `${partSource(part)}/`
  }).join('')
}

// Braces with a slash in them span parts, so they become several globs.
function withoutSlashedBraces (glob: string): readonly string[] {
  return /\{[^}]*\/[^}]*\}/.test(glob) ? braceExpand(glob) : [glob]
}

const EXTENDED: ReadonlyMap<string, string> = new Map([['+', '+'], ['*', '*'], ['?', '?'], ['@', '']])
const TOKEN = /\\(.)|([+*?@])\(([^()]*)\)|\[(!?)((?:\]|[^\]/])[^\]/]*)\]|\{([^{}]*,[^{}]*)\}|(\*)|(\?)|([^])/gsu

// Braces stay one group; expanded, five braces of one glob make a hundred.
function partSource (part: string): string {
  return part.replace(TOKEN, (_, escaped?: string, kind?: string, inner?: string, negated?: string, set?: string, brace?: string, star?: string, mark?: string, other?: string) => {
    if (kind !== undefined) return `(?:${(inner ?? '').split('|').map(partSource).join('|')})${EXTENDED.get(kind) ?? ''}`
    if (set !== undefined) return `[${negated === '!' ? '^' : ''}${set.replace(/[\\[\]^]/g, '\\$&')}]`
    if (brace !== undefined) return `(?:${brace.split(',').map(partSource).join('|')})`
    if (star !== undefined) return '[^/]*'
    return mark === undefined ? literal(escaped ?? other ?? '') : '[^/]'
  })
}

function literal (character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
}
