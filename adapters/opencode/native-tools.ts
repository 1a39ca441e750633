import { posix } from 'node:path'
import type { RawTarget, ToolName, WrittenText } from '../../gateway/core/tool-call.ts'
import { writtenPaths } from '../written-paths.ts'
import { askedOfAgent } from './asked-of-agent.ts'
import { mentionedFiles } from './mentioned-files.ts'
import { patchTargets } from './patch-paths.ts'
import { patchTexts } from './patch-texts.ts'

/** One declared argument. `keep` marks those that rules may see and the ledger may hold. */
export interface NativeField {
  readonly type: 'string' | 'number' | 'boolean' | 'array'
  readonly required: boolean
  readonly keep: boolean
  /** Longest string, in UTF-16 units. */
  readonly max: number
}

/** What the arguments say the call touches. */
export interface Touched {
  readonly targets: readonly RawTarget[]
  readonly command: string | null
  readonly url: string | null
  readonly cwd: string
  readonly written?: readonly WrittenText[]
}

/** How one native tool of OpenCode is read. `touches` gets arguments that fit `fields`; null means they make no sense. */
export interface NativeTool {
  readonly tool: ToolName
  readonly fields: Readonly<Record<string, NativeField>>
  touches (args: NativeArgs, cwd: string): Touched | null
}

/** Arguments after the check against `fields`. */
export interface NativeArgs {
  text (field: string): string | null
  /** The text members of that name in an array of objects. */
  texts (field: string, member: string): readonly string[]
}

const MAX_TEXT = 8_388_608 // whole files travel in `content`; the model plane's body limit is above this
const MAX_PATH = 4_096 // PATH_MAX on Linux: no system call takes a longer one
const MAX_COMMAND = 131_072 // MAX_ARG_STRLEN on Linux: a longer `sh -c` argument cannot be started at all
const MAX_URL = 8_192
const MAX_EDITS = 1_000 // of one call to one file; a person reads none of more

const string = (max: number, keep: boolean): NativeField => ({ type: 'string', required: true, keep, max })
const path = string(MAX_PATH, true)
const content = string(MAX_TEXT, false)
const label = string(MAX_TEXT, true)
const number: NativeField = { type: 'number', required: true, keep: true, max: 0 }
const boolean: NativeField = { type: 'boolean', required: true, keep: true, max: 0 }
const array: NativeField = { type: 'array', required: true, keep: false, max: 0 }
const optional = (field: NativeField): NativeField => ({ ...field, required: false })

const nothing = (cwd: string): Touched => ({ targets: [], command: null, url: null, cwd })
const on = (cwd: string, ...targets: RawTarget[]): Touched => ({ ...nothing(cwd), targets })

const reading = (args: NativeArgs, cwd: string): Touched => on(cwd, { path: args.text('filePath') ?? '', access: 'read' })
const writing = (args: NativeArgs, cwd: string): Touched => {
  const path = args.text('filePath') ?? ''
  const text = args.text('content') ?? args.text('newString') ?? ''
  return { ...on(cwd, ...writtenPaths(path, text).map((path) => ({ path, access: 'write' as const }))), written: [{ path, text, before: args.text('oldString') ?? '' }] }
}
const searching = (args: NativeArgs, cwd: string): Touched => on(cwd, { path: args.text('path') ?? '.', access: 'read' })
const fileless = (_args: NativeArgs, cwd: string): Touched => nothing(cwd)

const edit: NativeTool = {
  tool: 'write-file',
  fields: { filePath: path, oldString: content, newString: content, replaceAll: optional(boolean) },
  touches: writing,
}
const patch: NativeTool = {
  tool: 'write-file',
  fields: { patchText: content },
  touches (args, cwd) {
    const text = args.text('patchText') ?? ''
    const targets = patchTargets(text)
    return targets === null ? null : { ...on(cwd, ...targets), written: patchTexts(text) }
  },
}

/** Every tool that OpenCode 1.18.33 can offer (its `GET /experimental/tool`, and names that older and newer versions use). */
export const NATIVE_TOOLS: ReadonlyMap<string, NativeTool> = new Map<string, NativeTool>([
  ['bash', {
    tool: 'run-shell',
    fields: { command: string(MAX_COMMAND, false), timeout: optional(number), workdir: optional(path), description: optional(label) },
    touches: (args, cwd) => ({ ...nothing(posix.resolve(cwd, args.text('workdir') ?? '.')), command: args.text('command') }),
  }],
  ['read', { tool: 'read-file', fields: { filePath: path, offset: optional(number), limit: optional(number) }, touches: reading }],
  ['write', { tool: 'write-file', fields: { filePath: path, content }, touches: writing }],
  ['edit', edit],
  ['multiedit', { tool: 'write-file', fields: { filePath: path, edits: array }, touches: writingEach }],
  ['patch', patch],
  ['apply_patch', patch],
  ['glob', { tool: 'search', fields: { pattern: label, path: optional(path) }, touches: globbing }],
  ['grep', { tool: 'search', fields: { pattern: label, path: optional(path), include: optional(label) }, touches: searching }],
  ['list', { tool: 'search', fields: { path: optional(path), ignore: optional(array) }, touches: searching }],
  ['lsp', {
    tool: 'read-file',
    fields: { operation: label, filePath: path, line: optional(number), character: optional(number) },
    touches: reading,
  }],
  ['webfetch', {
    tool: 'fetch-url',
    fields: { url: string(MAX_URL, false), format: optional(label), timeout: optional(number) },
    touches: (args, cwd) => ({ ...nothing(cwd), url: args.text('url') }),
  }],
  // The address a search goes to is the agent's choice, not the call's: without a url policy has nothing to allow.
  ['websearch', { tool: 'fetch-url', fields: { query: content }, touches: fileless }],
  ['codesearch', { tool: 'fetch-url', fields: { query: content }, touches: fileless }],
  ['task', {
    tool: 'delegate',
    fields: { description: label, prompt: content, subagent_type: label, task_id: optional(label), command: optional(content) },
    touches (args, cwd) {
      const texts = [args.text('prompt') ?? '', args.text('command') ?? '', args.text('description') ?? '']
      const mentioned = mentionedFiles(texts, cwd)
      const asked = askedOfAgent(texts, cwd)
      if (mentioned === null || asked === null) return null
      return { ...on(cwd, ...mentioned, ...asked.targets), command: asked.command, url: asked.url }
    },
  }],
  ['todowrite', { tool: 'other', fields: { todos: array }, touches: planning }],
  ['todoread', { tool: 'other', fields: {}, touches: fileless }],
  ['question', { tool: 'other', fields: { questions: array }, touches: fileless }],
  ['skill', { tool: 'other', fields: { name: label }, touches: fileless }],
  ['invalid', { tool: 'other', fields: { tool: label, error: content }, touches: fileless }],
  ['plan_enter', { tool: 'other', fields: {}, touches: fileless }],
  ['plan_exit', { tool: 'other', fields: {}, touches: fileless }],
])

// Each edit names its file again. The agent reads the outer name; what another version reads must not be a surprise.
function writingEach (args: NativeArgs, cwd: string): Touched | null {
  const inner = args.texts('edits', 'filePath')
  if (inner.length > MAX_EDITS) return null
  const path = args.text('filePath') ?? ''
  const all = (...members: readonly string[]): string => members.flatMap((member) => args.texts('edits', member)).join('\n')
  // Under the names that other agents have for them, too.
  const [text, before] = [all('newString', 'new_string', 'after'), all('oldString', 'old_string', 'before')]
  const written = [...new Set([path, ...inner])].map((path) => ({ path, text, before })) // which of them gets what makes no difference to what is new
  return { ...on(cwd, { path, access: 'write' }, ...inner.map((path) => ({ path, access: 'write' as const }))), written }
}

// What is put on a list of things to do is going to be done. Other agents have other names for an entry's words.
function planning (args: NativeArgs, cwd: string): Touched | null {
  const asked = askedOfAgent(['content', 'step', 'title', 'description', 'text'].flatMap((member) => args.texts('todos', member)), cwd, 'plan')
  return asked === null ? null : { ...on(cwd, ...asked.targets), command: asked.command, url: asked.url }
}

// A pattern can itself point away from `path`: its literal beginning counts as a place that is read.
function globbing (args: NativeArgs, cwd: string): Touched {
  const base = args.text('path') ?? '.'
  const pattern = args.text('pattern') ?? ''
  const strays = pattern.startsWith('/') || pattern.startsWith('~') || pattern.split('/').includes('..')
  if (!strays) return on(cwd, { path: base, access: 'read' })
  const wild = pattern.search(/[*?[{!\\]/)
  const literal = wild === -1 ? pattern : pattern.slice(0, pattern.lastIndexOf('/', wild) + 1)
  const aimed = literal === '' ? pattern : literal
  return on(cwd, { path: base, access: 'read' }, { path: posix.isAbsolute(aimed) ? aimed : posix.join(base, aimed), access: 'read' })
}
