import { randomBytes } from 'node:crypto'
import { folded, isRecord, listOf, member, notUnderstood, recordOf, refuseLookalikes, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import { billedUsage } from '../billed-usage.ts'
import { invalidCall, refusalText, type RefusalStyle, type Rule } from '../model-format.ts'

/** One `GenerateContentResponse`: a whole answer, or one event of a stream. */
export interface Chunk { readonly raw: JsonRecord, readonly candidates: readonly Candidate[], readonly usage: JsonRecord | null, readonly error: boolean }

/** One candidate of it. `calls` counts its parts that are function calls. */
export interface Candidate { readonly raw: JsonRecord, readonly content: JsonRecord | null, readonly parts: readonly Part[], readonly index: number, readonly finish: unknown, readonly chars: number, readonly callChars: number, readonly calls: number }

interface Part { readonly raw: JsonRecord, readonly call: { readonly raw: JsonRecord, readonly name: string, readonly args: JsonRecord } | null }

/** What became of a chunk's calls. `value` is null when nothing had to change. */
export interface GovernedChunk { readonly value: JsonRecord | null, readonly released: number, readonly refused: number }

const CHUNK_NAMES = folded(['candidates', 'usageMetadata'])
const CANDIDATE_NAMES = folded(['content', 'finishReason', 'index'])
const CONTENT_NAMES = folded(['parts', 'role'])
const CALL_NAMES = folded(['name', 'args', 'id'])
const PLAIN_END = 'STOP'
const ENDS: readonly unknown[] = [PLAIN_END, 'MAX_TOKENS', 'SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY', 'MALFORMED_FUNCTION_CALL'] // of a turn, as OpenCode reads them
const MAX_CANDIDATES = 8
const MAX_PARTS = 4_096
const MAX_CALLS = 256
const MAX_QUERIES = 1_024

// Parts that a client shows. What the provider's own tools did is reported in some of them; they ran where the provider is.
const PART_NAMES = folded([
  'text', 'thought', 'thoughtSignature', 'inlineData', 'fileData', 'executableCode', 'codeExecutionResult', 'videoMetadata', 'mediaResolution', 'functionCall',
  'toolCall', 'toolResponse', 'partMetadata', 'audioTranscription', 'mediaProcessing', 'speechMetadata',
])

/** @throws GatewayError WEIR_ERR_UPSTREAM when it is no such answer */
export function readChunk (value: unknown): Chunk {
  const raw = recordOf(value, 'an answer')
  refuseLookalikes(raw, CHUNK_NAMES)
  const candidates = listOf(raw['candidates'], 'candidates')
  if (candidates.length > MAX_CANDIDATES) throw notUnderstood('it has too many candidates')
  return {
    raw,
    candidates: candidates.map(readCandidate),
    usage: isRecord(raw['usageMetadata']) ? raw['usageMetadata'] : null,
    error: (raw['error'] ?? null) !== null,
  }
}

/** Adds what the provider searched for this chunk, each query once: chunks of a stream repeat them. */
export function gatherSearches ({ candidates }: Chunk, { web, files }: Searched): void {
  for (const { raw } of candidates) {
    const grounding = raw['groundingMetadata']
    gather(member(grounding, 'webSearchQueries'), web)
    gather(member(grounding, 'imageSearchQueries'), web)
    gather(member(grounding, 'retrievalQueries'), files)
  }
}

/** Queries of the web and of stored files. */
export interface Searched { readonly web: Set<string>, readonly files: Set<string> }

/** The usage with what was searched. */
export function searchedUsage (usage: JsonRecord | null, { web, files }: Searched): JsonRecord | null {
  return billedUsage(usage, { webSearches: web.size, fileSearches: files.size })
}

function gather (queries: unknown, known: Set<string>): void {
  if (!Array.isArray(queries)) return
  for (const query of queries) if (known.size < MAX_QUERIES) known.add(String(query))
}

/** The chunk with a plain end in the place of one for a reason that OpenCode does not know, which it would take for no end; null when it has none. */
export function plainlyEnded ({ raw, candidates }: Chunk): JsonRecord | null {
  const isUnknown = ({ finish }: Candidate): boolean => finish !== null && !ENDS.includes(finish)
  if (!candidates.some(isUnknown)) return null
  return { ...raw, candidates: candidates.map((candidate) => isUnknown(candidate) ? { ...candidate.raw, finishReason: PLAIN_END } : candidate.raw) }
}

/** Decides every call of a chunk, side by side, and puts refusals in the place of those that are refused. */
export async function governChunk (chunk: Chunk, rule: Rule, style: RefusalStyle): Promise<GovernedChunk> {
  if (chunk.candidates.every(({ calls }) => calls === 0)) return { value: null, released: 0, refused: 0 }
  const governed = await Promise.all(chunk.candidates.map(async (candidate) => {
    const parts = await Promise.all(candidate.parts.map(async (part) => await governPart(part, rule, style)))
    return { candidate, parts }
  }))
  const calls = chunk.candidates.reduce((sum, candidate) => sum + candidate.calls, 0)
  const refused = governed.reduce((sum, { parts }) => sum + parts.filter((part) => part.refused).length, 0)
  if (governed.every(({ candidate, parts }) => parts.every(({ raw }, at) => raw === candidate.parts[at]?.raw))) return { value: null, released: calls, refused }
  const candidates = governed.map(({ candidate, parts }) => ({ ...candidate.raw, ...(candidate.content === null ? {} : { content: { ...candidate.content, parts: parts.map(({ raw }) => raw) } }) }))
  return { value: { ...chunk.raw, candidates }, released: calls - refused, refused }
}

async function governPart ({ raw, call }: Part, rule: Rule, style: RefusalStyle): Promise<{ readonly raw: JsonRecord, readonly refused: boolean }> {
  if (call === null) return { raw, refused: false }
  const id = typeof call.raw['id'] === 'string' && call.raw['id'] !== '' ? call.raw['id'] : `call_${randomBytes(12).toString('hex')}`
  const ruling = await rule({ id, native: call.name, argumentsText: JSON.stringify(call.args), problem: null })
  if (ruling.allowed) return { raw: ruling.argumentsText === undefined ? raw : { ...raw, functionCall: { ...call.raw, args: JSON.parse(ruling.argumentsText) as JsonRecord } }, refused: false }
  const { functionCall: _functionCall, ...rest } = raw
  if (style === 'text') return { raw: { ...rest, text: refusalText(call.name, ruling.feedback) }, refused: true }
  const { name, argumentsText } = invalidCall(call.name, ruling.feedback)
  return { raw: { ...rest, functionCall: { ...(call.raw['id'] === undefined ? {} : { id: call.raw['id'] }), name, args: JSON.parse(argumentsText) as JsonRecord } }, refused: true }
}

function readCandidate (value: unknown): Candidate {
  const raw = recordOf(value, 'a candidate')
  refuseLookalikes(raw, CANDIDATE_NAMES)
  const content = (raw['content'] ?? null) === null ? null : recordOf(raw['content'], 'content')
  if (content !== null) refuseLookalikes(content, CONTENT_NAMES)
  const parts = listOf(content?.['parts'], 'parts').map(readPart)
  const calls = parts.filter(({ call }) => call !== null).length
  if (parts.length > MAX_PARTS || calls > MAX_CALLS) throw notUnderstood('a candidate has too many parts')
  const index = raw['index'] ?? 0
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0 || index >= MAX_CANDIDATES) throw notUnderstood('a candidate has no usable index')
  return { raw, content, parts, index, finish: raw['finishReason'] ?? null, chars: parts.reduce((sum, part) => sum + charsOf(part), 0), callChars: parts.reduce((sum, { call }) => sum + (call === null ? 0 : JSON.stringify(call.args).length), 0), calls }
}

function readPart (value: unknown): Part {
  const raw = recordOf(value, 'a part')
  refuseLookalikes(raw, PART_NAMES)
  // A kind of part that is not known here could be one that a client runs; a plain mark beside a text is none.
  for (const [name, held] of Object.entries(raw)) {
    if (typeof held === 'object' && held !== null && PART_NAMES.get(name.toLowerCase()) !== name) throw notUnderstood('a part is of an unknown kind')
  }
  if ((raw['functionCall'] ?? null) === null) return { raw, call: null }
  return { raw, call: readCall(recordOf(raw['functionCall'], 'a function call')) }
}

function readCall (raw: JsonRecord): NonNullable<Part['call']> {
  refuseLookalikes(raw, CALL_NAMES)
  // Arguments that come in pieces over several events are asked for with a setting that OpenCode and the SDKs do not use.
  if ((raw['partialArgs'] ?? null) !== null || (raw['willContinue'] ?? false) !== false) throw notUnderstood('a function call comes in pieces')
  const { name, args } = raw
  if (typeof name !== 'string') throw notUnderstood('a function call has no name')
  return { raw, name, args: (args ?? null) === null ? {} : recordOf(args, 'the arguments of a function call') }
}

function charsOf ({ raw }: Part): number {
  return typeof raw['text'] === 'string' ? raw['text'].length : 0
}
