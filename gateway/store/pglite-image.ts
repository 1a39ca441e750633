import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from '../core/canonical-json.ts'
import { packageRoot } from '../package-root.ts'
import { MIGRATIONS } from './migrations.ts'

/**
 * Where an image of a database without entries is, when this copy of Weir was built with one. Creating a database takes 3 s of
 * processor time, unpacking one a sixth of that. The name has PGlite's version and the schema's digest: another version's
 * folder would not open, and another schema's could not be brought to this one.
 */
export function pgliteImage (): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { readonly dependencies: Readonly<Record<string, string>> }
  return join(packageRoot(), 'dist', `pglite-${manifest.dependencies['@electric-sql/pglite'] ?? 'unknown'}-${digestOf(MIGRATIONS).slice(0, 12)}.tar.gz`)
}

/** What to fill `dir` from: undefined when the folder has a database or there is no such image. @throws when the image cannot be read */
export async function imageFor (dir: string, image: string): Promise<Blob | undefined> {
  if (existsSync(join(dir, 'PG_VERSION')) || !existsSync(image)) return undefined
  return new Blob([await readFile(image)], { type: 'application/x-gzip' })
}
