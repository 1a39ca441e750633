import { begins } from './imports.ts'
import { boundNames, markAt } from './places.ts'
import type { ScriptTokens } from './tokens.ts'

// What makes a class that others are derived from.
const BASES = /^sqlalchemy\.(?:orm|ext\.declarative)\.(?:declarative_base|automap_base)$/
// What makes a value that functions are given to, such as the application that answers by them.
const TAKERS = /^(?:flask\.(?:Flask|Blueprint)|fastapi\.(?:FastAPI|APIRouter)|starlette\.applications\.Starlette|typer\.Typer|click\.Group|aiohttp\.web\.RouteTableDef)$/

/** Names of the text that only ever stand for what one listed function of a package made. */
export function madeNames (sequences: ScriptTokens, meaning: (name: string) => string): { readonly bases: ReadonlySet<string>, readonly takers: ReadonlySet<string> } {
  const bases = new Set<string>()
  const takers = new Set<string>()
  const times = new Map<string, number>()
  for (const name of sequences.flatMap(boundNames)) times.set(name, (times.get(name) ?? 0) + 1)
  for (const tokens of sequences) {
    for (const [at, { kind, text }] of tokens.entries()) {
      if (kind !== 'name' || !begins(tokens, at) || !markAt(tokens, at + 1, '=') || times.get(text) !== 1) continue
      let end = at + 2
      while (markAt(tokens, end + 1, '.')) end += 2
      if (!markAt(tokens, end + 1, '(')) continue
      const made = meaning(tokens.slice(at + 2, end + 1).map(({ text: word }) => word).join(''))
      if (BASES.test(made)) bases.add(text)
      if (TAKERS.test(made)) takers.add(text)
    }
  }
  return { bases, takers }
}
