// Subcommands that only look: their operands are revisions or paths to read.
const LOOKING = [
  'status', 'diff', 'log', 'show', 'blame', 'annotate', 'grep', 'shortlog', 'describe', 'rev-parse', 'rev-list', 'ls-files', 'ls-tree', 'cat-file', 'for-each-ref', 'show-ref', 'merge-base',
  'name-rev', 'whatchanged', 'count-objects', 'var', 'check-ignore', 'check-attr', 'reflog', 'cherry', 'diff-tree', 'diff-index', 'diff-files', 'range-diff', 'version', 'help', 'verify-commit', 'symbolic-ref', 'hash-object', 'fsck', 'show-branch', 'stripspace', 'column', 'interpret-trailers', 'merge-tree',
] as const
// Subcommands that change only the repository's own records of the work.
const RECORDING = ['add', 'commit', 'tag', 'branch', 'notes', 'gc', 'prune', 'pack-refs', 'update-index', 'write-tree', 'commit-tree', 'update-ref', 'repack', 'rerere', 'stage', 'init'] as const
/** Subcommands that change files of the working tree. */
export const CHANGING = ['checkout', 'switch', 'restore', 'reset', 'stash', 'merge', 'rebase', 'cherry-pick', 'revert', 'apply', 'am', 'read-tree', 'checkout-index', 'sparse-checkout', 'merge-file', 'bisect'] as const
/** Subcommands that speak to another repository. */
export const REMOTE = ['push', 'fetch', 'pull', 'clone', 'ls-remote', 'submodule', 'send-email', 'fetch-pack', 'send-pack', 'http-fetch', 'http-push', 'request-pull', 'svn', 'p4', 'lfs'] as const

/** Their operands are names of branches, tags and remotes, or of files of which nothing but the name is looked at. */
export const NAMES_ONLY: ReadonlySet<string> = new Set([...REMOTE, 'tag', 'branch', 'notes', 'update-ref', 'gc', 'check-ignore', 'check-attr'])
/** Every subcommand of git itself; any other may be an alias. */
export const KNOWN: ReadonlySet<string> = new Set([...LOOKING, ...RECORDING, ...CHANGING, ...REMOTE, 'rm', 'mv', 'clean', 'config', 'remote', 'worktree', 'archive', 'format-patch', 'bundle'])

/** Options before the subcommand that take a value. */
export const GLOBAL_VALUED: ReadonlySet<string> = new Set(['-C', '-c', '--git-dir', '--work-tree', '--namespace', '--exec-path', '--config-env', '--super-prefix'])
// Short options with a value, by subcommand: `-f` is a file of patterns for `grep` and mere force for `rm`, which then takes `.`.
const LETTERS: ReadonlyArray<readonly [verbs: string, letters: string]> = [
  ['log diff show whatchanged reflog rev-list diff-tree diff-index diff-files', 'nSGLUOlo'],
  ['grep', 'efmABC'],
  ['commit', 'mFCct'],
  ['notes', 'mFCc'],
  ['tag', 'mFu'],
  ['merge', 'msXF'],
  ['rebase', 'xsXC'],
  ['cherry-pick revert', 'mX'],
  ['checkout worktree', 'bB'],
  ['switch', 'cC'],
  ['branch', 'u'],
  ['restore', 's'],
  ['stash', 'm'],
  ['clean', 'e'],
  ['blame annotate', 'LS'],
  ['shortlog', 'wn'],
  ['ls-files', 'xX'],
  ['config', 'ft'],
  ['apply am', 'pC'],
  ['archive push', 'o'],
  ['format-patch', 'ov'],
  ['fetch pull', 'jo'],
  ['clone', 'bouc'],
  ['init submodule', 'b'],
]
const LONG_VALUED = [
  '--message', '--file', '--blob', '--contents', '--ignore-revs-file', '--output', '--output-directory', '--exec', '--author', '--date', '--since', '--until', '--grep', '--format',
  '--upload-pack', '--receive-pack', '--strategy', '--strategy-option', '--pathspec-from-file', '--template', '--source', '--exclude', '--max-count', '--ext-diff', '--textconv', '--depth', '--prefix', '--remote', '--onto', '--directory', '--include', '--force-create', '--exclude-from', '--trailer', '--where', '--if-exists', '--if-missing', '--signature-file',
] as const
/** Options with a value, by subcommand. */
export const VALUED: ReadonlyMap<string, ReadonlySet<string>> = new Map([...KNOWN].map((verb) => [verb, new Set([...LONG_VALUED, ...lettersOf(verb).map((letter) => `-${letter}`)])]))

function lettersOf (verb: string): readonly string[] {
  return LETTERS.flatMap(([verbs, letters]) => verbs.split(' ').includes(verb) ? [...letters] : [])
}
