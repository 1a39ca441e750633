import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Compile } from 'typebox/schema'
import { GatewayError } from '../core/errors.ts'
import { Type } from '../core/schema-type.ts'
import { replaceFile } from '../files/replace-file.ts'
import { definitionDigest, type ToolDefinition } from './tool-definition.ts'

export const MAX_TOOLS = 128 // of one server

/** One tool of a server: what somebody approved of it, and what the server says now where that is something else. */
export interface PinnedTool {
  readonly approved: Pinned | null
  readonly held: Pinned | null
}

/** A definition with its digest. `by` and `atMs` (Unix ms): who approved it and when, or null and when it was seen. */
export interface Pinned { readonly digest: string, readonly definition: ToolDefinition, readonly by: string | null, readonly atMs: number }

/** The tools of one server as they were approved. On disk: a restart approves nothing. */
export interface Pins {
  readonly tools: ReadonlyMap<string, PinnedTool>
  /** The definition of this tool that somebody approved and the server was last seen to keep; null when there is none. */
  approved (tool: string): ToolDefinition | null
  /** Takes note of what the server lists now. @returns the tools of which something came to be held */
  see (listed: readonly ToolDefinition[]): Promise<readonly Pinned[]>
  /** @throws GatewayError WEIR_ERR_DECIDED when what waits is not this */
  approve (tool: string, digest: string, by: string): Promise<void>
}

const closed = { additionalProperties: false }
const PinnedShape = Type.Union([Type.Null(), Type.Object({
  digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  definition: Type.Object({ name: Type.String(), description: Type.String(), inputSchema: Type.Object({ type: Type.Literal('object') }) }, closed),
  by: Type.Union([Type.String(), Type.Null()]),
  atMs: Type.Integer({ minimum: 0 }),
}, closed)])
const check = Compile(Type.Record(Type.String(), Type.Object({ approved: PinnedShape, held: PinnedShape }, closed)))

/** @throws GatewayError WEIR_ERR_STORE when the file cannot be read: what was approved is not guessed */
export function openPins (folder: string, server: string, nowMs: () => number): Pins {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, `${server}.json`)
  let tools = readPins(file)
  let last: Promise<unknown> = Promise.resolve()
  // On disk first: what is offered is what a restart would offer.
  function change (made: (now: ReadonlyMap<string, PinnedTool>) => ReadonlyMap<string, PinnedTool>): Promise<void> {
    const next = last.then(async () => {
      const changed = made(tools)
      await replaceFile(file, JSON.stringify(Object.fromEntries(changed)))
      tools = changed
    })
    last = next.catch(() => undefined) // told to whoever waits for it
    return next
  }
  return {
    get tools () { return tools },
    approved (tool) {
      const found = tools.get(tool)
      return found === undefined || found.held !== null ? null : found.approved?.definition ?? null
    },
    async see (listed) {
      const seen = new Map(listed.slice(0, MAX_TOOLS).map((definition) => [definition.name, { digest: definitionDigest(definition), definition, by: null, atMs: nowMs() }]))
      const isAsKept = [...seen].every(([name, { digest }]) => standsFor(tools.get(name)) === digest)
      if (isAsKept) return []
      const held: Pinned[] = []
      await change((now) => {
        const next = new Map(now)
        for (const [name, found] of seen) {
          const known = next.get(name) ?? { approved: null, held: null }
          if (standsFor(known) === found.digest) continue
          const isApproved = known.approved?.digest === found.digest
          next.set(name, { approved: known.approved, held: isApproved ? null : found })
          if (!isApproved) held.push(found)
        }
        return within(next)
      })
      return held
    },
    async approve (tool, digest, by) {
      await change((now) => {
        const held = now.get(tool)?.held
        if (held === undefined || held === null || held.digest !== digest) throw new GatewayError('WEIR_ERR_DECIDED', 'What waits for approval here is not that: list the tools again.')
        return new Map(now).set(tool, { approved: { ...held, by, atMs: nowMs() }, held: null })
      })
    },
  }
}

function standsFor (tool: PinnedTool | undefined): string | null {
  return tool?.held?.digest ?? tool?.approved?.digest ?? null
}

// A server that lists others each time does not fill the disk: what nobody approved goes first.
function within (tools: Map<string, PinnedTool>): ReadonlyMap<string, PinnedTool> {
  for (const [name, { approved }] of tools) {
    if (tools.size <= 2 * MAX_TOOLS) break
    if (approved === null) tools.delete(name)
  }
  return tools
}

function readPins (file: string): ReadonlyMap<string, PinnedTool> {
  const value = readJson(file)
  if (value === null) return new Map()
  if (!check.Check(value)) throw unreadable(file)
  const tools = new Map(Object.entries(value as Readonly<Record<string, PinnedTool>>))
  for (const { approved, held } of tools.values()) {
    if ([approved, held].some((one) => one !== null && definitionDigest(one.definition) !== one.digest)) throw unreadable(file)
  }
  return tools
}

function readJson (file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw unreadable(file, cause)
  }
}

function unreadable (file: string, cause?: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_STORE', `${file} cannot be read. Without it nothing is known of what was approved: restore it, or remove it to approve the tools anew.`, { cause })
}
