import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** npm beside a Node that is not installed under /usr (which every sandbox sees anyway). */
export function npmFolder (node: string): string | null {
  if (node.startsWith('/usr/')) return null
  const folder = join(dirname(dirname(node)), 'lib', 'node_modules', 'npm')
  return existsSync(join(folder, 'bin', 'npm-cli.js')) ? folder : null
}

/** Real paths under /usr of the shells a program may start by name. */
export function systemShells (): string[] {
  const names = ['bash', 'sh', 'dash', 'zsh', 'fish', 'ksh', 'rbash']
  const found = names.map((name) => `/usr/bin/${name}`).filter((path) => existsSync(path)).map((path) => realpathSync(path))
  return [...new Set(found)].filter((path) => path.startsWith('/usr/'))
}
