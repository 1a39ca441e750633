const MAX_LENGTH = 4096 // Linux PATH_MAX: nothing longer can be opened
const MAX_NAME = 255 // NAME_MAX, in bytes
const MAX_PARTS = 256 // far deeper than any project; a deeper path is made to tire whoever walks it
const MAX_LINKS = 40 // Linux follows no more in one look-up

export interface PathView {
  /** Absolute directory that relative paths start from. */
  readonly cwd: string
  /** Absolute root of the workspace, `/workspace`. */
  readonly root: string
  /** The target of a symbolic link at this workspace-relative path, or null. Never follows. */
  readonly readlink: (path: string) => string | null
}

/**
 * Where a path leads. Inside, `path` is relative to the root (`.` is the root itself); outside it is absolute or
 * begins with `~`. An unknown one cannot be told: it names a process's own view, is too long, loops, or holds controls.
 */
export interface CanonicalPath { readonly path: string, readonly place: 'inside' | 'outside' | 'unknown' }

/**
 * The one form of a path. Links are followed component by component, as the kernel does, so that `link/..` is the
 * folder the link's target stands in. Idempotent: the canonical form of an inside path is itself.
 */
export function canonicalPath (raw: string, view: PathView): CanonicalPath {
  const text = fromFileUrl(raw)
  // eslint-disable-next-line no-control-regex -- no file a tool should touch has a control character in its name
  if (text === null || text.length > MAX_LENGTH || /[\x00-\x1f\x7f]|\p{Surrogate}/u.test(text)) return unknown(raw)
  if (text.startsWith('~')) return { path: text, place: 'outside' }
  const absolute = text.startsWith('/') ? text : `${view.cwd}/${text}`
  return resolve(absolute, view)
}

function resolve (absolute: string, view: PathView): CanonicalPath {
  const pending = absolute.split('/').reverse()
  if (pending.length > MAX_PARTS || pending.some((part) => part.length > MAX_NAME || Buffer.byteLength(part) > MAX_NAME)) return unknown(absolute)
  const root = view.root.split('/').filter(Boolean)
  const walked: string[] = []
  let links = 0
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      walked.pop()
      continue
    }
    walked.push(part)
    if (isOwnProcess(walked)) return { path: `/${walked.join('/')}`, place: 'unknown' }
    const inside = insidePath(walked, root)
    const target = inside === null || inside === '' ? null : view.readlink(inside)
    if (target === null) continue
    links += 1
    if (links > MAX_LINKS || target.length > MAX_LENGTH) return unknown(absolute)
    walked.pop()
    if (target.startsWith('/')) walked.length = 0
    pending.push(...target.split('/').reverse())
  }
  const inside = insidePath(walked, root)
  if (inside === null) return { path: `/${walked.join('/')}`, place: 'outside' }
  return { path: inside === '' ? '.' : protectTilde(inside), place: 'inside' }
}

// A file of the workspace whose name begins with `~` must not be taken for a home folder when it is read again.
function protectTilde (path: string): string {
  return /^~|^file:/i.test(path) ? `./${path}` : path
}

// `/proc/self/root/…`, `/proc/self/cwd/…`, `/dev/fd/…`: the same file under a name that depends on who looks.
function isOwnProcess (walked: readonly string[]): boolean {
  return (walked[0] === 'proc' && walked.length >= 2 && /^(?:self|thread-self|\d+)$/.test(walked[1] ?? '')) || (walked[0] === 'dev' && walked[1] === 'fd')
}

function insidePath (walked: readonly string[], root: readonly string[]): string | null {
  return root.every((part, at) => walked[at] === part) ? walked.slice(root.length).join('/') : null
}

function fromFileUrl (raw: string): string | null {
  if (!/^file:/i.test(raw)) return raw
  try {
    const url = new URL(raw)
    return url.hostname === '' || url.hostname === 'localhost' ? decodeURIComponent(url.pathname) : null
  } catch {
    return null // not a URL after all, nor a name any tool should be given
  }
}

function unknown (raw: string): CanonicalPath {
  return { path: raw.slice(0, MAX_LENGTH), place: 'unknown' }
}
