import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of Weir's own package (where `package.json`, `policies/` and `examples/` are), from source and from build alike. */
export function packageRoot (): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!isWeirPackage(folder)) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('the weir package folder was not found above this module')
    folder = parent
  }
  return folder
}

/** The version of Weir that this is. */
export function packageVersion (): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { readonly version: string }).version
}

function isWeirPackage (folder: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return typeof manifest === 'object' && manifest !== null && 'name' in manifest && manifest.name === 'weir'
  } catch {
    return false // no manifest here, or not one of ours: look one folder up
  }
}
