import { GatewayError } from '../core/errors.ts'
import { policyData, type PolicyData } from './data.ts'
import type { Reads } from './input-reads.ts'
import { ruleTexts, type RuleText } from './rule-texts.ts'
import { readTarGz } from './tar-reader.ts'

/** The one question a bundle answers. */
export const ENTRYPOINT = 'weir/decision'

/** A compiled policy, ready to load. `dataText` is the whole data document as JSON text. */
export interface Bundle {
  readonly revision: string
  readonly module: WebAssembly.Module
  readonly dataText: string
  readonly data: PolicyData
  readonly rules: readonly RuleText[]
  readonly reads: Reads
  /** Whether it came from the cache of an earlier start. */
  readonly cached: boolean
}

/** A bundle's bytes with what `opa inspect` says of its sources, and what they read. */
export interface PackedBundle { readonly archive: Uint8Array, readonly inspection: string, readonly reads: Reads, readonly revision: string }

/**
 * Reads what `opa build` and `opa inspect` wrote.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when a part is missing, of another revision, or the data are not valid
 */
export async function openBundle (packed: PackedBundle, cached: boolean): Promise<Bundle> {
  const files = unpack(packed.archive)
  const manifest = parse(member(files, '.manifest').toString('utf8'), '.manifest')
  if (manifest['revision'] !== packed.revision) throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'The bundle is of another revision than its sources.')
  const dataText = member(files, 'data.json').toString('utf8')
  const module = await WebAssembly.compile(new Uint8Array(member(files, 'policy.wasm'))).catch((cause: unknown) => {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'The compiled policy is not WebAssembly.', { cause })
  })
  return Object.freeze({
    revision: packed.revision,
    module,
    dataText,
    data: policyData(parse(dataText, 'data.json')),
    rules: ruleTexts(packed.inspection),
    reads: packed.reads,
    cached,
  })
}

function unpack (archive: Uint8Array): Map<string, Uint8Array> {
  try {
    return readTarGz(archive)
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'The bundle could not be unpacked.', { cause })
  }
}

function member (files: ReadonlyMap<string, Uint8Array>, name: string): Buffer {
  const content = files.get(name)
  if (content === undefined) throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The bundle has no ${name}.`)
  return Buffer.from(content)
}

function parse (text: string, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', `${name} in the bundle is not JSON.`, { cause })
  }
  throw new GatewayError('WEIR_ERR_POLICY_BUILD', `${name} in the bundle is not an object.`)
}
