import type { Dirent } from 'node:fs'
import { lstat, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { digestOf, sha256 } from '../core/canonical-json.ts'
import { GatewayError } from '../core/errors.ts'
import { decodeUtf8 } from '../decode/strict-json.ts'

const MAX_FILES = 2_000
const MAX_BYTES = 16 * 1024 * 1024
const MAX_DEPTH = 16
const TEST_SUFFIX = '_test.rego'
const DATA_FILE = 'data.json'
const DATA_NAMES: readonly string[] = [DATA_FILE, 'data.yaml', 'data.yml']

/** A policy folder read once: path (relative, `/`, sorted) → text. What was hashed is what is compiled. */
export interface PolicyFolder {
  readonly files: ReadonlyMap<string, string>
  /** SHA-256 (hex) over the paths and contents of all that can decide: rules and data, not tests. */
  readonly revision: string
}

/**
 * Reads the `.rego` and `data.json` files below `dir`, but for names that begin with a dot. A rule that is passed over is a
 * rule that is off, so what looks like one and cannot be taken is refused: a link, a device, data in YAML.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when it cannot be read, holds what is refused, or is larger than 2,000 files or 16 MiB
 */
export async function readPolicyFolder (dir: string): Promise<PolicyFolder> {
  const paths = (await listPolicyFiles(dir, '', 0)).sort()
  if (paths.length > MAX_FILES) throw tooLarge(`more than ${MAX_FILES} files`)
  const files = new Map<string, string>()
  let bytes = 0
  for (const path of paths) {
    const content = await readPolicyFile(join(dir, path), MAX_BYTES - bytes)
    bytes += content.length
    files.set(path, textOf(content, path))
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
    else if (await isPolicyFile(entry, root, path)) found.push(path)
  }
  return found
}

async function isPolicyFile (entry: Dirent, root: string, path: string): Promise<boolean> {
  const isNamedSo = entry.name.endsWith('.rego') || DATA_NAMES.includes(entry.name)
  if (entry.isSymbolicLink() && (isNamedSo || await leadsToFolder(join(root, path)))) throw refused(path, 'is a link, and links are not followed: put what it leads to in its place')
  if (!isNamedSo) return false
  if (entry.name !== DATA_FILE && !entry.name.endsWith('.rego')) throw refused(path, `is YAML, whose readers disagree: write ${DATA_FILE}`)
  if (!entry.isFile()) throw refused(path, 'is not a regular file')
  return true
}

async function leadsToFolder (link: string): Promise<boolean> {
  return await stat(link).then((there) => there.isDirectory(), () => false) // a link to nothing holds no rule
}

async function readPolicyFile (file: string, maxBytes: number): Promise<Uint8Array> {
  try {
    // Asked first: a file larger than all that is left is not read.
    if ((await lstat(file)).size > maxBytes) throw tooLarge(`more than ${MAX_BYTES} bytes`)
    return await readFile(file)
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The policy file ${file} could not be read.`, { cause })
  }
}

// Other bytes would be replaced, and another text decide than the one that was written.
function textOf (content: Uint8Array, path: string): string {
  try {
    return decodeUtf8(content)
  } catch (cause) {
    throw refused(path, 'is not UTF-8', cause)
  }
}

function refused (path: string, what: string, cause?: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_POLICY_BUILD', `${path} in the policy folder ${what}.`, cause === undefined ? {} : { cause })
}

function tooLarge (what: string): GatewayError {
  return new GatewayError('WEIR_ERR_POLICY_BUILD', `The policy folder is too large: ${what}.`)
}
