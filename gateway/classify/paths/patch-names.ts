import { linkTargets } from '../../decode/diff-names.ts'
import { literal, type Field } from '../shell/facts.ts'

const HEADER = /^(?:\+\+\+|---|\*\*\*|Index:|rename (?:from|to)|copy to) (?!\/dev\/null)"?([^\t"\n]+?)"?(?:\t.*)?\r?$/gm
const PAIR = /^diff --git "?a\/(.+?)"? "?b\/(.+?)"?\r?$/gm

/**
 * The files that a patch changes, by its own headers. `strip` is the number of leading folders that are dropped; null drops
 * only the `a/` and `b/` that git puts in front. @returns null for a text without headers, such as a script for an editor
 */
export function patchedFiles (text: string, strip: number | null): readonly Field[] | null {
  if (isForEditor(text)) return null
  const names = new Set<string>()
  for (const [, name = ''] of text.matchAll(HEADER)) names.add(stripped(name.trim(), strip))
  for (const [, from = '', to = ''] of text.matchAll(PAIR)) names.add(from).add(to)
  return names.size === 0 ? null : [...names, ...linkTargets(text)].map(literal)
}

// Headers do not make a diff: `patch` takes what follows them for a script when the first command of one comes before any hunk.
function isForEditor (text: string): boolean {
  const command = text.search(/^(?:\d+(?:,\d+)?)?(?:[acdi]|s\/.*|![^]*)\r?$/m)
  const hunk = text.search(/^(?:@@ |\*{15}|diff --git |GIT binary patch)/m)
  return command >= 0 && (hunk < 0 || command < hunk) && !/^\d+(?:,\d+)?[acd]\d+(?:,\d+)?\r?$/m.test(text)
}

const SECTION = /^[ \t]*\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+?)[ \t]*\r?$/gm

/** The files that a patch in the form of coding agents changes, adds, moves or deletes; null for any other text. */
export function agentPatchedFiles (text: string): readonly Field[] | null {
  if (!/^\s*\*\*\* Begin Patch[ \t]*\r?\n/.test(text)) return null
  const names = [...text.matchAll(SECTION)].map(([, name = '']) => name)
  return names.length === 0 ? null : [...new Set(names)].map(literal)
}

function stripped (name: string, strip: number | null): string {
  return strip === null ? name.replace(/^[ab]\//, '') : name.split('/').slice(strip).join('/') || name
}
