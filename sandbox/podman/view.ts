import { MASK, MASKED_PROC } from '../masked-proc.ts'

/**
 * What a jail sees, read from bwrap's options. They are the only description of a sandbox's walls: a second one for
 * containers would sooner or later show something that the first hides.
 */
export interface View {
  readonly binds: readonly { readonly from: string, readonly to: string, readonly writable: boolean, readonly optional: boolean }[]
  readonly links: readonly { readonly path: string, readonly target: string }[]
  readonly scratch: readonly { readonly path: string, readonly bytes: number | null }[]
  /** Files and folders of `/proc` that show nothing. */
  readonly masked: readonly string[]
  readonly environment: readonly { readonly name: string, readonly value: string }[]
  readonly hostname: string
  readonly user: string
  readonly directory: string
}

interface Draft {
  binds: View['binds'][number][]
  links: View['links'][number][]
  scratch: View['scratch'][number][]
  masked: string[]
  environment: View['environment'][number][]
  words: Map<string, string>
  size: number | null
}

type Reader = (draft: Draft, first: string, second: string) => void

const nothing: Reader = () => {}

const word = (name: string): Reader => (draft, value) => { draft.words.set(name, value) }

// A runtime binds nothing into /proc and masks it by itself: what bwrap covers there is no bind of a container, and no scratch.
const bind = (writable: boolean, optional: boolean): Reader => (draft, from, to) => {
  if (from === MASK && MASKED_PROC.includes(to)) draft.masked.push(to)
  else draft.binds.push({ from, to, writable, optional })
}

const scratch: Reader = (draft, path) => {
  if (MASKED_PROC.includes(path)) draft.masked.push(path)
  else draft.scratch.push({ path, bytes: draft.size })
  draft.size = null
}

// Option → how many values it takes and what it means. What maps to nothing is how every container of ours is made.
const OPTIONS: ReadonlyMap<string, readonly [values: 0 | 1 | 2, read: Reader]> = new Map(Object.entries({
  '--unshare-all': [0, nothing],
  '--unshare-user': [0, nothing],
  '--disable-userns': [0, nothing],
  '--die-with-parent': [0, nothing],
  '--new-session': [0, nothing],
  '--clearenv': [0, nothing],
  '--cap-drop': [1, nothing],
  '--seccomp': [1, nothing],
  '--proc': [1, nothing],
  '--dev': [1, nothing],
  '--remount-ro': [1, nothing],
  '--uid': [1, word('user')],
  '--gid': [1, nothing],
  '--hostname': [1, word('hostname')],
  '--chdir': [1, word('directory')],
  '--size': [1, (draft, bytes) => { draft.size = Number(bytes) }],
  '--tmpfs': [1, scratch],
  '--dir': [1, scratch],
  '--bind': [2, bind(true, false)],
  '--ro-bind': [2, bind(false, false)],
  '--ro-bind-try': [2, bind(false, true)],
  '--symlink': [2, (draft, target, path) => { draft.links.push({ path, target }) }],
  '--setenv': [2, (draft, name, value) => { draft.environment.push({ name, value }) }],
}))

/** Reads bwrap's options. @throws RangeError on one that has no meaning here yet: a wall must not vanish silently */
export function readView (options: readonly string[]): View {
  const draft: Draft = { binds: [], links: [], scratch: [], masked: [], environment: [], words: new Map(), size: null }
  for (let at = 0; at < options.length;) {
    const [values, read] = OPTIONS.get(options[at] ?? '') ?? unknown(options[at])
    if (at + values >= options.length) throw new RangeError('a sandbox option lacks its value')
    read(draft, options[at + 1] ?? '', options[at + 2] ?? '')
    at += 1 + values
  }
  const { binds, links, masked, environment, words } = draft
  return { binds, links, scratch: draft.scratch, masked, environment, hostname: words.get('hostname') ?? 'weir', user: words.get('user') ?? '1000', directory: words.get('directory') ?? '/' }
}

function unknown (option: string | undefined): never {
  throw new RangeError(`the podman driver does not know the sandbox option ${option ?? ''}`)
}
