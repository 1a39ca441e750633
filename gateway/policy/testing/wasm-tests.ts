import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '../../core/errors.ts'
import { demandOpa } from '../build.ts'
import type { Opa } from '../opa-binary.ts'
import { readTarGz } from '../bundle/tar-reader.ts'
import { instantiatePolicy, type WasmInstance } from '../wasm/driver.ts'
import { compileMetered } from '../wasm/fuel.ts'

// One WebAssembly file per batch. Each build plans all rules again: four files for 238 tests took twice the processor time of one.
const BATCH = 250

/**
 * Which Rego tests pass through WebAssembly, by name.
 *
 * @param names `data.<package>.<test>`
 * @param at the folder that holds them, and an empty one for what is built
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when they cannot be compiled
 */
export async function runWasmTests (opa: Opa, names: readonly string[], at: { readonly snapshot: string, readonly outside: string }): Promise<ReadonlyMap<string, boolean>> {
  const passed = new Map<string, boolean>()
  for (let from = 0; from < names.length; from += BATCH) {
    const batch = await runBatch(opa, names.slice(from, from + BATCH), { snapshot: at.snapshot, output: join(at.outside, `tests-${from}.tar.gz`) })
    for (const [name, didPass] of batch) passed.set(name, didPass)
  }
  return passed
}

async function runBatch (opa: Opa, names: readonly string[], at: { readonly snapshot: string, readonly output: string }): Promise<ReadonlyMap<string, boolean>> {
  const entrypoints = names.map((name) => name.replace(/^data\./, '').replaceAll('.', '/'))
  await demandOpa(opa, ['build', '--bundle', '--target', 'wasm', '--prune-unused', ...entrypoints.flatMap((name) => ['--entrypoint', name]), '--output', at.output, '.'], at.snapshot)
  const files = readTarGz(await readFile(at.output))
  const wasm = files.get('policy.wasm')
  const data = files.get('data.json')
  if (wasm === undefined || data === undefined) throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'The compiled tests are incomplete.')
  const module = await compileMetered(wasm)
  const dataText = Buffer.from(data).toString('utf8')
  const passes = createRunner(() => instantiatePolicy(module, dataText))
  return new Map(names.map((name, i) => [name, passes(entrypoints[i] ?? '')]))
}

/** Asks one instance for test after test, as the gateway asks it for decision after decision, until one throws: then a new one. */
function createRunner (instantiate: () => WasmInstance): (entrypoint: string) => boolean {
  let current: WasmInstance | null = null
  return (entrypoint) => {
    try {
      current ??= instantiate()
      const id = current.entrypoints[entrypoint]
      return id !== undefined && current.evaluate(id, '{}') === '[{"result":true}]'
    } catch {
      current = null
      return false // a throw is a failed test, as it would be a denied call
    }
  }
}
