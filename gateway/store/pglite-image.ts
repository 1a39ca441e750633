import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../package-root.ts'

/**
 * Where an image of an empty database is, when this copy of Weir was built with one. Creating a database takes 3 s of
 * processor time, unpacking one a sixth of that. The name has PGlite's version: another version's folder would not open.
 */
export function pgliteImage (): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { readonly dependencies: Readonly<Record<string, string>> }
  return join(packageRoot(), 'dist', `pglite-${manifest.dependencies['@electric-sql/pglite'] ?? 'unknown'}.tar.gz`)
}

/** What to fill `dir` from: undefined when the folder has a database or there is no such image. @throws when the image cannot be read */
export async function imageFor (dir: string, image: string): Promise<Blob | undefined> {
  if (existsSync(join(dir, 'PG_VERSION')) || !existsSync(image)) return undefined
  return new Blob([await readFile(image)], { type: 'application/x-gzip' })
}
