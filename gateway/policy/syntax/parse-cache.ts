import { sha256 } from '../../core/canonical-json.ts'
import type { Opa } from '../opa-binary.ts'

// The shipped library comes to 9 MiB as trees.
const KEPT_BYTES = 32 * 1024 * 1024

const kept = new Map<string, string>()
let keptBytes = 0

/**
 * The syntax tree that `opa parse` writes of a file, as JSON with places; null when the file does not parse.
 *
 * OPA parses one file in one process, and a folder has some sixty: the trees are kept by the OPA, the name and the text they
 * came of, so that who asks again, or after changing one file, waits for one process.
 *
 * @param at where the folder was written: what is there under `file` has to be `text`
 * @throws GatewayError WEIR_ERR_OPA_MISSING
 */
export async function parsedByOpa (opa: Opa, at: { readonly snapshot: string, readonly file: string, readonly text: string }): Promise<string | null> {
  const key = `${opa.identity}\n${at.file}\n${sha256(at.text)}`
  const known = kept.get(key)
  if (known !== undefined) {
    keep(key, known)
    return known
  }
  const { code, stdout } = await opa.run(['parse', '--format', 'json', '--json-include', 'locations,-comments', `./${at.file}`], at.snapshot)
  if (code !== 0) return null
  keep(key, stdout)
  return stdout
}

/** Puts it behind the others; the one that was longest not asked for goes first. */
function keep (key: string, tree: string): void {
  keptBytes += tree.length - (kept.get(key)?.length ?? 0)
  kept.delete(key)
  kept.set(key, tree)
  for (const [oldest, { length }] of kept) {
    if (keptBytes <= KEPT_BYTES) return
    kept.delete(oldest)
    keptBytes -= length
  }
}
