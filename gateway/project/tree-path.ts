const MAX_PATH_BYTES = 4_095 // PATH_MAX without its NUL
const MAX_NAME_BYTES = 255 // NAME_MAX of every Linux file system in use
const MAX_DEPTH = 64

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/
// Characters that show a name other than it is: bidirectional overrides, zero-width and ignorable ones (HFS+ drops them, so `.g\u200cit` is `.git` there).
const INVISIBLE = /[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]/

/**
 * Why this path can not be a file of a project, in words fit for a denial, or null when it can.
 * The path is relative, with `/` between names.
 */
export function pathProblem (path: string): string | null {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return 'the path is too long'
  if (CONTROL.test(path) || INVISIBLE.test(path)) return 'the name holds control or invisible characters'
  if (path.includes('\\')) return 'the name holds a backslash'
  if (/\p{Surrogate}/u.test(path) || path.normalize('NFC') !== path) return 'the name is not in Unicode normal form C'
  const names = path.split('/')
  if (names.length > MAX_DEPTH) return 'the path is nested too deeply'
  for (const name of names) {
    const problem = nameProblem(name)
    if (problem !== null) return problem
  }
  return null
}

function nameProblem (name: string): string | null {
  if (name === '' || name === '.' || name === '..') return 'the path is not in canonical form'
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return 'the name is too long'
  // Windows drops these at the end, so `.git.` and `.git ` are `.git` there.
  if (/[. ]$/.test(name)) return 'the name ends with a dot or a space'
  // `.git` in any case, its 8.3 short name, and its alternate data streams: git-for-windows CVE-2014-9390, CVE-2019-1352.
  if (/^(?:\.git|git~\d)(?:$|[:/])/i.test(name.normalize('NFKC'))) return 'the name is reserved for git'
  return null
}
