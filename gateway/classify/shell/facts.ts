import type { Access, CommandFacts, ShellProgram, WrittenText } from '../../core/tool-call.ts'
import type { Stdin } from '../programs/invocation.ts'
import { NOISE } from '../programs/noise.ts'
import type { ShellProblem } from './problems.ts'
import { BuiltPlaces } from './built-places.ts'
import { HeldLists } from './held-lists.ts'
import { OwnTrees } from '../paths/own-trees.ts'
import { isAmong, isAnchored, isModuleBeside, isNowhere, isScratch, placeOf } from '../paths/places.ts'

export { SHELL_PROBLEMS, type ShellProblem } from './problems.ts'
export { isScratch } from '../paths/places.ts'

const MAX_PROGRAMS = 256 // more programs than any hand-written command starts
const MAX_TOUCHES = 512
const MAX_TEXTS = 256
const MAX_GLOBS = 64 // each is matched against every guarded name, which costs far more than a plain path

/** One expanded word. `glob` is its pattern when the shell would expand one; an unknown field has only its source text. */
export interface Field {
  readonly text: string
  readonly known: boolean
  readonly glob: string | null
  /** Printed as one word of a longer line: whoever takes whole lines gets another text. */
  readonly piece?: boolean
  /** The first word of a line of which no more is known. */
  readonly first?: string
  /** In quotes, an unknown word that is a list of these lines. */
  readonly lines?: readonly Field[]
  /** The first word of the first line of all that is printed. */
  readonly heading?: string
  /** Printed by a program that others may have had a say in, such as the name of a branch: as text of a shell, it could hold more than words. */
  readonly foreign?: boolean
}

/** One path a command touches, relative to the call's directory or absolute. `tree` means with everything below it. */
export interface Touch {
  readonly path: string
  readonly access: Access
  readonly glob: string | null
  readonly tree: boolean
}

/** What is known of a command, with each touched path and how it is touched, and the texts that it puts into files. */
export interface ShellFacts extends CommandFacts { readonly touches: readonly Touch[], readonly texts: readonly WrittenText[] }

/** Text to facts: synchronous, bounded, never throws. `cwd` is the absolute directory the text runs in. */
export type ShellParser = (text: string, cwd: string) => ShellFacts

/** Directories a command may run in; null is one that is not known. */
export type Directories = readonly (string | null)[]

// Reading or writing these moves bytes between the command and its own streams, never to a file.
const STREAMS = /^\/dev\/(?:null|stdin|stdout|stderr|tty|zero|random|urandom|fd\/\d+)$/
const SOCKETS = /^\/dev\/(?:tcp|udp)(?:\/|$)/

/** Collects facts during one walk. Beyond its limits it only remembers that the command is too large. */
export class FactCollector {
  readonly #home: string
  readonly #programs = new Map<string, ShellProgram>()
  #started: readonly [readonly string[], readonly string[]] = [[], []]
  readonly #problems = new Set<ShellProblem>()
  readonly #touches = new Map<string, Touch>()
  readonly #written = new Set<string>()
  readonly #run = new Set<string>()
  readonly #built = new BuiltPlaces()
  // What the command itself wrote to a file, all of it; null when it is no longer known.
  readonly #held = new Map<string, string | null>()
  readonly #judged = new Set<string>()
  readonly #beside: string[] = []
  readonly #patched: Field[] = []
  readonly #texts: WrittenText[] = []
  #last = ''
  #network = false
  #links = false
  #globs = 0
  #aside = true
  #fed = false
  readonly #said = new Set<'production' | 'unchecked' | 'staged'>()
  readonly trees = new OwnTrees()
  readonly #lists = new HeldLists()

  constructor (home: string) { this.#home = home }

  program (name: string, argv: readonly string[]): void {
    if (this.#programs.size >= MAX_PROGRAMS) return this.problem('too-large')
    this.#started = [this.#started[1], argv]
    // Another name of a file, or a file that is left as it is, and what was written is not what is read.
    if (/^(?:ln|link|mount|chroot|install)$/.test(name) || (name === 'set' && argv.some((word) => /C|noclobber/.test(word)))) this.#links = true
    this.#programs.set(JSON.stringify([name, argv]), { name, argv })
    this.#last = name
  }

  problem (code: ShellProblem): void { this.#problems.add(code) }

  network (): void { this.#network = true }

  /** Records whether changes are put aside that the command has not taken back: until it has, there may be such of earlier. */
  holdsAside (aside: boolean): void { this.#aside = aside }

  /** Records that `exec` gives the shell another input, which is then that of all it starts. */
  feeds (stdin: Stdin): void { this.#fed ||= stdin.kind !== 'none' }

  /** The input of a program that is given none of its own. */
  inputOf (stdin: Stdin): Stdin { return this.#fed && stdin.kind === 'none' ? { kind: 'file' } : stdin }

  /** Records what a variable says to all that runs with it: to work on production, or to leave checks out. */
  says (what: 'production' | 'unchecked' | 'staged'): void { this.#said.add(what) }

  hasSaid (what: 'production' | 'unchecked' | 'staged'): boolean { return this.#said.has(what) }

  /** The words of the program that was started right before the present one: in a pipeline, the one whose output this one reads. */
  get startedBefore (): readonly string[] { return this.#started[0] }

  /** Those of the one that was started last. */
  get startedLast (): readonly string[] { return this.#started[1] }

  get isHoldingAside (): boolean { return this.#aside }

  /** Records that a word is used as a path, once for each directory the command may run in. */
  touch (field: Field, access: Access, directories: Directories, tree = false): void {
    if (!field.known) return this.problem('unknown-argument')
    if (field.text === '' || STREAMS.test(field.text)) return
    if (SOCKETS.test(field.text)) return this.network()
    if (access !== 'read' && (!this.#built.isEmpty || this.#held.size > 0)) this.#replaced(field, directories, access)
    for (const directory of directories) {
      // A folder that no `cd` led to may be any folder's neighbour.
      if (access === 'read' && directories.length > 1 && isNowhere(placeOf(field.text, directory)) && directories.some((other) => /^\/workspace\//.test(placeOf(field.text, other)))) continue
      if (access === 'write' && this.#last !== 'mkdir') this.#built.fills(placeOf(field.text, directory))
      if (access !== 'read') this.trees.changed(placeOf(field.text, directory), access)
      if (access !== 'read' && this.#lists.changed(placeOf(field.text, directory), field.glob !== null) && access === 'write') this.problem('unknown-argument')
      if (isAnchored(field.text)) this.#add({ path: field.text, access, glob: field.glob, tree })
      else if (directory === null) this.problem('unknown-directory')
      else this.#add({ path: this.#join(directory, field.text), access, glob: field.glob === null ? null : this.#join(escapeGlob(directory), field.glob), tree })
    }
  }

  /** Records that a file gets new content from the command itself. */
  fills (field: Field, directories: Directories): void {
    for (const directory of directories) this.#written.add(placeOf(field.text, directory))
  }

  /** Records text that the command puts into a file, as far as it says so itself. */
  writesText ({ text: name }: Field, text: string, directories: Directories): void {
    if (text === '' || STREAMS.test(name)) return
    for (const directory of directories) {
      if (this.#texts.length >= MAX_TEXTS) return this.problem('too-large')
      this.#texts.push({ path: placeOf(name, directory).replace(/^\/workspace\//, ''), text, before: '' })
    }
  }

  /** Records the files that a patch names which the command writes down: `loose` if the same command applies it, `names` of a diff that is one beyond doubt and may be applied by a later call. */
  holdsPatch (loose: readonly Field[], names: readonly string[], directories: Directories): void {
    this.#patched.push(...loose)
    for (const name of names) this.touch({ text: name, known: true, glob: escapeGlob(name) }, 'write', directories)
  }

  /** Records that a patch of a file is applied: it may be any that the command wrote down. */
  appliesPatch (directories: Directories): void {
    for (const file of this.#patched) this.touch(file, 'write', directories)
  }

  /** Records that a file becomes what a compiler makes of sources, none of which the same command wrote. */
  builds (field: Field, directories: Directories, source: string | null = null): void { this.#becomesBuilt(field, directories, '', source) }

  /** Records that a compiler is to make a file of a text known in full. @returns whether the command put nothing there before */
  attempts (field: Field, directories: Directories): boolean {
    const written = [...this.#touches.values()].filter(({ access }) => access === 'write')
    return !written.some(({ glob }) => glob !== null) && this.#built.attempt(directories.map((directory) => placeOf(field.text, directory)), written.map(({ path }) => placeOf(path, this.#home)))
  }

  buildsIn (folder: Field, directories: Directories): void { this.#becomesBuilt(folder, directories, '/') }

  /** What to do once a file is another name, or a copy, of what was built; null when something else writes it as well. */
  copies (source: Field, field: Field, directories: Directories): (() => void) | null {
    const places = directories.map((directory) => placeOf(field.text, directory))
    if (places.some((place) => this.#written.has(place))) return null
    return () => {
      for (const place of places) this.#written.delete(place)
      this.builds(field, directories, source.text)
    }
  }

  #becomesBuilt (field: Field, directories: Directories, ending: '' | '/', source: string | null = null): void {
    if (!field.known || field.glob !== null || [...this.#written].some((place) => place.startsWith('/workspace/'))) return
    for (const directory of directories) this.#built.add(`${placeOf(field.text, directory)}${ending}`, source)
  }

  takeBuilt (): readonly string[] | null { return this.#built.take() }

  /** Whether one of these places, all built by now, is what the word names wherever it runs. */
  isBuilt (field: Field, directories: Directories, places: readonly string[]): boolean {
    return directories.every((directory) => directory !== null && this.#built.has(placeOf(field.text, directory), places))
  }

  /** Records all that a file then holds. */
  holds (field: Field, directories: Directories, text: string): void {
    const [directory, ...others] = directories
    if (directory === undefined || directory === null || others.length > 0 || !field.known || field.glob !== null) return
    const place = placeOf(field.text, directory)
    this.#held.set(place, this.#held.has(place) || this.#links ? null : text)
  }

  /** All that a file holds, if the command wrote it and nothing else did. It is what counts, so that it may not change any more. */
  textOf (field: Field, directories: Directories): string | null {
    const [directory, ...others] = directories
    if (this.#held.size === 0 || directory === undefined || directory === null || others.length > 0 || this.#links) return null
    const place = placeOf(field.text, directory)
    const text = this.#held.get(place) ?? null
    if (text !== null) this.#judged.add(place)
    return text
  }

  /** Records that a scratch file then holds these names, one a line. */
  lists (field: Field, directories: Directories, names: readonly Field[]): void {
    const [directory, ...others] = directories
    if (directory === undefined || others.length > 0 || !field.known || field.glob !== null || this.#links) return
    const place = placeOf(field.text, directory)
    if (isScratch(place)) this.#lists.keep(place, names)
  }

  /** The names that a file holds, if the command put all of them there and nothing else did. */
  listIn (field: Field, directories: Directories): readonly Field[] | null {
    const [directory, ...others] = directories
    if (directory === undefined || (others.length > 0 && !isAnchored(field.text)) || !field.known || this.#links) return null
    return this.#lists.of(placeOf(field.text, directory))
  }

  // Over the file itself, over the folder it stands in, or over what a pattern names.
  #replaced (field: Field, directories: Directories, access: Access): void {
    for (const directory of directories) {
      const place = placeOf(field.text, directory)
      this.#built.replace(place, field.glob !== null)
      for (const held of this.#held.keys()) if (field.glob !== null || held === place || held.startsWith(place === '/' ? place : `${place}/`)) this.#rewritten(held, access)
    }
  }

  /** Runs what changes files' rights and nothing that is in them. */
  keepingTexts (change: () => void): void {
    const held = new Map(this.#held)
    change()
    for (const [place, text] of held) this.#held.set(place, text)
  }

  #rewritten (place: string, access: Access = 'write'): void {
    this.#held.set(place, null)
    // Run in the background, it could be run with either.
    if (this.#judged.has(place) && access !== 'delete') this.problem('written-code')
  }

  /** Records that a file is run as a program or loaded by one: nobody looked at scratch folders, nor at what the same command writes. */
  code (field: Field, directories: Directories): void {
    for (const directory of directories) {
      const place = placeOf(field.text, directory)
      if (this.#held.get(place) === NOISE) continue
      if (isScratch(place) && !this.trees.holds(place)) this.problem('outside-code')
      this.#run.add(place)
    }
  }

  /** Records that a program works in these directories on whatever lies there. */
  worksIn (directories: Directories): void {
    const isOwn = (directory: string): boolean => this.trees.holds(directory) || this.#built.has(directory, this.trees.surely)
    if (directories.some((directory) => directory !== null && isScratch(directory) && !isOwn(directory))) this.problem('outside-code')
  }

  /** Records that git makes a working tree there: only where there is nothing yet, and with the project's own settings and hooks. */
  plants (folder: Field, directories: Directories): void {
    const written = [...this.#touches.values()].filter(({ access }) => access === 'write').map(({ path }) => placeOf(path, this.#home))
    for (const directory of directories) this.trees.made(placeOf(folder.text, directory), written)
    this.builds(literal(`${folder.text}/.git`), directories)
  }

  /** Records that a file is run which the same command built, wherever that is. */
  starts (field: Field, directories: Directories): void { for (const directory of directories) this.#run.add(placeOf(field.text, directory)) }

  /** Records that a program is run which loads modules from its own folder. */
  startsBeside (program: Field, directories: Directories): void {
    for (const directory of directories) this.#beside.push(placeOf(program.text, directory))
  }

  // Scratch folders alone: elsewhere files are the project's, which its own programs are made of.
  #loadsWritten (): boolean {
    const written = [...this.#written].filter((place) => isScratch(place) && !this.#judged.has(place))
    return this.#beside.some((program) => written.some((place) => place !== program && isModuleBeside(program, place)))
  }

  /** Records that hidden files are read with all others. */
  touchHidden (directories: Directories): void { this.touch({ text: '.*', known: true, glob: '**/.*' }, 'read', directories) }

  /** Whether a program of such a name was started by now. */
  hasStarted (names: RegExp): boolean { return [...this.#programs.values()].some(({ name }) => names.test(name)) }

  /** Whether the command itself wrote what the word names, or made a folder there. */
  hasWritten (field: Field, directory: string | null): boolean {
    const place = placeOf(field.text, directory)
    return [...this.#touches.values()].some(({ access, path }) => access === 'write' && placeOf(path, this.#home) === place)
  }

  /** The absolute place a word names from a directory; null is one that is not known. */
  placeOf (field: Field, directory: string | null): string { return placeOf(field.text, directory) }

  finish (text: string): ShellFacts {
    if ([...this.#written].some((place) => isAmong(place, this.#run)) || this.#loadsWritten() || this.trees.isDoubtful(this.#links)) this.problem('written-code')
    const touches = [...this.#touches.values()]
    return {
      text,
      programs: [...this.#programs.values()],
      opaque: this.#problems.size > (this.#problems.has('data-loss') ? 1 : 0),
      problems: [...this.#problems].sort(),
      network: this.#network,
      writes: unique(touches.filter(({ access }) => access !== 'read')),
      reads: unique(touches.filter(({ access }) => access === 'read')),
      touches,
      texts: this.#texts,
    }
  }

  #join (directory: string, path: string): string {
    return directory === this.#home || directory === escapeGlob(this.#home) ? path : `${directory}/${path}`
  }

  #add (touch: Touch): void {
    const key = JSON.stringify([touch.path, touch.access, touch.glob, touch.tree])
    if (this.#touches.has(key)) return
    if (touch.glob !== null) this.#globs += 1
    if (this.#touches.size >= MAX_TOUCHES || this.#globs > MAX_GLOBS) return this.problem('too-large')
    this.#touches.set(key, touch)
  }
}

/** A pattern that matches exactly this text. */
export function escapeGlob (text: string): string {
  return text.replace(/[\\*?[\]{}()!+@,~]/g, '\\$&')
}

/** A field of known text that is no pattern. */
export function literal (text: string): Field {
  return { text, known: true, glob: null }
}

const unique = (touches: readonly Touch[]): string[] => [...new Set(touches.map(({ path }) => path))]
