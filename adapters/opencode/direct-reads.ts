import type { NativeWish } from './clean-parts.ts'

interface Given { readonly params: Readonly<Record<string, string>>, readonly query: Readonly<Record<string, string>> }

/** The tool call that each direct read or search route amounts to, by template. */
export const DIRECT_READS: ReadonlyMap<string, (given: Given) => NativeWish> = new Map<string, (given: Given) => NativeWish>([
  ['/file', ({ query }) => ({ native: 'list', args: { path: folder(query['path']) } })],
  ['/file/content', ({ query }) => ({ native: 'read', args: { filePath: query['path'] ?? '' } })],
  ['/find', ({ query }) => ({ native: 'grep', args: { pattern: query['pattern'] ?? '' } })],
  ['/find/symbol', ({ query }) => ({ native: 'grep', args: { pattern: query['query'] ?? '' } })],
  // The query is matched loosely against names below the folder; it is not a path and cannot leave it.
  ['/find/file', () => ({ native: 'glob', args: { pattern: '**' } })],
  ['/api/fs/find', () => ({ native: 'glob', args: { pattern: '**' } })],
  ['/api/fs/list', ({ query }) => ({ native: 'list', args: { path: folder(query['path']) } })],
  ['/api/fs/read/*', ({ params }) => ({ native: 'read', args: { filePath: params['*'] ?? '' } })],
])

function folder (path: string | undefined): string {
  return path === undefined || path === '' ? '.' : path
}
