const SCRATCH = /^\/(?:tmp|var\/tmp|dev\/shm)(?:\/|$)/

/** Whether a path lies in a folder that any program may write and nobody reviews. */
export function isScratch (path: string): boolean {
  return SCRATCH.test(path)
}

// Names that folders and files of projects have, and nothing at the root of any machine.
const NOWHERE = /^\/(?:docs?|packages|src|tests?|specs?|scripts|examples|web|website|api|ui|core|shared|common|frontend|backend|server|clients?|services|internal|cmd|pkg|tools|fixtures|testdata|e2e|crates|libs|modules|apps|schemas?|protos?|migrations|assets|public|components|benches|integration|README\.md|package\.json|tsconfig(?:\.\w+)?\.json|go\.mod|Cargo\.toml|pyproject\.toml|Makefile|CMakeLists\.txt)(?:\/(?!\.)[\w.*-]+)*$/

/** Whether a path begins below the root with a name that only projects have: one relative path too few, and not meant. */
export function isNowhere (place: string): boolean {
  return NOWHERE.test(place)
}

/** The absolute place of a path in a directory. */
export function placeOf (path: string, directory: string | null): string {
  const parts: string[] = []
  for (const part of (isAnchored(path) ? path : `${directory ?? ''}/${path}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** Whether a place is a built one; built places that end in a slash are folders. */
export function isAt (place: string, built: string): boolean {
  return built.endsWith('/') ? `${place}/`.startsWith(built) : place === built
}

/** Whether a place is one of those, or lies below one that stands for a folder: `/workspace/build/lib/*`. */
export function isAmong (place: string, among: ReadonlySet<string>): boolean {
  if (among.has(place)) return true
  for (let at = place.length; at > 0; at = place.lastIndexOf('/', at - 1)) if (among.has(`${place.slice(0, at)}/*`)) return true
  return false
}

/** Whether a path says itself where it begins. */
export function isAnchored (path: string): boolean {
  return path.startsWith('/') || path.startsWith('~') || /^file:/i.test(path)
}

/** Whether a file is a module that a program may load because it stands in the program's own folder. */
export function isModuleBeside (program: string, file: string): boolean {
  const folder = program.slice(0, program.lastIndexOf('/') + 1)
  return file.startsWith(folder) && /^\w+(?:\/__init__)?\.(?:py|pyc|so)$/.test(file.slice(folder.length))
}
