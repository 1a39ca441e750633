import { splitArguments, type Invocation } from '../programs/invocation.ts'
import { literal, type Directories, type FactCollector, type Field } from '../shell/facts.ts'

const OUTPUT: ReadonlySet<string> = new Set(['-o', '--outfile', '-D', '-I', '-L', '-C', '-x', '--edition', '--crate-type', '--crate-name', '-ldflags', '-gcflags', '-tags', '-mod', '-p'])
const NO_OPTIONS: ReadonlySet<string> = new Set()
const PLACE = /^\/workspace(?:\/|$)/

// What each compiler takes for the project's own source, named from where it runs; an object or an archive may be anything.
const GO_SOURCE = /^(?:\.|\.\/[\w./-]*|\w[\w/-]*\.go)$/
const RUST_SOURCE = /^\w[\w/-]*\.rs$/
const C_SOURCE = /^(?:\.\/)?[\w*][\w*/-]*\.(?:c|cc|cpp|cxx|m|mm)$/
const SCRIPT_SOURCE = /^(?:\.\/)?\w[\w/.-]*\.[cm]?[jt]sx?$/
// Languages of one compiler each.
const OTHERS: ReadonlyArray<readonly [string, RegExp]> = [['gfortran', /^\w[\w/-]*\.[fF]\d*$/], ['swiftc', /^\w[\w/-]*\.swift$/], ['nvcc', /^\w[\w/-]*\.cu$/], ['ghc', /^\w[\w/-]*\.hs$/], ['esbuild', SCRIPT_SOURCE]]
const COMPILERS: ReadonlyMap<string, RegExp> = new Map([['go', GO_SOURCE], ['rustc', RUST_SOURCE], ...OTHERS, ...['gcc', 'g++', 'cc', 'c++', 'clang', 'clang++'].map((name) => [name, C_SOURCE] as const)])

/**
 * What to do once a start of `ln`, `cp` or `mv` gave another name to a program that the same command built before; null for any other
 * start. To be asked before, since the program may not be where it was afterwards.
 */
export function copiesBuilt ({ name, args, directories, facts, built }: Invocation): (() => void) | null {
  if (!/^(?:ln|cp|mv)$/.test(name) || built === undefined) return null
  const { operands, flags } = splitArguments(args, NO_OPTIONS)
  const [from, to, ...more] = operands
  if (from === undefined || to === undefined || more.length > 0 || !flags.every((flag) => /^-[sfnvp]+$/.test(flag)) || !to.known || to.glob !== null) return null
  // What a relative link leads to is counted from where the link stands.
  if (name === 'ln' && !from.text.startsWith('/')) return null
  return from.known && from.glob === null && facts.isBuilt(from, directories, built) ? facts.copies(from, to, directories) : null
}

/** Records the program that a compiler makes of sources of the project, so that the same command may start it. */
export function recordBuilt ({ name, args, directories, facts }: Invocation): void {
  if (name === 'git') return recordWorktree(args, directories, facts)
  const sources = COMPILERS.get(name)
  if (sources === undefined || !directories.every((directory) => directory !== null && (PLACE.test(directory) || facts.trees.holds(directory)))) return
  const words = name === 'go' ? packagesOf(args) : args
  if (words === null) return
  const { operands, values } = splitArguments(words, OUTPUT)
  const [output, ...more] = values.filter(({ flag }) => flag === (name === 'esbuild' ? '--outfile' : '-o'))
  if (output === undefined || more.length > 0 || (name !== 'go' && operands.length === 0)) return
  if (!operands.every(({ text, known }) => known && sources.test(text) && !text.includes('..'))) return
  for (const operand of operands) facts.code(operand, directories)
  facts.builds(output.value, directories)
}

// `go -C elsewhere build` builds something else; `go test -c` builds the tests.
function packagesOf (args: readonly Field[]): readonly Field[] | null {
  const [verb, first, ...rest] = args
  const words = verb?.text === 'test' && first?.text === '-c' ? rest : [first, ...rest].filter((word) => word !== undefined)
  const builds = verb?.text === 'build' || (verb?.text === 'test' && first?.text === '-c')
  return builds && !words.some(({ text }) => /^-C/.test(text)) ? words.map(withLetter) : null
}

// Go takes `-o=x` for `-o x`.
function withLetter (field: Field): Field {
  return field.text.startsWith('-o=') ? { ...field, text: `-o${field.text.slice(3)}` } : field
}

const WORKTREE: ReadonlySet<string> = new Set(['-b', '-B'])

function recordWorktree (args: readonly Field[], directories: Directories, facts: FactCollector): void {
  if (args[0]?.text !== 'worktree' || args[1]?.text !== 'add' || !directories.every((directory) => directory !== null && PLACE.test(directory))) return
  // Where nothing is checked out, tools go on to look above it.
  if (args.some(({ text }) => /^--(?:no-c|orp)/.test(text))) return
  const [folder] = splitArguments(args.slice(2), WORKTREE).operands
  if (folder?.known === true && folder.glob === null) facts.plants(folder, directories)
}

/** Whether a scratch folder is a working tree that the same command had git make of the project. */
export function isOwnWorktree (folder: string, { facts, built }: Invocation): boolean {
  return facts.trees.around(folder) !== null || (built !== undefined && facts.isBuilt(literal(`${folder}/.git`), [folder], built))
}
