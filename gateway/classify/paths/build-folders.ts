import type { Invocation } from '../programs/invocation.ts'
import { isScratch, type Field } from '../shell/facts.ts'

// Where each puts what it makes of sources of the project.
const MAKES: ReadonlyMap<string, string> = new Map([['cmake', '-B'], ['meson', 'setup'], ['cargo', '--target-dir'], ['tsc', '--outDir'], ['rustc', '--out-dir']])
// Where each goes on with what was put there.
const USES: ReadonlyMap<string, string> = new Map([['cmake', '--build'], ['ctest', '--test-dir'], ['ninja', '-C'], ['make', '-C'], ['gmake', '-C'], ['meson', '-C']])
const PROJECT = /^\/workspace(?:\/|$)/

/** A program start without the words that say where it builds, and that place; null when it builds where projects do. */
export interface BuildFolder { readonly invocation: Invocation, readonly folder: Field | null }

/**
 * Tells the scratch folder that a build of the project works in. What lies there when the command starts was looked at by nobody, so
 * that only who fills it may name any, and others what the same command filled.
 */
export function openBuildFolder (invocation: Invocation): BuildFolder {
  const { name, facts, directories, built } = invocation
  const makes = foundBehind(MAKES.get(name), invocation)
  const uses = makes === null ? foundBehind(USES.get(name), invocation) : null
  const found = makes ?? uses
  if (found === null || !found.folder.known || found.folder.glob !== null) return { invocation, folder: null }
  const { folder, rest } = found
  // Rules of another name, which may have lain there before.
  const isRuled = rest.some(({ text }) => /^-[fI]|^--(?:file|makefile|include)/.test(text))
  const isFresh = directories.every((directory) => directory !== null && PROJECT.test(directory) && isScratch(facts.placeOf(folder, directory)))
  if (!isFresh || isRuled || (uses !== null && (built === undefined || !facts.isBuilt(folder, directories, built)))) return { invocation, folder: null }
  facts.touch(folder, 'write', directories)
  return { invocation: { ...invocation, args: rest }, folder }
}

interface Found { readonly folder: Field, readonly rest: readonly Field[] }

// `-B x`, `-Bx`, `--target-dir=x`
function foundBehind (option: string | undefined, { args }: Invocation): Found | null {
  if (option === undefined) return null
  const at = args.findIndex(({ text }) => text === option || (option.startsWith('-') && text.startsWith(option)))
  const word = args[at]
  const next = args[at + 1]
  if (word === undefined) return null
  const glued = word.text.slice(option.length).replace(/^=/, '')
  if (glued === '') return next === undefined ? null : { folder: next, rest: [...args.slice(0, at), ...args.slice(at + 2)] }
  return { folder: { ...word, text: glued }, rest: [...args.slice(0, at), ...args.slice(at + 1)] }
}
