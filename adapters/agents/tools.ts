import { isRecord } from '../opencode/json-record.ts'

/** A call as OpenCode would make it: one of its tools, with its arguments. */
export interface OpencodeForm { readonly as: string, readonly args: Readonly<Record<string, unknown>> }

/** Reads the arguments of one tool; a text says why they cannot be read. */
export type ReadTool = (args: Readonly<Record<string, unknown>>) => OpencodeForm | string

type Names = readonly string[]

interface Form {
  /** OpenCode's tool that does the same. */
  readonly as: string
  /** OpenCode's argument, and what agents call it. One that has none of the names is left out. */
  readonly names: Readonly<Record<string, Names>>
  /** Arguments that change nothing of what is touched. */
  readonly harmless?: Names
  /** Members that an entry of `edits` may have. */
  readonly members?: Names
  /** Arguments that may have this one value. */
  readonly only?: Readonly<Record<string, string>>
}

const FILE = ['filePath', 'file_path', 'filepath', 'path', 'absolute_path', 'absolutePath']
const LINES = { offset: ['offset'], limit: ['limit'] }
const FOLDER = ['path', 'dir_path', 'dirpath', 'dirPath']
const WORKDIR = ['workdir', 'working_dir', 'cwd', 'directory', 'dir_path']
const OLD = ['oldString', 'old_string', 'before']
const NEW = ['newString', 'new_string', 'after']
const ALL = ['replaceAll', 'replace_all']
const PROGRESS = ['task_progress', 'description', 'explanation', 'justification', 'requires_approval', 'instruction', 'wait_for_previous']
const TIMES = ['timeout_ms', 'timeout_secs', 'timeout_seconds', 'run_in_background', 'is_background', 'auto_background_after', 'yield_time_ms', 'max_output_tokens', 'login']
const FILTERS = ['case_sensitive', 'respect_git_ignore', 'respect_gemini_ignore', 'file_filtering_options']
const MATCHES = ['-A', '-B', '-C', '-n', '-i', 'output_mode', 'type', 'head_limit', 'multiline', 'context', 'after', 'before', 'offset', 'literal_text', 'fixed_strings', 'names_only', 'exclude_pattern', 'max_matches_per_file', 'total_max_matches', 'no_ignore']

const read: Form = { as: 'read', names: { filePath: FILE, ...LINES }, harmless: [...PROGRESS, 'pages', 'start_line', 'end_line', 'line'] }
const write: Form = { as: 'write', names: { filePath: FILE, content: ['content'] }, harmless: PROGRESS }
const edit: Form = { as: 'edit', names: { filePath: FILE, oldString: OLD, newString: NEW, replaceAll: ALL }, harmless: [...PROGRESS, 'allow_multiple', 'expected_replacements'] }
const multiedit: Form = { as: 'multiedit', names: { filePath: FILE, edits: ['edits'] }, members: [...OLD, ...NEW, ...ALL, 'filePath'] }
const list: Form = { as: 'list', names: { path: FOLDER, ignore: ['ignore'] }, harmless: [...PROGRESS, ...FILTERS, 'recursive', 'depth'] }
const grep: Form = { as: 'grep', names: { pattern: ['pattern', 'regex'], path: FOLDER, include: ['include', 'include_pattern', 'file_pattern', 'glob'] }, harmless: [...PROGRESS, ...MATCHES, ...FILTERS] }
const shell: Form = { as: 'bash', names: { command: ['command', 'cmd'], workdir: WORKDIR, timeout: ['timeout'] }, harmless: [...PROGRESS, ...TIMES], only: { sandbox_permissions: 'use_default' } }
const fetching: Form = { as: 'webfetch', names: { url: ['url'], format: ['format'], timeout: ['timeout'] }, harmless: [...PROGRESS, 'prompt'] }
const planning: Form = { as: 'todowrite', names: { todos: ['todos', 'plan'] }, harmless: PROGRESS }
const patch: Form = { as: 'apply_patch', names: { patchText: ['patchText', 'input'] }, harmless: PROGRESS }

// OpenCode ignores what it does not know. An agent of the same name that does know it would work on other files than were judged, so what
// OpenCode can do without has its own name alone there.
const own = (form: Form, optional: string): Form => ({ ...form, names: { ...form.names, [optional]: [optional] } })

/**
 * The tools of other coding agents (Claude Code, Codex, Gemini CLI, Continue, Cline, Crush, Goose) that do what one of OpenCode's does, by name in lower
 * case. One name can be of several agents: each argument may have the name that any of them gives it, but only one of them, and whatever
 * else is in the call has to be known to be harmless. What is not here is no tool of another agent.
 */
export const AGENT_TOOLS: ReadonlyMap<string, ReadTool> = new Map<string, ReadTool>([
  ...named(read, 'read', 'read_file', 'view'),
  ...named({ as: 'read', names: { filePath: FILE } }, 'view_image'),
  ...named({ as: 'read', names: { filePath: ['notebook_path'] }, harmless: ['cell_id'] }, 'notebookread'),
  ...named(write, 'write', 'write_file', 'write_to_file'),
  ...named({ as: 'write', names: { filePath: FILE, content: ['diff'] }, harmless: PROGRESS }, 'replace_in_file'),
  ...named({ as: 'write', names: { filePath: ['notebook_path'], content: ['new_source'] }, harmless: ['cell_id', 'cell_number', 'cell_type', 'edit_mode'] }, 'notebookedit'),
  ...named(edit, 'edit', 'replace'),
  ...named(multiedit, 'multiedit'),
  ...named(patch, 'patch', 'apply_patch'),
  ...named(own(list, 'path'), 'list'),
  ...named(list, 'ls', 'list_directory', 'list_files', 'list_code_definition_names', 'tree'),
  ...named({ as: 'glob', names: { pattern: ['pattern'], path: ['path'] }, harmless: [...PROGRESS, ...FILTERS] }, 'glob'),
  ...named(own(grep, 'path'), 'grep'),
  ...named(grep, 'search', 'search_files', 'search_file_content', 'grep_search'),
  ...named(own(shell, 'workdir'), 'bash'),
  ...named(shell, 'run_shell_command', 'shell_command', 'exec_command', 'execute_command', 'developer__shell'),
  ...named(fetching, 'webfetch', 'fetch', 'web_fetch'),
  ...named(planning, 'update_plan', 'write_todos'),
  ['shell', readShell],
  ['read_many_files', readMany],
  ...['str_replace_editor', 'str_replace_based_edit_tool', 'developer__text_editor'].map((name): [string, ReadTool] => [name, readEditor]),
])

function named (form: Form, ...names: readonly string[]): Array<[string, ReadTool]> {
  return names.map((name) => [name, (args) => readForm(form, args)])
}

function readForm ({ as, names, harmless = [], members, only = {} }: Form, args: Readonly<Record<string, unknown>>): OpencodeForm | string {
  const made: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(args)) {
    const ours = Object.keys(names).find((known) => names[known]?.includes(name))
    if (ours === undefined && !harmless.includes(name) && only[name] !== value) return `the argument ${shown(name)} is not one that is known here`
    if (ours === undefined) continue
    // Which of the two the agent goes by is its own affair, and cannot be judged.
    if (Object.hasOwn(made, ours)) return `the argument ${shown(name)} says again what another one says`
    made[ours] = value
  }
  const edits: unknown = made['edits']
  if (members !== undefined && Array.isArray(edits) && !edits.every((entry) => isRecord(entry) && Object.keys(entry).every((name) => members.includes(name)))) return 'an entry of edits has members that are not known here'
  return { as, args: made }
}

// Codex has a list of words, which no shell reads; Goose a text, which one does.
function readShell (args: Readonly<Record<string, unknown>>): OpencodeForm | string {
  const { command, ...rest } = args
  if (!Array.isArray(command)) return readForm(shell, args)
  if (command.length === 0 || !command.every((word) => typeof word === 'string')) return 'the argument command is not a list of words'
  const [program, flag, text, ...more] = command
  // Codex applies it itself, and never starts a program of that name.
  if (program === 'apply_patch' && flag !== undefined && text === undefined && !WORKDIR.some((name) => Object.hasOwn(rest, name))) return readForm(patch, { ...withoutTimes(rest), input: flag })
  const isBash = ['bash', '/bin/bash', '/usr/bin/bash'].includes(program ?? '') && flag === '-lc' && text !== undefined && more.length === 0
  return readForm(shell, { ...rest, command: isBash ? text : command.map(quoted).join(' ') })
}

function withoutTimes (args: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(args).filter(([name]) => !TIMES.includes(name)))
}

function quoted (word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

// Gemini CLI shows the contents of all that the patterns match, hidden files among them: only a pattern of a kind of file says which those are.
const KIND = /^(?!.*(?:^|\/)\.\.(?:\/|$))(?![/~])[^\\]*\*\.(?:\w+|\{\w+(?:,\w+)*\})$/
const MANY = ['exclude', 'recursive', 'useDefaultExcludes', ...FILTERS, ...PROGRESS]

function readMany (args: Readonly<Record<string, unknown>>): OpencodeForm | string {
  const given = [args['paths'], args['include']].filter((list) => list !== undefined)
  const others = Object.keys(args).filter((name) => !['paths', 'include', ...MANY].includes(name))
  if (others.length > 0) return `the argument ${shown(others[0] ?? '')} is not one that is known here`
  const names: unknown[] = []
  for (const list of given) {
    if (!Array.isArray(list)) return 'its paths are not a list'
    names.push(...list as readonly unknown[])
  }
  const calls: Array<{ tool: string, parameters: Readonly<Record<string, unknown>> }> = []
  for (const name of names) {
    if (typeof name !== 'string') return 'a path of it is not a text'
    const isPattern = /[*?[\]{}!()]/.test(name)
    if (isPattern && !KIND.test(name)) return 'a pattern of it does not say which kind of files it is for'
    calls.push(isPattern ? { tool: 'glob', parameters: { pattern: name } } : { tool: 'read', parameters: { filePath: name } })
  }
  return { as: 'batch', args: { tool_calls: calls } }
}

// One tool that does several things, by its argument `command`.
const EDITOR: Readonly<Record<string, Form>> = {
  view: { as: 'read', names: { filePath: ['path'] }, harmless: ['view_range'] },
  create: { as: 'write', names: { filePath: ['path'], content: ['file_text'] } },
  write: { as: 'write', names: { filePath: ['path'], content: ['file_text'] } },
  str_replace: { as: 'edit', names: { filePath: ['path'], oldString: ['old_str'], newString: ['new_str'] } },
  insert: { as: 'write', names: { filePath: ['path'], content: ['insert_text', 'new_str'] }, harmless: ['insert_line'] },
}

function readEditor (args: Readonly<Record<string, unknown>>): OpencodeForm | string {
  const { command, ...rest } = args
  const form = typeof command === 'string' && Object.hasOwn(EDITOR, command) ? EDITOR[command] : undefined
  return form === undefined ? 'the argument command is not one that is known here' : readForm(form, rest)
}

function shown (name: string): string {
  return name.slice(0, 64).replace(/[^\x20-\x7e]/g, '?')
}
