import type { RawTarget } from '../../gateway/core/tool-call.ts'

const MAX_MENTIONS = 256 // a prompt names a handful of files

// OpenCode 1.18.33's own pattern (FILE_REGEX): what it finds in the prompt of a subagent is read and attached without an ask.
const MENTION = /(?<![\w`])@(\.?[^\s`,.]*(?:\.[^\s`,.]+)*)/g

// The same words as a person or another version would read them: up to a space, or in quotes.
const WIDER = /(?<![\w`])@(?:"([^"\n]+)"|([^\s`'"<>()[\]{},;]+))/g

// First folders that projects give to the alias `@/`. None of them holds anything of a machine's own.
const ALIASES = /^\/(?:app|api|assets|common|components|config|constants|contexts|core|data|features|helpers|hooks|i18n|layouts|lib|locales|models|modules|pages|services|shared|src|store|stores|styles|tests?|types|ui|utils|views)(?:\/|$)/

/**
 * The files that texts for a subagent name with `@`. OpenCode resolves them against the worktree whatever the call's folder,
 * `~/` against the home folder, and attaches those that exist. Null when there are more than 256.
 */
export function mentionedFiles (texts: readonly string[], root: string): readonly RawTarget[] | null {
  const names = new Set<string>()
  for (const text of texts) {
    for (const [, name = ''] of text.matchAll(MENTION)) if (!addName(name, names)) return null
    for (const [, quoted, word] of text.matchAll(WIDER)) if (!addName(quoted ?? word?.replace(/[.:!?]+$/, '') ?? '', names)) return null
  }
  return [...names].map((name) => ({ path: isElsewhere(name) ? name : `${root}/${name}`, access: 'read' as const }))
}

function addName (name: string, names: Set<string>): boolean {
  if (name !== '') names.add(name)
  return names.size <= MAX_MENTIONS
}

function isElsewhere (name: string): boolean {
  if (name.startsWith('/')) return !ALIASES.test(name) || name.split('/').includes('..')
  return name.startsWith('~/') || /^file:/i.test(name)
}
