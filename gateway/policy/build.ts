import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { sha256 } from '../core/canonical-json.ts'
import { GatewayError } from '../core/errors.ts'
import { packageRoot } from '../package-root.ts'
import { openBundle, ENTRYPOINT, type Bundle } from './bundle/bundle.ts'
import { addWeirParts } from './bundle/archive.ts'
import { readCachedBundle, writeCachedBundle } from './bundle/cache.ts'
import { dataFaults } from './data/data-faults.ts'
import { joinData } from './data/join-data.ts'
import { inputReads, PARSE_QUERY, syntaxTrees, type Reads } from './syntax/input-reads.ts'
import { createRuleGraph } from './syntax/rule-graph.ts'
import { moduleOf, type RawModule, type SyntaxModule } from './syntax/syntax-tree.ts'
import { undefinedReferences } from './syntax/undefined-references.ts'
import type { Opa } from './opa-binary.ts'
import { inputSchemaFile } from './opa-schema.ts'
import { partsIdentity } from './parts-identity.ts'
import { isTestFile, readPolicyFolder, writePolicyFolder, type PolicyFolder } from './policy-folder.ts'

const MAX_NAMED = 5 // a package that is missing can be read in many places

export interface BuildOptions { readonly dir: string, readonly opa: Opa, readonly cacheDir: string }

/** The built-ins a rule may use: those that WebAssembly has and answers like native OPA. Always Weir's own list, not the folder's. */
export function capabilitiesFile (): string {
  return join(packageRoot(), 'policies', 'capabilities.json')
}

/**
 * Compiles a policy folder, or takes the bundle that an earlier start of the same Weir made of the same content with the same OPA.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD naming file and line; WEIR_ERR_OPA_MISSING
 */
export async function buildBundle (options: BuildOptions): Promise<Bundle> {
  const folder = await readPolicyFolder(options.dir)
  const key = await cacheKey(folder, options.opa, await partsIdentity())
  const cached = await readCachedBundle(options.cacheDir, key)
  if (cached !== null) return await openBundle(cached, true)
  demandSoundData(folder)
  const archive = await compile(folder, options.opa)
  const bundle = await openBundle(archive, false)
  if (bundle.revision !== folder.revision) throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'The bundle is of another revision than its sources.')
  await writeCachedBundle(options.cacheDir, key, archive)
  return bundle
}

/** What names a compiled folder in the cache: changes with all that its bundle is made from, and with what makes it. */
export async function cacheKey ({ revision }: PolicyFolder, { identity }: Opa, parts: string): Promise<string> {
  const [capabilities, schema] = await Promise.all([capabilitiesFile(), inputSchemaFile()].map(async (file) => sha256(await readFile(file, 'utf8'))))
  return sha256([revision, identity, parts, capabilities, schema, buildArguments(revision, '').join(' ')].join('\n'))
}

/** Runs `use` with the snapshot written to a temporary folder, which is gone afterwards. */
export async function withPolicyFolder<T> (folder: PolicyFolder, use: (dir: string, outside: string) => Promise<T>): Promise<T> {
  const temporary = await mkdtemp(join(tmpdir(), 'weir-policy-'))
  try {
    const dir = join(temporary, 'policies')
    await writePolicyFolder(folder, dir)
    return await use(dir, temporary)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/** Runs OPA and demands success. @throws GatewayError WEIR_ERR_POLICY_BUILD with OPA's own words, which name file and line */
export async function demandOpa (opa: Opa, args: readonly string[], cwd: string): Promise<string> {
  const ran = await opa.run(args, cwd)
  if (ran.code === 0) return ran.stdout
  // `opa build` reports on stdout, `check` and `inspect` on stderr.
  const said = `${ran.stderr}\n${ran.stdout}`.trim().slice(0, 4_096)
  throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The policy does not compile: ${said}`)
}

async function compile (folder: PolicyFolder, opa: Opa): Promise<Uint8Array> {
  return await withPolicyFolder(folder, async (dir, outside) => {
    const output = join(outside, 'bundle.tar.gz')
    await demandOpa(opa, ['check', '--strict', '--bundle', '--ignore', '*_test.rego', '--capabilities', capabilitiesFile(), '--schema', inputSchemaFile(), '.'], dir)
    await demandOpa(opa, buildArguments(folder.revision, output), dir)
    const inspection = await demandOpa(opa, ['inspect', '--annotations', '--format', 'json', '.'], dir)
    return await addWeirParts(await readFile(output), inspection, await readsOf(folder, opa, join(outside, 'modules.json')))
  })
}

async function readsOf (folder: PolicyFolder, opa: Opa, file: string): Promise<Reads> {
  const modules = [...folder.files].filter(([path]) => path.endsWith('.rego') && !isTestFile(path))
  await writeFile(file, JSON.stringify(Object.fromEntries(modules)))
  const parsed = await demandOpa(opa, ['eval', '--format', 'json', '--strict-builtin-errors', '--import', 'rego.v1', '--input', file, PARSE_QUERY], dirname(file))
  demandDefined(syntaxTrees(parsed, modules.length).map((tree, i) => moduleOf(modules[i]?.[0] ?? '', tree as RawModule)), folder)
  return inputReads(parsed, modules.length)
}

/** Of what is never there, whoever reads it is silent: a gateway would start with rules that are off, and nobody would hear of it. */
function demandDefined (modules: readonly SyntaxModule[], { files }: PolicyFolder): void {
  const missing = undefinedReferences(createRuleGraph(modules), joinData(files) ?? {})
  if (missing.length === 0) return
  const named = missing.slice(0, MAX_NAMED).map(({ place, path }) => `${place.file} reads ${path.join('.')}`)
  throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The policy reads what nothing in its folder defines: ${named.join('; ')}. "weir policy check" shows the lines.`)
}

function demandSoundData ({ files }: PolicyFolder): void {
  const [fault] = dataFaults(files)
  if (fault !== undefined) throw new GatewayError('WEIR_ERR_POLICY_BUILD', `${fault.file}:${fault.row}:${fault.col}: ${fault.text}`)
}

// No -O1 or -O2: they inline data and change answers. From `.`: paths are part of the bytes. --prune-unused: else rules that
// refer to the entrypoint become entrypoints themselves.
function buildArguments (revision: string, output: string): string[] {
  return [
    'build', '--bundle', '--target', 'wasm', '--prune-unused', '--ignore', '*_test.rego', '--capabilities', capabilitiesFile(),
    '--revision', revision, '--entrypoint', ENTRYPOINT, '--output', output, '.',
  ]
}
