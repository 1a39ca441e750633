import { posix } from 'node:path'
import type { RawTarget, ToolName, WrittenText } from '../../gateway/core/tool-call.ts'
import type { TerminalSize } from '../../sandbox/sandbox.ts'
import { writtenPaths } from '../written-paths.ts'
import { CALL_LIMITS, type ToolWork } from './tool-work.ts'

/** One argument. `keep`: rules may see it and the ledger may hold it. For numbers `min` and `max` bound the value, for text the length. */
export interface Argument {
  readonly type: 'string' | 'integer' | 'boolean'
  readonly required: boolean
  readonly keep: boolean
  readonly min: number
  readonly max: number
  readonly about: string
}

/** Arguments that fit. */
export interface Arguments {
  text (name: string): string | null
  integer (name: string): number | null
  flag (name: string): boolean
}

export interface Touched { readonly targets: readonly RawTarget[], readonly command: string | null, readonly cwd: string, readonly written?: readonly WrittenText[] }

/** One of Weir's own tools: what it takes, what it touches, and what it will do. No argument beside these is taken. */
export interface NativeTool {
  readonly tool: ToolName
  readonly about: string
  readonly arguments: Readonly<Record<string, Argument>>
  touches (args: Arguments, cwd: string): Touched
  work (args: Arguments, touched: Touched): ToolWork
}

const text = (max: number, keep: boolean, about: string): Argument => ({ type: 'string', required: true, keep, min: 1, max, about })
const integer = (min: number, max: number, about: string): Argument => ({ type: 'integer', required: true, keep: true, min, max, about })
const flag = (about: string): Argument => ({ type: 'boolean', required: true, keep: true, min: 0, max: 0, about })
const optional = (argument: Argument): Argument => ({ ...argument, required: false })

const path = text(CALL_LIMITS.pathChars, true, 'A path in the workspace: relative to it, or below /workspace.')
const timeout = optional(integer(1, CALL_LIMITS.timeoutMs, 'Longest run, milliseconds. Default and most: what the gateway lets a command take.'))

const on = (cwd: string, access: RawTarget['access'], ...paths: readonly string[]): Touched => ({ targets: paths.map((path) => ({ path, access })), command: null, cwd })

const terminalOf = (args: Arguments): TerminalSize | null => args.flag('pty') ? { columns: args.integer('columns') ?? 80, rows: args.integer('rows') ?? 24 } : null

/** Weir's own tools by name. What is not here is no tool. */
export const NATIVE_TOOLS: ReadonlyMap<string, NativeTool> = new Map<string, NativeTool>([
  ['read-file', {
    tool: 'read-file',
    about: 'Reads a file of the workspace.',
    arguments: {
      path,
      offset: optional(integer(0, Number.MAX_SAFE_INTEGER, 'First byte. Default 0.')),
      limit: optional(integer(1, CALL_LIMITS.readBytes, 'Most bytes. Default 8 MiB.')),
    },
    touches: (args, cwd) => on(cwd, 'read', args.text('path') ?? ''),
    work: (args) => ({ tool: 'read-file', offset: args.integer('offset') ?? 0, limit: args.integer('limit') ?? CALL_LIMITS.readBytes }),
  }],
  ['write-file', {
    tool: 'write-file',
    about: 'Puts a text in place of a file of the workspace, or makes the file and its folders.',
    arguments: { path, content: { ...text(CALL_LIMITS.contentChars, false, 'The whole new content.'), min: 0 } },
    touches (args, cwd) {
      const path = args.text('path') ?? ''
      const text = args.text('content') ?? ''
      return { ...on(cwd, 'write', ...writtenPaths(path, text)), written: [{ path, text, before: '' }] }
    },
    work: (args) => ({ tool: 'write-file', content: args.text('content') ?? '' }),
  }],
  ['run-shell', {
    tool: 'run-shell',
    about: 'Runs a bash command in the sandbox, on the workspace and without network.',
    arguments: {
      command: text(CALL_LIMITS.commandChars, false, 'The command line.'),
      cwd: optional(text(CALL_LIMITS.pathChars, true, 'The folder that it starts in. Default: the workspace.')),
      timeoutMs: timeout,
      pty: optional(flag('Run it on a terminal of its own, at which nobody types. Both output streams come as one.')),
      columns: optional(integer(1, CALL_LIMITS.terminalSize, 'Width of the terminal. Default 80.')),
      rows: optional(integer(1, CALL_LIMITS.terminalSize, 'Height of the terminal. Default 24.')),
    },
    touches: (args, cwd) => ({ targets: [], command: args.text('command'), cwd: posix.resolve(cwd, args.text('cwd') ?? '.') }),
    work: (args, { cwd }) => ({ tool: 'run-shell', timeoutMs: args.integer('timeoutMs'), cwd, terminal: terminalOf(args) }),
  }],
  ['run-test', {
    tool: 'run-test',
    about: 'Runs the test command that the app has in the gateway\'s configuration.',
    arguments: { timeoutMs: timeout },
    touches: (_args, cwd) => ({ targets: [], command: null, cwd }),
    work: (args) => ({ tool: 'run-test', timeoutMs: args.integer('timeoutMs') }),
  }],
  ['search', {
    tool: 'search',
    about: 'Finds lines in the files of the workspace.',
    arguments: {
      pattern: text(CALL_LIMITS.patternChars, true, 'An extended regular expression, or with `fixed` the text itself.'),
      path: optional(text(CALL_LIMITS.pathChars, true, 'A file or folder of the workspace. Default: all of it.')),
      include: optional(text(CALL_LIMITS.includeChars, true, 'Only files with such a name, e.g. `*.ts`.')),
      fixed: optional(flag('The pattern is text, not an expression.')),
      limit: optional(integer(1, CALL_LIMITS.matches, 'Most lines. Default 1,000.')),
    },
    touches: (args, cwd) => on(cwd, 'read', args.text('path') ?? '.'),
    work: (args) => ({ tool: 'search', pattern: args.text('pattern') ?? '', include: args.text('include'), fixed: args.flag('fixed'), limit: args.integer('limit') ?? CALL_LIMITS.matches }),
  }],
])
