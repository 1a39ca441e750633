import { Check } from 'typebox/schema'
import { ENVIRONMENTS } from '../core/actor.ts'
import { Type } from '../core/schema-type.ts'
import { parseStrictJson } from '../decode/strict-json.ts'
import { TOOL_ENDINGS } from '../../sandbox/sandbox.ts'
import { RELEASE_ID, type ReleaseLine, type SignedManifest } from './release.ts'

/** Of a manifest with its signature, or a line of the record: ten times what they have. */
export const MAX_MANIFEST_BYTES = 65_536

// Closed: a member that this version does not know may mean that another one reads the same line as something else.
const closed = { additionalProperties: false }
const text = Type.String({ maxLength: 4_096 })
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const id = Type.String({ pattern: RELEASE_ID })
const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
const object = Type.String({ pattern: '^([0-9a-f]{40}|[0-9a-f]{64})$' })
const environment = Type.Enum([...ENVIRONMENTS])

const Manifest = Type.Object({
  format: Type.Literal(1),
  id,
  digest: sha256,
  app: text,
  environment,
  source: object,
  commit: object,
  tree: object,
  archive: Type.Object({ sha256, bytes: count, files: count }, closed),
  withheld: count,
  revision: text,
  madeBy: text,
  madeAtMs: count,
  entry: count,
}, closed)
const Signed = Type.Object({ manifest: Manifest, signature: Type.String({ pattern: '^[A-Za-z0-9+/]{86}==$' }), key: sha256 }, closed)
const Result = Type.Object({ id, name: text, passed: Type.Boolean(), how: Type.Enum([...TOOL_ENDINGS]), code: count, by: text, atMs: count, entry: count }, closed)
const Pointing = Type.Object({
  app: text,
  environment,
  id,
  from: Type.Union([id, Type.Null()]),
  action: Type.Enum(['promote', 'rollback']),
  by: text,
  atMs: count,
  entry: count,
  tip: Type.Union([object, Type.Null()]),
}, closed)

const LINES = {
  made: Type.Object({ kind: Type.Literal('made'), release: Signed }, closed),
  checked: Type.Object({ kind: Type.Literal('checked'), check: Result }, closed),
  pointed: Type.Object({ kind: Type.Literal('pointed'), pointing: Pointing }, closed),
  settled: Type.Object({ kind: Type.Literal('settled'), entry: count }, closed),
} as const
const KINDS = Object.keys(LINES) as ReadonlyArray<keyof typeof LINES>

/** A line of the record; null for what is none. Whether signature and digest are right is not looked at. */
export function parseReleaseLine (line: string): ReleaseLine | null {
  const value = jsonOf(line) as { readonly kind?: unknown } | null
  const kind = KINDS.find((one) => one === value?.kind)
  return kind !== undefined && Check(LINES[kind], value) ? value as ReleaseLine : null
}

/** A manifest with its signature, as it travels beside an archive; null for what is none. Whether it is signed is not looked at. */
export function parseSignedManifest (json: string): SignedManifest | null {
  const value = jsonOf(json)
  return Check(Signed, value) ? value as SignedManifest : null
}

function jsonOf (json: string): unknown {
  try {
    return parseStrictJson(json, { maxBytes: MAX_MANIFEST_BYTES })
  } catch {
    return null // not JSON that all parsers read alike: who asked says so, with its place
  }
}
