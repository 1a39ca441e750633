/** What the gateway said no with. `rule` is there when policy did. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly rule: string | null

  constructor (status: number, { code, message, rule }: { readonly code?: string, readonly message?: string, readonly rule?: string }) {
    super(message ?? `The gateway answered ${status}.`)
    this.status = status
    this.code = code ?? ''
    this.rule = rule ?? null
  }
}

/** Who is signed in. `csrf` goes along with every write. */
export interface Session {
  readonly actor: string
  readonly role: string
  readonly groups: readonly string[]
  readonly org: string
  readonly app: string | null
  readonly environment: string | null
  readonly expiresAtMs: number
  readonly csrf: string
}

export type Query = Readonly<Record<string, string | number | undefined>>

const SESSION = '/weir/auth/session'
/** In the storage: which session began with a pasted token. */
const PASTED = 'weir-pasted'
// In memory alone: what storage holds, any script of this origin could read later.
let csrf = ''

/** Null when nobody is. */
export async function currentSession (): Promise<Session | null> {
  try {
    return remember(await get<Session>(SESSION))
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}

export async function signIn (token: string): Promise<Session> {
  const session = remember(await post<Session>(SESSION, { token }))
  localStorage.setItem(PASTED, markOf(session)) // the pages of this browser share the cookie, so they share this too
  return session
}

/** Takes the session away. One of a login is over for good; a token that was pasted has other uses, and stays valid. */
export async function signOut (): Promise<void> {
  const [{ method }, session] = await Promise.all([get<{ readonly method: string }>('/auth'), get<Session>(SESSION)])
  if (method === 'oidc' && localStorage.getItem(PASTED) !== markOf(session)) await post('/weir/auth/logout')
  else await ask(SESSION, { method: 'DELETE', headers: { 'x-weir-csrf': csrf } })
  localStorage.removeItem(PASTED)
  csrf = ''
}

function markOf ({ actor, expiresAtMs }: Session): string {
  return `${actor} ${expiresAtMs}`
}

/** A GET of Weir's API. `path` begins behind `/weir/api/v1`, or is a whole one. */
export async function get<T> (path: string, query: Query = {}): Promise<T> {
  return await (await ask(addressOf(path, query))).json() as T
}

export async function getText (path: string): Promise<string> {
  return await (await ask(addressOf(path, {}))).text()
}

export async function post<T> (path: string, body?: unknown): Promise<T | undefined> {
  const init: RequestInit = { method: 'POST', headers: { 'x-weir-csrf': csrf, ...(body === undefined ? {} : { 'content-type': 'application/json' }) } }
  const response = await ask(addressOf(path, {}), body === undefined ? init : { ...init, body: JSON.stringify(body) })
  return response.status === 204 ? undefined : await response.json() as T
}

export function addressOf (path: string, query: Query): string {
  const wanted = Object.entries(query).flatMap(([name, value]) => value === undefined || value === '' ? [] : [[name, String(value)]])
  const search = new URLSearchParams(wanted).toString()
  return `${path.startsWith('/weir/') ? path : `/weir/api/v1${path}`}${search === '' ? '' : `?${search}`}`
}

async function ask (address: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(address, { ...init, credentials: 'same-origin', cache: 'no-store' })
  if (response.ok) return response
  const body = await response.json().catch(() => ({})) as { readonly error?: object }
  throw new ApiError(response.status, body.error ?? {})
}

function remember (session: Session | undefined): Session {
  if (session === undefined) throw new ApiError(0, { message: 'The gateway named no session.' })
  csrf = session.csrf
  return session
}
