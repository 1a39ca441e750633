import { GatewayError } from '../../gateway/core/errors.ts'
import { isRecord } from './json-record.ts'
import { ROUTES } from './routes.ts'
import type { Route } from './routes/route.ts'

const METHODS: readonly string[] = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/** How an agent's API differs from the table, as `METHOD /path`. A changed method or path is one of each. */
export interface RouteDrift {
  readonly known: number
  /** In the agent and not in the table: refused. */
  readonly fresh: readonly string[]
  /** In the table and not in the agent: it would answer with its web page. */
  readonly gone: readonly string[]
}

/** Compares an agent's OpenAPI document with the table. @throws GatewayError WEIR_ERR_UPSTREAM when it is no such document */
export function routeDrift (document: unknown, routes: readonly Route[] = ROUTES): RouteDrift {
  const table = new Set(routes.map(({ method, template }) => `${method} ${template}`))
  const real = new Set(operationsOf(document))
  return {
    known: table.size,
    fresh: [...real].filter((operation) => !table.has(operation)).sort(),
    gone: [...table].filter((operation) => !real.has(operation)).sort(),
  }
}

function operationsOf (document: unknown): string[] {
  const paths = isRecord(document) ? document['paths'] : undefined
  // An empty list would call every route gone; a document without paths is no answer at all.
  if (!isRecord(paths) || Object.keys(paths).length === 0) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The agent showed no list of its routes.')
  return Object.entries(paths).flatMap(([path, item]) => isRecord(item)
    ? Object.keys(item).filter((name) => METHODS.includes(name)).map((method) => `${method.toUpperCase()} ${path}`)
    : [])
}
