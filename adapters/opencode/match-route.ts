import { ROUTES } from './routes.ts'
import type { Route } from './routes/route.ts'

/** A request that is exactly one known route. `path` is rebuilt from the template and checked parameters. */
export interface MatchedRoute {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
  readonly path: string
}

const MAX_PATH_CHARS = 2_048 // the longest real path is below 300; a file path in `/api/fs/read/*` may be longer

// Nothing that two parsers could read differently: no escapes, empty or dot segments, parameters, backslashes.
const PLAIN_PATH = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+$/
const WILD_TEMPLATE = '/api/fs/read/*'
const WILD_PREFIX = '/api/fs/read/'

const ID = '[A-Za-z0-9]{1,60}'
const PARAMS: Readonly<Record<string, RegExp>> = {
  sessionID: new RegExp(`^ses_${ID}$`),
  messageID: new RegExp(`^msg_${ID}$`),
  partID: new RegExp(`^prt_${ID}$`),
  permissionID: new RegExp(`^per_${ID}$`),
  requestID: new RegExp(`^(?:per|que)_${ID}$`),
  ptyID: new RegExp(`^pty_${ID}$`),
}
const OTHER_PARAM = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({})

interface Pattern { readonly route: Route, readonly segments: readonly string[] }

/** Finds the one route that a request is, or null. */
export type MatchRoute = (method: string, path: string) => MatchedRoute | null

/**
 * Makes the matcher. Only the exact spelling of a template matches: upper case, `//`, a trailing slash, `;`, backslashes,
 * percent escapes and absolute-form targets never do, because the agent and a proxy could read them in two ways.
 */
export function createMatchRoute (routes: readonly Route[] = ROUTES): MatchRoute {
  const literals = new Map<string, Route>()
  const patterns = new Map<string, Pattern[]>()
  for (const route of routes.filter(({ template }) => template !== WILD_TEMPLATE)) {
    const segments = route.template.split('/')
    const shape = `${route.method} ${segments.length}`
    if (route.template.includes('{')) patterns.set(shape, [...patterns.get(shape) ?? [], { route, segments }])
    else literals.set(`${route.method} ${route.template}`, route)
  }
  const wild = routes.find(({ template }) => template === WILD_TEMPLATE)
  return (method, path) => {
    if (path.length > MAX_PATH_CHARS) return null
    if (wild !== undefined && method === wild.method && path.startsWith(WILD_PREFIX)) return matchWild(wild, path)
    if (!PLAIN_PATH.test(path)) return null
    // Literal segments first: `/session/status` is not the session called `status`.
    const literal = literals.get(`${method} ${path}`)
    if (literal !== undefined) return { route: literal, params: NO_PARAMS, path }
    const segments = path.split('/')
    return firstMatch(patterns.get(`${method} ${segments.length}`) ?? [], segments)
  }
}

function firstMatch (patterns: readonly Pattern[], segments: readonly string[]): MatchedRoute | null {
  for (const { route, segments: template } of patterns) {
    const params = paramsOf(template, segments)
    if (params !== null) return { route, params, path: segments.join('/') }
  }
  return null
}

function paramsOf (template: readonly string[], segments: readonly string[]): Record<string, string> | null {
  const params: Record<string, string> = {}
  for (let at = 0; at < template.length; at += 1) {
    const expected = template[at] ?? ''
    const actual = segments[at] ?? ''
    if (!expected.startsWith('{')) {
      if (expected !== actual) return null
      continue
    }
    const name = expected.slice(1, -1)
    if (!(PARAMS[name] ?? OTHER_PARAM).test(actual)) return null
    params[name] = actual
  }
  return params
}

// The one route that carries a file path. Decoded once, checked, and encoded again by us.
function matchWild (route: Route, path: string): MatchedRoute | null {
  const segments: string[] = []
  for (const raw of path.slice(WILD_PREFIX.length).split('/')) {
    const segment = decodedSegment(raw)
    if (segment === null) return null
    segments.push(segment)
  }
  return { route, params: { '*': segments.join('/') }, path: WILD_PREFIX + segments.map(encodeURIComponent).join('/') }
}

function decodedSegment (raw: string): string | null {
  let segment: string
  try {
    segment = decodeURIComponent(raw)
  } catch {
    return null // a percent sign that starts no UTF-8 sequence
  }
  // A second `%` could be an escape to whoever decodes again.
  const isOdd = segment === '' || segment === '.' || segment === '..' || /[/\\%;?#]/.test(segment) || hasControl(segment)
  return isOdd ? null : segment
}

function hasControl (text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\x7f')
}
