import { route } from './routes/route.ts'

/** Media types of the web interface's files by their ending; no other file of it is served. */
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/vnd.microsoft.icon',
  webmanifest: 'application/manifest+json',
  woff2: 'font/woff2',
  woff: 'font/woff',
  ttf: 'font/ttf',
  wasm: 'application/wasm',
  aac: 'audio/aac',
  mp4: 'video/mp4',
}

const WORKSPACE = 'L3dvcmtzcGFjZQ' // `/workspace` in the interface's spelling of folders: base64url

/** Addresses at which the interface shows something, in the router's syntax. Its scripts make of the path what they show. */
export const WEB_PAGES: readonly string[] = ['/', '/new-session', '/server/:server/session/:session', `/${WORKSPACE}`, `/${WORKSPACE}/session`, `/${WORKSPACE}/session/:session`]

/** Addresses of its files: scripts, styles and the like with a digest in their name, and the icons beside the page. */
export const WEB_FILES: readonly string[] = ['/assets/:file', '/:file(^[a-z0-9-]{1,64}\\.(?:png|svg|ico|webmanifest)$)']

/** What policy is asked about the interface; it is no route of the agent's API. */
export const WEB_ROUTE = route('GET', '/', 'read-meta', 'forward', 'the web interface: a page and its files, the same for everybody')

/** The media type that a file of the interface is served as, or null when the interface has no such file. */
export function webFileType (path: string): string | null {
  if (!/^\/(?:assets\/)?[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$/.test(path)) return null
  const ending = path.slice(path.lastIndexOf('.') + 1)
  return Object.hasOwn(TYPES, ending) ? TYPES[ending] ?? null : null
}
