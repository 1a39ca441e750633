import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { digestOf, sha256 } from '../core/canonical-json.ts'
import { GatewayError } from '../core/errors.ts'

const MAX_FILES = 2_000
const MAX_BYTES = 16 * 1024 * 1024
const MAX_DEPTH = 16
const TEST_SUFFIX = '_test.rego'

/** A policy folder read once: path (relative, `/`, sorted) → text. What was hashed is what is compiled. */
export interface PolicyFolder {
  readonly files: ReadonlyMap<string, string>
  /** SHA-256 (hex) over the paths and contents of all that can decide: rules and data, not tests. */
  readonly revision: string
}

/**
 * Reads the `.rego` and `data.json` files below `dir`. Links and names that begin with a dot are not followed or read.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when it cannot be read, or is larger than 2,000 files or 16 MiB
 */
export async function readPolicyFolder (dir: string): Promise<PolicyFolder> {
  const paths = (await listPolicyFiles(dir, '', 0)).sort()
  if (paths.length > MAX_FILES) throw tooLarge(`more than ${MAX_FILES} files`)
  const files = new Map<string, string>()
  let bytes = 0
  for (const path of paths) {
    bytes += (await lstat(join(dir, path))).size
    if (bytes > MAX_BYTES) throw tooLarge(`more than ${MAX_BYTES} bytes`)
    files.set(path, await readFile(join(dir, path), 'utf8'))
  }
  const deciding = [...files].filter(([path]) => !isTestFile(path))
  if (!deciding.some(([path]) => path.endsWith('.rego'))) {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', `There is no .rego file in ${dir}.`)
  }
  return { files, revision: digestOf(deciding.map(([path, text]) => [path, sha256(text)])) }
}

/** Whether a file holds Rego tests, which are never compiled into a bundle. */
export function isTestFile (path: string): boolean {
  return path.endsWith(TEST_SUFFIX)
}

/** Writes the snapshot to an empty folder, so that the compiler sees exactly what was hashed. */
export async function writePolicyFolder (folder: PolicyFolder, to: string): Promise<void> {
  for (const [path, text] of folder.files) {
    await mkdir(join(to, dirname(path)), { recursive: true })
    await writeFile(join(to, path), text)
  }
}

async function listPolicyFiles (root: string, below: string, depth: number): Promise<string[]> {
  if (depth > MAX_DEPTH) throw tooLarge(`nested deeper than ${MAX_DEPTH} folders`)
  const entries = await readdir(join(root, below), { withFileTypes: true }).catch((cause: unknown) => {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The policy folder ${join(root, below)} could not be read.`, { cause })
  })
  const found: string[] = []
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) found.push(...await listPolicyFiles(root, path, depth + 1))
    if (entry.isFile() && (entry.name.endsWith('.rego') || entry.name === 'data.json')) found.push(path)
  }
  return found
}

function tooLarge (what: string): GatewayError {
  return new GatewayError('WEIR_ERR_POLICY_BUILD', `The policy folder is too large: ${what}.`)
}
