import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { GatewayError } from '../core/errors.ts'
import { packageRoot } from '../package-root.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
}

/** One file of the console. `gzip` is the same, compressed. */
export interface Asset { readonly type: string, readonly bytes: Buffer, readonly gzip: Buffer }

/** The built console: its page, and the files that the page loads by name. */
export interface ConsoleAssets { readonly page: Asset, readonly files: ReadonlyMap<string, Asset> }

/**
 * Reads the built console whole: it is small, and what is in memory cannot be asked for by a path.
 *
 * @param dir where the build put it
 * @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN when it was not built
 */
export function readConsole (dir = join(packageRoot(), 'dist', 'console')): ConsoleAssets {
  const files = new Map<string, Asset>()
  for (const name of namesIn(dir)) {
    const type = TYPES[extname(name)]
    if (type !== undefined) files.set(name, asset(type, readFileSync(join(dir, name))))
  }
  const page = files.get('index.html')
  if (page === undefined) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'The console was not built: run `npm run build`.')
  files.delete('index.html')
  return { page, files }
}

function asset (type: string, bytes: Buffer): Asset {
  return { type, bytes, gzip: gzipSync(bytes, { level: 9 }) }
}

function namesIn (dir: string): readonly string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
