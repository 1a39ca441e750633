import { escapeGlob, literal, type Field } from '../shell/facts.ts'

/** A file or folder that a program names; `below` is the pattern of the files it finds under it. */
export interface ScriptPlace { readonly root: string, readonly below: string | null }

/** All that a plain script reaches: files it reads and writes, and modules of the project it runs. */
export interface PlainScript {
  readonly reads: readonly ScriptPlace[]
  readonly writes: readonly ScriptPlace[]
  readonly removes?: readonly ScriptPlace[]
  readonly loads: readonly string[]
  readonly listed: readonly string[]
  /** Programs that it starts, each by its words. */
  readonly starts?: ReadonlyArray<readonly string[]>
  /** Whether these get the script's own input. */
  readonly fed?: boolean
}

/** What is read with the files of a place besides: listings that Python makes by patterns name hidden files too. */
export function hiddenOf ({ root, below }: ScriptPlace): readonly ScriptPlace[] {
  if (below === null) return []
  const parts = below.split('/')
  return parts.flatMap((part, at) => /^(?:\*(?!\*)|[?[])/.test(part) ? [{ root, below: parts.with(at, part.startsWith('*') ? `.${part}` : `.${part.replace(/^(?:\?|\[[^\]]*\])/, '')}`).join('/') }] : [])
}

/** A place as a word of a command that names it. */
export function fieldOf ({ root, below }: ScriptPlace): Field {
  if (below === null) return literal(root)
  const folder = root === '.' ? '' : `${root.replace(/\/+$/, '')}/`
  return { text: `${folder}${below}`, known: true, glob: `${escapeGlob(folder)}${below}` }
}
