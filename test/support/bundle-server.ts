import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const OPA_BUNDLES = 'application/vnd.openpolicyagent.bundles'
const MAX_WAIT_S = 60

export interface BundleServerOptions {
  /** When given, every request must bear it. */
  readonly token?: string
  /** Whether a request that says so is held until something new is there. Default true. */
  readonly longPoll?: boolean
  readonly port?: number
}

/** One request as it came: what a test asserts of a client. */
export interface BundleRequest { readonly method: string, readonly headers: IncomingMessage['headers'], readonly status: number }

export interface BundleServer {
  /** Where the bundle is read and put. */
  readonly url: string
  readonly requests: readonly BundleRequest[]
  /** Serves these bytes from now on, as if somebody had put them. */
  publish (archive: Uint8Array): void
  /** Resolves when a request has been answered since the call for which this holds. */
  answered (holds: (request: BundleRequest) => boolean): Promise<BundleRequest>
  /** Resolves when a request is being held. */
  held (): Promise<void>
  close (): Promise<void>
}

/**
 * A bundle server on loopback as any web server with `PUT` would be one: ETag, If-None-Match, If-Match, and OPA's long polling.
 */
export async function startBundleServer (options: BundleServerOptions = {}): Promise<BundleServer> {
  const state = createState(options)
  const server = createServer((request, response) => {
    answer(request, response, state).then((status) => state.log({ method: request.method ?? '', headers: request.headers, status }), () => response.destroy())
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/bundle.tar.gz`,
    requests: state.requests,
    publish: state.publish,
    answered: async (holds) => await new Promise((resolve) => state.watchers.add((request) => holds(request) && (resolve(request), true))),
    held: async () => await new Promise((resolve) => state.held.size > 0 ? resolve() : state.onHeld.add(resolve)),
    async close () {
      state.release()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

interface State {
  readonly options: BundleServerOptions
  readonly requests: BundleRequest[]
  readonly watchers: Set<(request: BundleRequest) => boolean>
  readonly held: Set<() => void>
  readonly onHeld: Set<() => void>
  current (): { readonly archive: Uint8Array, readonly etag: string } | null
  publish (archive: Uint8Array): void
  release (): void
  log (request: BundleRequest): void
}

function createState (options: BundleServerOptions): State {
  let current: { archive: Uint8Array, etag: string } | null = null
  const held = new Set<() => void>()
  const requests: BundleRequest[] = []
  const watchers = new Set<(request: BundleRequest) => boolean>()
  const release = (): void => { for (const wake of held) wake() }
  return {
    options,
    requests,
    watchers,
    held,
    onHeld: new Set(),
    current: () => current,
    publish (archive) {
      current = { archive: Buffer.from(archive), etag: `"${createHash('sha256').update(archive).digest('hex')}"` }
      release()
    },
    release,
    log (request) {
      requests.push(request)
      for (const watcher of watchers) if (watcher(request)) watchers.delete(watcher)
    },
  }
}

async function answer (request: IncomingMessage, response: ServerResponse, state: State): Promise<number> {
  if (!isAllowed(request, state.options.token)) return end(response, 401)
  if (request.method === 'PUT') return await put(request, response, state)
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405)
  const wait = Math.min(Number(/(?:^|;)wait=(\d+)/.exec(String(request.headers['prefer'] ?? ''))?.[1] ?? 0), MAX_WAIT_S)
  const isLong = state.options.longPoll !== false
  if (isLong) response.setHeader('content-type', OPA_BUNDLES)
  if (isLong && wait > 0 && isKnown(request, state)) await changeWithin(wait, request, state)
  const current = state.current()
  if (current === null) return end(response, 404)
  response.setHeader('etag', current.etag)
  if (isKnown(request, state)) return end(response, 304)
  response.end(request.method === 'HEAD' ? undefined : current.archive)
  return 200
}

async function put (request: IncomingMessage, response: ServerResponse, state: State): Promise<number> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const etag = state.current()?.etag
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers
  if (ifMatch !== undefined && ifMatch !== etag) return end(response, 412)
  if (ifNoneMatch === '*' && etag !== undefined) return end(response, 412)
  state.publish(Buffer.concat(chunks))
  response.setHeader('etag', state.current()?.etag ?? '')
  return end(response, etag === undefined ? 201 : 204)
}

function isKnown (request: IncomingMessage, state: State): boolean {
  return request.headers['if-none-match'] === (state.current()?.etag ?? '')
}

async function changeWithin (seconds: number, request: IncomingMessage, state: State): Promise<void> {
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      clearTimeout(timer)
      state.held.delete(wake)
      resolve()
    }
    const timer = setTimeout(wake, seconds * 1_000)
    state.held.add(wake)
    for (const tell of state.onHeld) tell()
    state.onHeld.clear()
    request.socket.once('close', wake)
  })
}

function isAllowed (request: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return true
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`))
}

function end (response: ServerResponse, status: number): number {
  response.statusCode = status
  response.end()
  return status
}
