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

/** The part of the policy data that facts are computed with. The first rule whose glob matches gives the class. */
export interface ClassifyData {
  readonly path_classes: readonly PathClassRule[]
  readonly programs: ProgramData
  /** MCP tools by the name the agent calls them, with the permission that data say a call needs. */
  readonly mcp?: { readonly tools: Readonly<Record<string, { readonly permission: Permission }>> }
}
