import { literal, type Field } from './shell-facts.ts'

const MANIFEST = /^(?:console\.log\()?require\((['"])(\.\/(?:[\w-]+\/)*[\w-]+\.json)\1\)(?:\.\w+)*\)?;?$/
const MODULE = /^import ([a-z]\w*); ?print\(\1\.__version__\)$/
const PYTHON_JSON = /^import json; ?print\(json\.load\(open\((['"])((?:[\w-]+\/)*[\w-]+\.json)\1\)\)(?:\[['"]\w+['"]\])*\)$/
// What the runtime is. Any other code, however harmless it looks, is code.
const RUNTIME = /^(?:console\.log\(process\.(?:version|platform|arch)\);?|import sys; ?print\(sys\.version\))$/

/**
 * What a one-line program really asks, when it is one of the few that everybody writes: a field of a JSON file of the
 * project, whose text could as well be printed, or the version of a module. @returns other words for the same, or null
 */
export function plainQuestion (name: string, args: readonly Field[]): readonly Field[] | null {
  const [flag, text] = args
  if (args.length !== 2 || flag === undefined || text?.known !== true) return null
  const file = /^node(?:js)?$/.test(name) && /^-(?:p|e|pe)$|^--(?:print|eval)$/.test(flag.text) ? MANIFEST.exec(text.text)?.[2] : undefined
  if (file !== undefined) return [literal('cat'), literal(file)]
  if (/^(?:node(?:js)?|python3?)$/.test(name) && /^-[ecp]$/.test(flag.text) && RUNTIME.test(text.text)) return [literal('true')]
  const data = /^python3?$/.test(name) && flag.text === '-c' ? PYTHON_JSON.exec(text.text)?.[2] : undefined
  if (data !== undefined) return [literal('cat'), literal(data)]
  const module = /^python3?$/.test(name) && flag.text === '-c' ? MODULE.exec(text.text)?.[1] : undefined
  return module === undefined || /^(?:antigravity|this|idlelib|turtle|pty|code|pdb)$/.test(module) ? null : [literal(module), literal('--version')]
}
