/** Why a command is opaque; `data-loss` alone is understood well enough. Closed: rules and their tests name these words. */
export const SHELL_PROBLEMS = [
  'parser-failed', 'syntax-error', 'unknown-syntax', 'too-large', 'too-deep', 'too-many-values', 'control-character',
  'unusual-whitespace', 'line-continuation', 'unseparated-words', 'unknown-program', 'unknown-argument', 'unknown-directory',
  'unknown-subcommand', 'environment-injection', 'arithmetic-injection', 'inline-code', 'pipe-to-interpreter', 'evaluated-text',
  'sourced-file', 'alias', 'shell-option', 'here-document', 'interactive-program', 'configured-command', 'outside-code',
  'written-code', 'secret-variable', 'environment-dump', 'endless', 'data-loss',
] as const
export type ShellProblem = typeof SHELL_PROBLEMS[number]
