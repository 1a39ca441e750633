import { GatewayError } from '../../core/errors.ts'
import { jsonMember, manifestOf, MEMBERS, memberOf, revisionOf, textMember, unpackBundle, weirParts, type BundleFiles } from './archive.ts'
import { policyData, type PolicyData } from '../data/data.ts'
import type { Reads } from '../syntax/input-reads.ts'
import type { RuleText } from '../rule-texts.ts'
import { compileMetered } from '../wasm/fuel.ts'

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
  /** The bytes it was read from: a gzipped tar, signed or not. */
  readonly archive: Uint8Array
}

/**
 * Reads a bundle: one of Weir's, or one that plain `opa build -t wasm` made.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when a part is missing, or the data are not valid
 */
export async function openBundle (archive: Uint8Array, cached: boolean, files: BundleFiles = unpackBundle(archive)): Promise<Bundle> {
  refuseOtherData(files)
  const manifest = manifestOf(files)
  const dataText = textMember(files, MEMBERS.data)
  const module = await compileMetered(memberOf(files, MEMBERS.wasm))
  return Object.freeze({
    revision: revisionOf(files, manifest),
    module,
    dataText,
    data: policyData(jsonMember(files, MEMBERS.data)),
    ...weirParts(manifest),
    cached,
    archive,
  })
}

// OPA merges data from every folder, reads YAML and patches too. Rules that were tested with all of it must not run with less.
function refuseOtherData (files: BundleFiles): void {
  const other = [...files.keys()].find((name) => name !== MEMBERS.data && /(?:^|\/)(?:data\.json|data\.ya?ml|patch\.json)$/.test(name))
  if (other !== undefined) throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The bundle has data beside ${MEMBERS.data}: build it with "opa build", which joins them.`)
}
