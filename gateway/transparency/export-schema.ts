import { ENVIRONMENTS } from '../core/actor.ts'
import { Type } from '../core/schema-type.ts'

const closed = { additionalProperties: false }
const SHA256 = { pattern: '^[0-9a-f]{64}$' }

const Header = Type.Object({
  format: Type.Literal('weir-ledger-export'),
  version: Type.Literal(1),
  filter: Type.Union([Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])), Type.Null()], { description: 'What was asked of the ledger; null when all of it was.' }),
  checkpoint: Type.String({ description: 'The signed checkpoint (C2SP tlog-checkpoint) that the entries are of.' }),
}, { ...closed, description: 'First line.' })

const Tombstone = Type.Object({
  tombstone: Type.Integer({ minimum: 0, description: 'Index of the entry.' }),
  segment: Type.Integer({ minimum: 0, description: 'First index of its segment.' }),
  opens: Type.Optional(Type.Enum([...ENVIRONMENTS], { description: 'Of an allowed decision: its environment.' })),
  closes: Type.Optional(Type.Integer({ minimum: 0, description: 'Of an outcome: index of its decision.' })),
}, { ...closed, description: 'What is left of an entry that expired (docs/ledger-retention.md); only without a filter.' })

const Entry = Type.Object({
  hash: Type.String({ ...SHA256, description: 'SHA-256 of the exact bytes of `entry`, as they stand in the line; of an entry that expired, of the bytes that were there.' }),
  proof: Type.Optional(Type.Array(Type.String({ pattern: '^[A-Za-z0-9+/]{43}=$' }), { description: 'Inclusion proof (RFC 6962, section 2.1.1), base64; there if and only if there is a filter.' })),
  entry: Type.Unknown({ anyOf: [{ $ref: 'ledger-entry.schema.json' }, Tombstone] }),
}, { ...closed, description: 'One line for each entry, in the order of their indexes. The members stand in this order, without spaces.' })

const End = Type.Object({
  entries: Type.Integer({ minimum: 0, description: 'Entries before this line.' }),
  sha256: Type.String({ ...SHA256, description: 'SHA-256 of all bytes before this line.' }),
}, { ...closed, description: 'Last line.' })

const Part = Type.Object({
  entries: Type.Integer({ minimum: 1, description: 'Lines of the part.' }),
  bytes: Type.Integer({ minimum: 1, description: 'Its size.' }),
  sha256: Type.String({ ...SHA256, description: 'SHA-256 of its bytes; it is in the part\'s name.' }),
}, closed)

const Manifest = Type.Object({
  format: Type.Literal('weir-ledger-export-parts'),
  version: Type.Literal(1),
  filter: Header.properties.filter,
  checkpoint: Header.properties.checkpoint,
  parts: Type.Array(Part, { description: 'In order. A part is the file entries/NUMBER-SHA256.jsonl, NUMBER in 20 digits the entries in the parts before it.' }),
  entries: Type.Integer({ minimum: 0, description: 'Entries of all parts, as the last line of the export has it.' }),
  sha256: Type.String({ ...SHA256, description: 'SHA-256 of the first line and all parts, as the last line has it.' }),
}, { ...closed, description: 'manifest.json of an export in parts.' })

/** The JSON Schema of a line of an export, and of a manifest, as it is published. */
export function exportJsonSchema (): string {
  return `${JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Weir ledger export', description: 'One line of a file of weir audit export, or the manifest of an export in parts (docs/ledger.md).', anyOf: [Header, Entry, End, Manifest] }, null, 2)}\n`
}
