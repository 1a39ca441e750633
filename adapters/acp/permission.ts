import { posix } from 'node:path'
import type { Access } from '../../gateway/core/tool-call.ts'
import { diffNames } from '../../gateway/decode/diff-names.ts'
import { askedOfAgent } from '../opencode/asked-of-agent.ts'
import { mentionedFiles } from '../opencode/mentioned-files.ts'
import { shellWord } from './shell-words.ts'
import { targetsOf, wish, type Read, type Touched } from './touched.ts'
import { listOf, member, textOf } from './values.ts'

const NAME = /^[A-Za-z0-9_.:/-]{1,128}$/
const MAX_KEPT = 256
const MAX_COMMAND = 131_072
const MAX_URL = 8_192

const SUBAGENT = 'task' // the tool of OpenCode that starts one

/** Names under which agents put the path of a file in the arguments of their tools. */
export const PATH_FIELDS = ['path', 'filePath', 'filepath', 'file_path', 'abs_path', 'notebook_path', 'source', 'destination', 'parentDir'] as const

const TEXT_FIELDS = ['content', 'newString', 'new_string'] as const

const FILE_KINDS: Readonly<Record<string, { readonly tool: 'read-file' | 'write-file', readonly access: Access }>> = {
  read: { tool: 'read-file', access: 'read' },
  edit: { tool: 'write-file', access: 'write' },
  move: { tool: 'write-file', access: 'write' },
  delete: { tool: 'write-file', access: 'delete' },
}

/**
 * `session/request_permission`: what the agent says that it is about to do. A kind without what it takes (a read without a file) is unreadable;
 * one that says nothing of what it does goes by the name of the agent's tool, which policy knows or denies.
 */
export const readPermission: Read = (args, cwd, native) => {
  const call = member(args, 'toolCall')
  const input = member(call, 'rawInput')
  const kind = textOf(call, 'kind') ?? 'other'
  const files = Object.hasOwn(FILE_KINDS, kind) ? FILE_KINDS[kind] : undefined
  const name = toolName(args, native)
  if (files !== undefined) return touching(call, { ...wish(name, files.tool, cwd) }, files.access)
  switch (kind) {
    case 'execute': return running(input, wish(name, 'run-shell', cwd))
    case 'search': return searching(call, wish(name, 'search', cwd))
    case 'fetch': return fetching(input, wish(name, 'fetch-url', cwd))
    default: return name === SUBAGENT ? delegating(input, wish(name, 'delegate', cwd)) : { ...wish(name, 'other', cwd), args: kept({ kind }) }
  }
}

function toolName (args: unknown, native: string): string {
  const name = textOf(args, 'name')
  return name !== null && NAME.test(name) ? name : native
}

/** Every path that the call names, wherever it does. */
function pathsOf (call: unknown): string[] {
  const input = member(call, 'rawInput')
  const named = PATH_FIELDS.map((field) => textOf(input, field))
  const shown = [...listOf(call, 'locations'), ...listOf(call, 'content').filter((part) => textOf(part, 'type') === 'diff')].map((part) => textOf(part, 'path'))
  return [...named, ...shown].filter((path) => path !== null)
}

/** Every text that the call writes, as far as it says. */
function textsOf (call: unknown): string[] {
  const input = member(call, 'rawInput')
  return [...TEXT_FIELDS.map((field) => textOf(input, field)), ...listOf(call, 'content').map((part) => textOf(part, 'newText'))].filter((text) => text !== null)
}

function beforeOf (call: unknown): string {
  const input = member(call, 'rawInput')
  return [...['oldString', 'old_string'].map((field) => textOf(input, field)), ...listOf(call, 'content').map((part) => textOf(part, 'oldText'))].filter((text) => text !== null).join('\n')
}

function touching (call: unknown, of: Touched, access: Access): Touched | string {
  const named = pathsOf(call)
  // A patch that is written down changes what it names, whoever applies it later.
  const texts = access === 'write' ? textsOf(call) : []
  const targets = targetsOf([...named, ...texts.flatMap(diffNames)], access)
  if (targets === null || named.length === 0) return 'it names no file, or too many'
  return texts.length === 0 ? { ...of, targets } : { ...of, targets, written: [...new Set(named)].map((path) => ({ path, text: texts.join('\n'), before: beforeOf(call) })) }
}

function running (input: unknown, of: Touched): Touched | string {
  const command = commandOf(member(input, 'command'))
  if (command === null || command.trim() === '' || command.length > MAX_COMMAND || command.includes('\0')) return 'it does not say what is to be run'
  const folder = textOf(input, 'cwd') ?? textOf(input, 'workdir') ?? '.'
  return { ...of, command, cwd: posix.resolve(of.cwd, folder) }
}

function commandOf (command: unknown): string | null {
  if (typeof command === 'string') return command
  if (!Array.isArray(command) || !command.every((word) => typeof word === 'string')) return null
  const [shell, flag, text, ...rest] = command as readonly string[]
  if (shell !== undefined && /^(?:\/(?:usr\/)?bin\/)?(?:ba|da|z)?sh$/.test(shell) && (flag === '-c' || flag === '-lc') && text !== undefined && rest.length === 0) return text
  return command.map(shellWord).join(' ')
}

function searching (call: unknown, of: Touched): Touched | string {
  const input = member(call, 'rawInput')
  const paths = pathsOf(call)
  const targets = targetsOf(paths.length === 0 ? ['.'] : paths, 'read')
  const pattern = textOf(input, 'pattern') ?? textOf(input, 'query')
  if (targets === null || pattern === null) return 'it does not say what is searched, or where'
  const include = textOf(input, 'include') ?? textOf(input, 'glob')
  return { ...of, targets, args: kept({ pattern, ...(include === null ? {} : { include }) }) }
}

function fetching (input: unknown, of: Touched): Touched | string {
  const url = textOf(input, 'url')
  return url === null || url.length > MAX_URL ? 'it names no address' : { ...of, url }
}

function delegating (input: unknown, of: Touched): Touched | string {
  const texts = ['prompt', 'command', 'description'].map((field) => textOf(input, field) ?? '')
  const mentioned = mentionedFiles(texts, of.cwd)
  const asked = askedOfAgent(texts, of.cwd)
  if (mentioned === null || asked === null) return 'it names too much'
  return { ...of, targets: [...mentioned, ...asked.targets], command: asked.command, url: asked.url }
}

// Cutting can halve a surrogate pair, and UTF-8 has no form for one half.
function kept (args: Readonly<Record<string, string>>): Touched['args'] {
  return Object.freeze(Object.fromEntries(Object.entries(args).map(([name, value]) => [name, Buffer.from(value.slice(0, MAX_KEPT)).toString()])))
}
