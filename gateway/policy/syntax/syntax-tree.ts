import { GatewayError } from '../../core/errors.ts'
import { isTestFile, type PolicyFolder } from '../policy-folder.ts'
import type { Opa } from '../opa-binary.ts'
import { parsedByOpa } from './parse-cache.ts'

// Each parse is a process of some 20 ms; more at once than cores only queue.
const PARSES_AT_ONCE = 4

/** Where something stands in a policy folder: rows and columns from 1. */
export interface Place { readonly file: string, readonly row: number, readonly col: number }

/** A node as `opa parse` writes it. Terms have `type` and `value`; expressions have `terms`. */
export interface SyntaxNode {
  readonly type?: string
  readonly value?: unknown
  readonly terms?: unknown
  readonly negated?: boolean
  readonly location?: { readonly row: number, readonly col: number, readonly text?: string }
}

export interface SyntaxRule {
  readonly name: string
  /** Package and name: `['weir', 'rules', 'shell', 'deny']`. */
  readonly path: readonly string[]
  readonly place: Place
  readonly isDefault: boolean
  readonly isFunction: boolean
  /** Adds to a set or an object, which is therefore never undefined. */
  readonly isPartial: boolean
  /** Whether nothing has to hold for it. */
  readonly isUnconditional: boolean
  /** The METADATA above it, null when it has none. */
  readonly annotation: Readonly<Record<string, unknown>> | null
  /** What a partial set gets, or a complete rule is. */
  readonly result: SyntaxNode | null
  readonly args: readonly string[]
  readonly body: readonly SyntaxNode[]
  /** Everything that can hold a reference: head, body and what `else` leads to. */
  readonly tree: unknown
  readonly otherwise: SyntaxRule | null
  readonly module: SyntaxModule
}

export interface SyntaxModule {
  readonly file: string
  readonly isTest: boolean
  /** Without the leading `data`. */
  readonly package: readonly string[]
  /** Local name → path with its leading `data`, `input` or `rego`. */
  readonly imports: ReadonlyMap<string, readonly string[]>
  /** Where each import stands, in the order of `imports`. */
  readonly importPlaces: readonly Place[]
  readonly rules: readonly SyntaxRule[]
}

interface RawRule {
  readonly location?: { readonly row: number, readonly col: number }
  readonly default?: boolean
  readonly annotations?: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly head: { readonly name?: string, readonly ref?: readonly SyntaxNode[], readonly args?: readonly SyntaxNode[], readonly key?: SyntaxNode, readonly value?: SyntaxNode }
  readonly body?: readonly SyntaxNode[]
  readonly else?: RawRule
}

/** A syntax tree as OPA writes it, by `opa parse` or `rego.parse_module`. */
export interface RawModule {
  readonly package: { readonly path: readonly SyntaxNode[] }
  readonly imports?: ReadonlyArray<{ readonly path: SyntaxNode, readonly alias?: string, readonly location?: { readonly row: number, readonly col: number } }>
  readonly rules?: readonly RawRule[]
}

/**
 * The syntax trees of every `.rego` file of a folder that parses, in the folder's order. A file that does not parse is missing:
 * `opa check` says why.
 *
 * @param snapshot where the folder was written
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when OPA answers with something that is not a tree; WEIR_ERR_OPA_MISSING
 */
export async function parseModules (folder: PolicyFolder, opa: Opa, snapshot: string): Promise<readonly SyntaxModule[]> {
  const files = [...folder.files.keys()].filter((file) => file.endsWith('.rego'))
  const modules = new Map<string, SyntaxModule>()
  const waiting = [...files]
  const parseWaiting = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const tree = await parsedByOpa(opa, { snapshot, file, text: folder.files.get(file) ?? '' })
      if (tree !== null) modules.set(file, parsedModule(file, tree))
    }
  }
  await Promise.all(Array.from({ length: PARSES_AT_ONCE }, parseWaiting))
  return files.map((file) => modules.get(file)).filter((module) => module !== undefined)
}

/**
 * Calls `visit` for every object below (and with) a node; `visit` returns false to leave out what is below. The head of a
 * reference is not visited: `weir` of `weir.decision` is not a reading of all that is below `weir`.
 */
export function walkSyntax (root: unknown, visit: (node: SyntaxNode) => boolean): void {
  const left: unknown[] = [root]
  while (left.length > 0) {
    const node = left.pop()
    if (typeof node !== 'object' || node === null) continue
    if (Array.isArray(node) || visit(node as SyntaxNode)) {
      left.push(...refTerms(node)?.slice(1) ?? Object.entries(node).filter(([name]) => name !== 'location').map(([, child]) => child as unknown))
    }
  }
}

/** The value of a term that is this constant type, else null. */
export function stringOf (node: unknown): string | null {
  const { type, value } = (node ?? {}) as SyntaxNode
  return type === 'string' && typeof value === 'string' ? value : null
}

/** The name of a variable, else null. */
export function variableOf (node: unknown): string | null {
  const { type, value } = (node ?? {}) as SyntaxNode
  return type === 'var' && typeof value === 'string' ? value : null
}

/** The terms of a reference, head first; null when the node is none. */
export function refTerms (node: unknown): readonly SyntaxNode[] | null {
  const { type, value } = (node ?? {}) as SyntaxNode
  return type === 'ref' && Array.isArray(value) ? value as readonly SyntaxNode[] : null
}

/** A reference as a reader writes it. */
export function refText (node: SyntaxNode): string {
  const steps = refTerms(node)
  if (steps === null) return variableOf(node) ?? '…'
  return steps.map((step, i) => {
    if (i === 0) return variableOf(step) ?? '…'
    const constant = stringOf(step)
    return constant === null ? `[${step.type === 'number' ? String(step.value) : refText(step)}]` : `.${constant}`
  }).join('')
}

/** The member of an object literal, undefined when it has none of that name. */
export function memberOf (node: SyntaxNode | null, name: string): SyntaxNode | undefined {
  if (node?.type !== 'object' || !Array.isArray(node.value)) return undefined
  return (node.value as ReadonlyArray<readonly [SyntaxNode, SyntaxNode]>).find(([key]) => stringOf(key) === name)?.[1]
}

function parsedModule (file: string, text: string): SyntaxModule {
  try {
    return moduleOf(file, JSON.parse(text) as RawModule)
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', `OPA's syntax tree of ${file} could not be read.`, { cause })
  }
}

/** A module from its tree. @throws TypeError when it is no such tree */
export function moduleOf (file: string, raw: RawModule): SyntaxModule {
  const rules: SyntaxRule[] = []
  const module: SyntaxModule = {
    file,
    isTest: isTestFile(file),
    package: raw.package.path.slice(1).map(({ value }) => String(value)),
    imports: new Map((raw.imports ?? []).map(importOf)),
    importPlaces: (raw.imports ?? []).map(({ location }) => ({ file, row: location?.row ?? 1, col: location?.col ?? 1 })),
    rules,
  }
  rules.push(...(raw.rules ?? []).map((rule) => ruleOf(rule, module, null)))
  return module
}

function importOf ({ path, alias }: NonNullable<RawModule['imports']>[number]): readonly [string, readonly string[]] {
  const steps = (refTerms(path) ?? []).map(({ value }) => String(value))
  return [alias ?? steps.at(-1) ?? '', steps]
}

function ruleOf (raw: RawRule, module: SyntaxModule, before: RawRule | null): SyntaxRule {
  const ref = raw.head.ref ?? before?.head.ref ?? []
  // `a.b.c := 1` has a name of several steps; `m[x] := 1` and `deny contains x` add to something.
  const names = constantSteps(ref)
  const body = raw.body ?? []
  return {
    name: names[0] ?? raw.head.name ?? '',
    path: [...module.package, ...names],
    place: { file: module.file, row: raw.location?.row ?? 1, col: raw.location?.col ?? 1 },
    isDefault: raw.default === true,
    isFunction: raw.head.args !== undefined,
    isPartial: raw.head.key !== undefined || names.length < ref.length,
    isUnconditional: body.every(isTrue) && raw.default !== true,
    annotation: raw.annotations?.find((annotation) => annotation['custom'] !== undefined) ?? raw.annotations?.[0] ?? null,
    result: raw.head.key ?? raw.head.value ?? null,
    args: (raw.head.args ?? []).map(variableOf).filter((name) => name !== null),
    body,
    tree: raw,
    otherwise: raw.else === undefined ? null : ruleOf(raw.else, module, before ?? raw),
    module,
  }
}

function constantSteps (ref: readonly SyntaxNode[]): string[] {
  const steps: string[] = []
  for (const [i, step] of ref.entries()) {
    const name = i === 0 ? variableOf(step) : stringOf(step)
    if (name === null) break
    steps.push(name)
  }
  return steps
}

// OPA gives a rule without a body the body `true`.
function isTrue (expression: SyntaxNode): boolean {
  const { type, value } = (expression.terms ?? {}) as SyntaxNode
  return type === 'boolean' && value === true
}
