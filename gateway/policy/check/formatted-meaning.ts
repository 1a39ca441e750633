import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Opa } from '../opa-binary.ts'

// Where things stand, and what is said about them, is no meaning.
const NOT_MEANING: ReadonlySet<string> = new Set(['location', 'comments', 'annotations'])

/**
 * Whether a file means something else once `opa fmt` has written it anew. OPA 0.70 leaves out the parentheses of comparisons
 * inside comparisons: `a == (b == c)` becomes `a == b == c`, which is `(a == b) == c`. False for a file that does not parse: the check says so.
 *
 * @param file relative to `folder`
 */
export async function changesMeaning (opa: Opa, folder: string, file: string): Promise<boolean> {
  const formatted = await opa.run(['fmt', file], folder)
  if (formatted.code !== 0) return false
  const dir = await mkdtemp(join(tmpdir(), 'weir-formatted-'))
  try {
    await writeFile(join(dir, 'formatted.rego'), formatted.stdout)
    const [before, after] = await Promise.all([meaningOf(opa, folder, file), meaningOf(opa, dir, 'formatted.rego')])
    return before !== null && before !== after
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function meaningOf (opa: Opa, folder: string, file: string): Promise<string | null> {
  const { code, stdout } = await opa.run(['parse', '--format', 'json', file], folder)
  return code === 0 ? JSON.stringify(JSON.parse(stdout), meaning) : null
}

function meaning (key: string, value: unknown): unknown {
  if (NOT_MEANING.has(key)) return undefined
  // Imports stand in the order of their names once they are formatted, and mean the same in any.
  return key === 'imports' && Array.isArray(value) ? value.map((one: unknown) => JSON.stringify(one, meaning)).sort() : value
}
