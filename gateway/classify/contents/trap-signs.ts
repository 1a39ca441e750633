import { leaksFromPages } from './browser-leaks.ts'
import type { Signs } from './content-facts.ts'
import { hidesItself } from './hidden-characters.ts'

/** Styles are read by browsers alone, and give away nothing else. */
export const STYLE = /\.(?:css|scss|sass|less)$/i

/** What a text of any language gives away that is more than its own calls. */
export function trapSigns (path: string, text: string): Signs | null {
  const signs: Signs['signs'] = new Set()
  if (leaksFromPages(text)) signs.add('sends-secrets')
  if (hidesItself(path, text)) signs.add('remote-code')
  return signs.size === 0 ? null : { signs, secrets: new Set() }
}
