import { MAX_TERMINAL_SIZE, type TerminalSize } from '../../sandbox/sandbox.ts'

/**
 * What an allowed call of Weir's own tools will do: made from the same arguments as the question about it, in the same moment, and frozen. So
 * what runs is what was decided. Paths are not in it: the decision names them, canonical.
 */
export type ToolWork =
  | { readonly tool: 'read-file', readonly offset: number, readonly limit: number }
  | { readonly tool: 'write-file', readonly content: string }
  | { readonly tool: 'run-shell', readonly timeoutMs: number | null, readonly cwd: string, readonly terminal: TerminalSize | null }
  | { readonly tool: 'run-test', readonly timeoutMs: number | null }
  | { readonly tool: 'search', readonly pattern: string, readonly include: string | null, readonly fixed: boolean, readonly limit: number }

/** Bounds of the arguments. Characters are UTF-16 units. */
export const CALL_LIMITS = {
  pathChars: 4_096, // PATH_MAX on Linux: no system call takes a longer one
  contentChars: 8_388_608,
  commandChars: 60_000, // as the exec gate's: far above what anybody writes in one line
  patternChars: 4_096,
  includeChars: 256, // all of it is classified: rules see no more of an argument
  /** Of a file that is read, in one answer. */
  readBytes: 8_388_608,
  timeoutMs: 3_600_000,
  matches: 1_000,
  terminalSize: MAX_TERMINAL_SIZE, // columns, or rows
} as const
