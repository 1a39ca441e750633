/** The protocol-neutral wish of an agent or client, and the facts the host computes about it. */

export const TOOLS = ['read-file', 'write-file', 'run-shell', 'run-test', 'search', 'fetch-url', 'delegate', 'other'] as const
export type ToolName = typeof TOOLS[number]

export const ACCESSES = ['read', 'write', 'delete'] as const
export type Access = typeof ACCESSES[number]

/** Classes a target path can have. `unknown` is the strictest: policy denies what it does not know. */
export const PATH_CLASSES = ['source', 'test', 'docs', 'config', 'dependency', 'ci', 'policy', 'secret', 'generated', 'outside', 'unknown'] as const
export type PathClass = typeof PATH_CLASSES[number]

/** The independent AI permissions a grant speaks of. */
export const PERMISSIONS = ['review', 'chat', 'edit', 'dependency', 'publish'] as const
export type Permission = typeof PERMISSIONS[number]

/** The native name of the question about one change that a turn left behind in a workspace: no agent asks it. */
export const CHANGE_SET = 'change-set'

/** A path as the caller wrote it, not yet canonical. Relative paths are relative to the call's `cwd`. */
export interface RawTarget { readonly path: string, readonly access: Access }

/**
 * Text that a call puts into a file; `before` is what it takes out for it. For `classify` alone: it is no part of what rules are given
 * or the ledger keeps.
 */
export interface WrittenText { readonly path: string, readonly text: string, readonly before: string }

/** What new text of a file can give away. Closed: rules and their tests name these words. */
export const CONTENT_SIGNS = ['reads-secret', 'sends-secrets', 'harmful-command', 'remote-code', 'destroys', 'delivers', 'persists', 'endless', 'unread'] as const
export type ContentSign = typeof CONTENT_SIGNS[number]

/** What is known of the text that a call puts into files: only strong signs. `secrets` are the paths of class secret that it reads. */
export interface ContentFacts { readonly signs: readonly ContentSign[], readonly secrets: readonly string[] }

/**
 * One tool call, decoded by an adapter. Frozen; made only by an adapter's `decode`.
 *
 * `args` holds what rules may see and the ledger may keep: short scalars only, never file content.
 * `digest` is the SHA-256 (hex) of the canonical JSON of the native name, the whole native arguments and the folder they
 * are relative to: it is what an approval or an ask is bound to, and the same words elsewhere are another call.
 */
export interface ToolCall {
  readonly readable: true
  readonly protocol: string
  readonly native: string
  readonly tool: ToolName
  readonly args: Readonly<Record<string, string | number | boolean>>
  readonly targets: readonly RawTarget[]
  readonly command: string | null
  readonly url: string | null
  /** Absolute directory the call runs in, as the sandbox sees it, e.g. `/workspace`. */
  readonly cwd: string
  readonly digest: string
  /** The calls that this one runs, when all it does is to run several. Each is looked at on its own; the facts are theirs together. */
  readonly parts?: readonly ToolCall[]
  /** New texts of files, of a call that puts some there. */
  readonly written?: readonly WrittenText[]
}

/** A call that could not be decoded. Policy denies it; it never becomes a ToolCall. */
export interface UnreadableCall {
  readonly readable: false
  readonly protocol: string
  readonly native: string
  readonly problem: string
  readonly digest: string
}

export type DecodedCall = ToolCall | UnreadableCall

/** One path the call touches, canonical (relative to the workspace root, or absolute when outside) and classed. */
export interface Target { readonly path: string, readonly class: PathClass, readonly access: Access }

/** One program a command line can start. `name` is the base name; `argv[0]` is as written. */
export interface ShellProgram { readonly name: string, readonly argv: readonly string[] }

/**
 * What is known statically about a shell command. `opaque` means some part could not be understood;
 * `problems` says which (closed list of short codes). Opaque is never guessed harmless.
 */
export interface CommandFacts {
  readonly text: string
  readonly programs: readonly ShellProgram[]
  readonly opaque: boolean
  readonly problems: readonly string[]
  readonly network: boolean
  readonly writes: readonly string[]
  readonly reads: readonly string[]
}

/** What is known about a URL before it is fetched. `address` tells private, loopback, metadata… hosts apart. */
export interface UrlFacts {
  readonly url: string
  readonly scheme: string
  readonly host: string
  readonly port: number
  readonly address: 'public' | 'private' | 'loopback' | 'link-local' | 'name' | 'invalid'
}

/** Facts about a ToolCall; no opinion. Made only by `classify`. */
export interface Classification {
  readonly tool: ToolName
  readonly permission: Permission
  readonly targets: readonly Target[]
  readonly command: CommandFacts | null
  readonly url: UrlFacts | null
  /** Null when the call writes no text, and when nothing about its text is a sign of harm. */
  readonly content?: ContentFacts | null
}
