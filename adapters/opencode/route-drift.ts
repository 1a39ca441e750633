import { GatewayError } from '../../gateway/core/errors.ts'
import { BODY_CLEANERS } from './clean-body.ts'
import { isRecord } from './json-record.ts'
import { ROUTES } from './routes.ts'
import type { Route } from './routes/route.ts'

const METHODS: readonly string[] = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

// Folder, workspace and credentials: the gateway sets them itself, wherever the agent takes them.
const OWN_PARAMETERS: readonly string[] = ['directory', 'workspace', 'location', 'location[directory]', 'location[workspace]', 'auth_token', 'ticket']
const BODY = 'a body'
const SENT: readonly Route['access'][] = ['forward', 'clean', 'govern-call']

/** How an agent's API differs from the table, each as `METHOD /path`. A changed method or path is one new and one gone. */
export interface RouteDrift {
  readonly known: number
  /** In the agent and not in the table: refused. */
  readonly fresh: readonly string[]
  /** In the table and not in the agent: it would answer with its web page. */
  readonly gone: readonly string[]
  /** Takes something that the table does not know, or no longer takes what it knows: `METHOD /path: +name, -name`. What is not known is dropped. */
  readonly changed: readonly string[]
}

/** Compares an agent's OpenAPI document with the table. @throws GatewayError WEIR_ERR_UPSTREAM when it is no such document */
export function routeDrift (document: unknown, routes: readonly Route[] = ROUTES): RouteDrift {
  const table = new Map(routes.map((route) => [`${route.method} ${route.template}`, route]))
  const real = operationsOf(document)
  return {
    known: table.size,
    fresh: [...real.keys()].filter((operation) => !table.has(operation)).sort(),
    gone: [...table.keys()].filter((operation) => !real.has(operation)).sort(),
    changed: [...real].flatMap(([operation, inputs]) => changeOf(operation, inputs, table.get(operation))).sort(),
  }
}

// What a refused route takes is nobody's concern.
function changeOf (operation: string, inputs: readonly string[], route: Route | undefined): readonly string[] {
  if (route === undefined || !SENT.includes(route.access)) return []
  const known = [...route.query, ...BODY_CLEANERS.has(operation) ? [BODY] : []]
  const changes = [...inputs.filter((name) => !known.includes(name)).map((name) => `+${name}`), ...known.filter((name) => !inputs.includes(name)).map((name) => `-${name}`)]
  return changes.length === 0 ? [] : [`${operation}: ${changes.join(', ')}`]
}

/** What each operation takes beside its path and what the gateway sets: names of its query, others with where they stand, and whether it has a body. */
function operationsOf (document: unknown): ReadonlyMap<string, readonly string[]> {
  const paths = isRecord(document) ? document['paths'] : undefined
  // An empty list would call every route gone; a document without paths is no answer at all.
  if (!isRecord(paths) || Object.keys(paths).length === 0) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The agent showed no list of its routes.')
  const operations = Object.entries(paths).flatMap(([path, item]) => isRecord(item)
    ? Object.entries(item).filter(([name]) => METHODS.includes(name)).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, inputsOf(operation, item)] as const)
    : [])
  return new Map(operations)
}

function inputsOf (operation: unknown, item: Readonly<Record<string, unknown>>): readonly string[] {
  if (!isRecord(operation)) return []
  const names = [...listOf(item['parameters']), ...listOf(operation['parameters'])].map(nameOf).filter((name) => name !== null)
  return [...new Set(names.filter((name) => !OWN_PARAMETERS.includes(name))), ...operation['requestBody'] === undefined ? [] : [BODY]]
}

function listOf (value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

// A parameter that is described elsewhere in the document is still one: it is named by its reference.
function nameOf (parameter: unknown): string | null {
  if (!isRecord(parameter)) return '?'
  const { name, in: place, $ref } = parameter
  if (place === 'path') return null
  const told = typeof name === 'string' ? name : typeof $ref === 'string' ? $ref : '?'
  return place === 'query' || typeof place !== 'string' ? told : `${place} ${told}`
}
