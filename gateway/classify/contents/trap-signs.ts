import { leaksFromPages } from './browser-leaks.ts'
import type { SecretName, Signs } from './content-facts.ts'
import { hidesItself } from './hidden-characters.ts'
import { loadsFromElsewhere } from './outside-code.ts'
import { plantsFiles } from './planted-files.ts'
import { saidSigns, scriptPushes } from './said-commands.ts'
import { shadowsProgram } from './shadowed-programs.ts'
import { shellLines } from './shell-lines.ts'

/** Styles are read by browsers alone, and give away nothing else. */
export const STYLE = /\.(?:css|scss|sass|less)$/i

/**
 * What a text of any language gives away that is more than its own calls.
 *
 * @param kind of a script of a shell each line is a command; data is read by tools alone
 */
export function trapSigns (path: string, text: string, kind: 'code' | 'data' | 'script', isSecret: SecretName): Signs {
  const signs: Signs['signs'] = new Set()
  if (leaksFromPages(text)) signs.add('sends-secrets')
  if (hidesItself(path, text) || loadsFromElsewhere(path, text)) signs.add('remote-code')
  if (plantsFiles(path, text)) signs.add('persists')
  if (kind === 'script' && (scriptPushes(path, shellLines(path, text)) || shadowsProgram(path, text))) signs.add('delivers')
  const said = kind === 'code' ? saidSigns(path, text, isSecret) : null
  return { signs: new Set([...signs, ...said?.signs ?? []]), secrets: new Set(said?.secrets) }
}
