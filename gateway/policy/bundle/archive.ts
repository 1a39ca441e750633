import { decodeUtf8, parseStrictJson } from '../../decode/strict-json.ts'
import { sha256, digestOf } from '../../core/canonical-json.ts'
import { asGatewayError, GatewayError } from '../../core/errors.ts'
import type { Reads } from '../syntax/input-reads.ts'
import { ruleTexts, type RuleText } from '../rule-texts.ts'
import { readTarGz } from './tar-reader.ts'
import { writeTarGz } from './tar-writer.ts'

/** Members of every bundle that Weir decides by. */
export const MEMBERS = { manifest: '.manifest', data: 'data.json', wasm: 'policy.wasm', signatures: '.signatures.json' } as const

/** Files of a bundle by name, without the leading slash. */
export type BundleFiles = ReadonlyMap<string, Uint8Array>

/** What Weir knows of rules beside the compiled ones. In a bundle it stands in the manifest, so that a signature covers it. */
export interface WeirParts {
  /** What the rules read of the input; they are kept from the rest. */
  readonly reads: Reads
  readonly rules: readonly RuleText[]
}

const FORMAT = 1
const MAX_MEMBER_BYTES = 64 * 1024 * 1024
const MAX_READS_DEPTH = 64
const WITHOUT_PARTS: WeirParts = Object.freeze({ reads: 'all', rules: Object.freeze([]) })

/** @throws GatewayError WEIR_ERR_POLICY_BUILD when it is no archive, or one that readers could understand differently */
export function unpackBundle (archive: Uint8Array): BundleFiles {
  try {
    return readTarGz(archive)
  } catch (cause) {
    throw broken('The bundle could not be unpacked.', cause)
  }
}

/** The archive of these files; the manifest last, as OPA writes it. */
export async function packBundle (files: BundleFiles): Promise<Uint8Array> {
  const ordered = [...files].sort(([a], [b]) => Number(a === MEMBERS.manifest) - Number(b === MEMBERS.manifest))
  return await writeTarGz(new Map(ordered))
}

/**
 * The bundle that `opa build` made, with what Weir needs beside it written into its manifest's metadata.
 *
 * @param inspection what `opa inspect --annotations --format json` said of the sources
 */
export async function addWeirParts (archive: Uint8Array, inspection: string, reads: Reads): Promise<Uint8Array> {
  const files = unpackBundle(archive)
  const { annotations } = jsonOf(inspection, 'The description of the rules')
  const manifest = manifestOf(files)
  const extended = { ...manifest, metadata: { ...objectOf(manifest['metadata']), weir: { format: FORMAT, reads, annotations: annotations ?? [] } } }
  return await packBundle(new Map([...files, [MEMBERS.manifest, Buffer.from(JSON.stringify(extended))]]))
}

/** What `addWeirParts` wrote. A bundle of plain `opa build` has none: its rules are given the whole input and have no texts. */
export function weirParts (manifest: Readonly<Record<string, unknown>>): WeirParts {
  const parts = objectOf(manifest['metadata'])['weir']
  if (parts === undefined) return WITHOUT_PARTS
  const { format, reads, annotations } = objectOf(parts)
  if (format !== FORMAT) throw broken('The bundle was built for another version of Weir: build it again.')
  try {
    return Object.freeze({ reads: readsOf(reads, 0), rules: ruleTexts(JSON.stringify({ annotations })) })
  } catch (cause) {
    throw cause instanceof GatewayError ? cause : broken('The description of the rules in the bundle is broken.', cause)
  }
}

/**
 * The name of what a bundle decides by. Weir's own builds carry the digest of their sources; the word of another builder
 * says nothing of the content, so there it is a digest of the files.
 */
export function revisionOf (files: BundleFiles, manifest: Readonly<Record<string, unknown>>): string {
  const named = manifest['revision']
  const isWeirs = objectOf(manifest['metadata'])['weir'] !== undefined
  return isWeirs && typeof named === 'string' && /^[0-9a-f]{64}$/.test(named) ? named : contentDigest(files)
}

/** SHA-256 (hex) over the names and bytes of all files but the signature. */
function contentDigest (files: BundleFiles): string {
  return digestOf([...files].filter(([name]) => name !== MEMBERS.signatures).sort(([a], [b]) => a < b ? -1 : 1).map(([name, bytes]) => [name, sha256(bytes)]))
}

/** @throws GatewayError WEIR_ERR_POLICY_BUILD */
export function memberOf (files: BundleFiles, name: string): Uint8Array {
  const content = files.get(name)
  if (content === undefined) throw broken(`The bundle has no ${name}.`)
  return content
}

/** `.manifest` as it stands, whoever wrote it. @throws GatewayError WEIR_ERR_POLICY_BUILD */
export function manifestOf (files: BundleFiles): Readonly<Record<string, unknown>> {
  return jsonMember(files, MEMBERS.manifest)
}

/** An object in a member, read strictly. @throws GatewayError WEIR_ERR_POLICY_BUILD */
export function jsonMember (files: BundleFiles, name: string): Readonly<Record<string, unknown>> {
  return jsonOf(textMember(files, name), `${name} in the bundle`)
}

/** @throws GatewayError WEIR_ERR_POLICY_BUILD when it is absent or not UTF-8 */
export function textMember (files: BundleFiles, name: string): string {
  const bytes = memberOf(files, name)
  try {
    return decodeUtf8(bytes)
  } catch (cause) {
    throw broken(`${name} in the bundle is not UTF-8.`, cause)
  }
}

function jsonOf (text: string, what: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = parseStrictJson(text, { maxBytes: MAX_MEMBER_BYTES })
  } catch (cause) {
    throw broken(`${what} is refused: ${asGatewayError(cause).message}`, cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw broken(`${what} is not an object.`)
  return value as Record<string, unknown>
}

function readsOf (value: unknown, depth: number): Reads {
  if (value === 'all') return value
  if (!Array.isArray(value) || depth > MAX_READS_DEPTH) throw broken('What the rules read is not well described.')
  return value.map((pair: unknown) => {
    const [member, reads] = Array.isArray(pair) && pair.length === 2 ? pair as [unknown, unknown] : []
    if (typeof member !== 'string') throw broken('What the rules read is not well described.')
    return [member, readsOf(reads, depth + 1)] as const
  })
}

function objectOf (value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {}
}

function broken (message: string, cause?: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_POLICY_BUILD', message, cause === undefined ? {} : { cause })
}
