import { isScratch } from '../shell/facts.ts'
import { readPlainPython } from '../languages/python/plain-python.ts'
import { readScriptTokens } from '../languages/python/tokens.ts'
import { SECRET_COLUMN } from './model-looks.ts'
import type { PlainScript } from '../languages/reached.ts'

// Methods by which records, and the tables they are in, are changed, or by which a statement is handed to the database as a text.
const CHANGES = /^(?:a?(?:bulk_)?(?:create|update|delete|save|insert|upsert)(?:_(?!at|on|by)\w*)?|a?(?:get|update)_or_create|raw|extra|add|set|remove|clear|using|cursor|execute\w*|commit|rollback|flush|merge|truncate|drop\w*|set_password|getattr|setattr|delattr|connections?|session|atomic|on_commit|send\w*|apply_async|delay|call_command|migrate)$/
const SHELL = /^(?:\.\/)?(?:[\w-]+\/)*manage\.py$/
// They say how much is said, or what else is loaded of the project, and of which settings only those for work on it.
const OPTIONS = /^(?:--(?:plain|quiet-load|no-startup|no-imports|traceback|no-color|settings=[\w.]*\b(?:test|testing|dev|development|local|base)|verbosity=[0-3]|interface=python)|-i=?python|-v ?[0-3])$/

/**
 * The text that `manage.py shell` is given: behind `-c`, or as its input. The framework is set up and the database there, so that beyond
 * what any script may do nothing that changes records is named in it. @returns null when the words start no such shell
 */
export function modelShellText (words: readonly string[], input: string | null): string | null {
  const [script = '', verb = '', ...rest] = words
  if (!SHELL.test(script) || isScratch(script) || !/^shell(?:_plus)?$/.test(verb)) return null
  const at = rest.findIndex((word) => /^(?:-c|--command)$/.test(word))
  const options = at < 0 ? rest : [...rest.slice(0, at), ...rest.slice(at + 2)]
  if (!options.every((word) => OPTIONS.test(word))) return null
  const text = at < 0 ? input : rest[at + 1] ?? null
  return text === null || verb === 'shell' ? text : withModels(text)
}

// It loads all models by their names.
function withModels (text: string): string {
  const models = new Set([...text.matchAll(/\b([A-Z][a-z]\w*)\.objects\b/g)].map(([, name = '']) => name))
  const own = [...models].filter((name) => !new RegExp(`import[^\\n]*\\b${name}\\b`).test(text))
  return own.length === 0 ? text : `from app.models import ${own.join(', ')}\n${text}`
}

/** Reads a text for a shell that knows the models of the project. @returns null unless it only asks them */
export function readModelScript (given: string): PlainScript | null {
  // Imported for nothing.
  const text = given.match(/\bconnections?\b/g)?.length === 1 ? given.replace(/^from django\.db import connection\n/m, '') : given
  // All columns of who may log in are more than anybody asks for.
  if (SECRET_COLUMN.test(text) || (/\bvalues(?:_list)?\(\)|model_to_dict/.test(text) && /User|Account|Member|Customer/i.test(text))) return null
  const changes = readScriptTokens(text)?.some((tokens) => tokens.some(({ kind, text: word }) => kind === 'name' && CHANGES.test(word))) ?? true
  return changes ? null : readPlainPython(text)
}
