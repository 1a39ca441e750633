import type { PathClass, Permission } from '../core/tool-call.ts'

/**
 * Globs of one path class. A glob speaks of workspace-relative paths, or of absolute paths outside the workspace when
 * it begins with `/` (`/tmp/**`). Matching ignores case and `*` matches a leading dot.
 */
export interface PathClassRule { readonly class: PathClass, readonly globs: readonly string[] }

/**
 * Programs by what they do. An entry is a prefix of words: `['npm', 'install']` covers `npm --silent install x`,
 * since options between the words are skipped. `network` holds program names.
 */
export interface ProgramData {
  /** Change the dependencies of the project: permission `dependency`. */
  readonly install: readonly (readonly string[])[]
  /** Make something visible outside the project: permission `publish`. */
  readonly publish: readonly (readonly string[])[]
  /** Only read, when they have no writing target: permission `review`. */
  readonly readonly: readonly (readonly string[])[]
  /** Speak to the network whatever their arguments are. */
  readonly network: readonly string[]
}

/** One form in which a program only looks or checks. Options that are not named are not part of it. */
export interface CheckRule {
  /** The first operands: `['test']` of `go test ./...`. */
  readonly words?: readonly string[]
  /** Options, also with `=` and a value, and letters that may be written together. */
  readonly options?: readonly string[]
  /** Options whose value is the next word. */
  readonly values?: readonly string[]
  /** Without one of these it would change something: `--check`. */
  readonly needs?: readonly string[]
  /** The only further operands there may be. Default: any. */
  readonly operands?: readonly string[]
}

/** Commands that look at the project or check it: permission `review`. */
export interface CheckData {
  /** Forms of each program, by its base name. */
  readonly commands: Readonly<Record<string, readonly CheckRule[]>>
  /** Beginnings of commands that only start the program behind them. */
  readonly starters: readonly (readonly string[])[]
}

/** The part of the policy data that facts are computed with. The first rule whose glob matches gives the class. */
export interface ClassifyData {
  readonly path_classes: readonly PathClassRule[]
  readonly programs: ProgramData
  readonly checks?: CheckData
  /** MCP tools by the name the agent calls them, with the permission that data say a call needs. */
  readonly mcp?: { readonly tools: Readonly<Record<string, { readonly permission: Permission }>> }
}
