import { fileURLToPath, pathToFileURL } from 'node:url'
import { GatewayError } from '../../gateway/core/errors.ts'
import { field, picked, type Field } from './body-fields.ts'
import { isRecord } from './json-record.ts'

/** A tool call that a request amounts to, in the agent's own terms. */
export interface NativeWish { readonly native: string, readonly args: Readonly<Record<string, unknown>> }

/** Parts as they will be sent, and the calls that sending them amounts to. */
export interface CleanParts { readonly parts: readonly unknown[], readonly wishes: readonly NativeWish[] }

const MAX_PARTS = 256
const MAX_URL = 33_554_432 // a `data:` URL fills at most the whole body

const span: Readonly<Record<string, Field>> = { value: field.text, start: field.number, end: field.number }
const source = {
  file: { type: field.name, path: field.name, text: field.record(span) },
  symbol: { type: field.name, path: field.name, name: field.name, kind: field.number, range: field.object, text: field.record(span) },
} as const

/**
 * Rebuilds the parts of a prompt. Text, agent mentions and `data:` files pass; a `file:` part is a read and a `subtask` part
 * a delegation, to be decided as such; anything else is refused.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED
 */
export function cleanParts (value: unknown): CleanParts {
  if (!Array.isArray(value) || value.length > MAX_PARTS) throw malformed(`parts must be a list of at most ${MAX_PARTS}`)
  const cleaned = value.map(cleanPart)
  return { parts: cleaned.map(({ part }) => part), wishes: cleaned.flatMap(({ wish }) => wish ?? []) }
}

function cleanPart (part: unknown): { readonly part: unknown, readonly wish: NativeWish | null } {
  if (!isRecord(part)) throw malformed('a part must be an object')
  if (part['type'] === 'text') return { part: textPart(part), wish: null }
  if (part['type'] === 'agent') return { part: picked(part, { ...id, type: field.name, name: field.name, source: field.record(span) }), wish: null }
  if (part['type'] === 'file') return filePart(part)
  if (part['type'] === 'subtask') return subtaskPart(part)
  throw malformed('a part is of a kind that the gateway does not know')
}

const id = { id: field.id('prt') }

function textPart (part: Readonly<Record<string, unknown>>): unknown {
  const time = field.record({ start: field.number, end: field.number })
  return picked(part, { ...id, type: field.name, text: field.text, synthetic: field.flag, ignored: field.flag, time, metadata: field.object })
}

function filePart (part: Readonly<Record<string, unknown>>): { readonly part: unknown, readonly wish: NativeWish | null } {
  const clean = {
    ...picked(part, { ...id, type: field.name, mime: field.name, filename: field.name, url: (url) => typeof url === 'string' && url.length <= MAX_URL ? url : undefined }),
    ...cleanSource(part['source']),
  }
  const url = String(part['url'])
  // Lower case only: `DATA:` is the same to a browser and might not be to the agent.
  if (url.startsWith('data:')) return { part: clean, wish: null }
  const file = readOf(url)
  return { part: { ...clean, url: file.url }, wish: { native: 'read', args: { filePath: file.path } } }
}

// A `resource` source makes the agent read from an MCP server instead.
function cleanSource (value: unknown): { readonly source?: unknown } {
  if (value === undefined) return {}
  if (isRecord(value) && value['type'] === 'file') return { source: picked(value, source.file) }
  if (isRecord(value) && value['type'] === 'symbol') return { source: picked(value, source.symbol) }
  throw malformed('the source of a file part is neither a file nor a symbol')
}

// Taken apart and built again, so that the path that is decided is the path that is sent.
function readOf (url: string): { readonly url: string, readonly path: string } {
  if (!url.startsWith('file:///') || !URL.canParse(url)) throw malformed('a file part is neither a data: nor a file: URL')
  const given = new URL(url)
  const path = localPath(given)
  const lines = [...given.searchParams].filter(([name, value]) => (name === 'start' || name === 'end') && /^\d{1,9}$/.test(value))
  const rebuilt = pathToFileURL(path)
  rebuilt.search = new URLSearchParams(lines).toString()
  return { url: rebuilt.href, path }
}

function localPath (url: URL): string {
  const path = fileUrlPath(url)
  if (path === null || path.includes('%') || path.includes('\0')) throw malformed('a file: URL does not name one plain path')
  return path
}

function fileUrlPath (url: URL): string | null {
  try {
    return fileURLToPath(url)
  } catch {
    return null // an encoded slash or a host
  }
}

function subtaskPart (part: Readonly<Record<string, unknown>>): { readonly part: unknown, readonly wish: NativeWish } {
  const clean = picked(part, {
    ...id,
    type: field.name,
    prompt: field.text,
    description: field.text,
    agent: field.name,
    command: field.name,
    model: field.record({ providerID: field.name, modelID: field.name }),
  })
  return { part: clean, wish: { native: 'task', args: { description: clean['description'], prompt: clean['prompt'], subagent_type: clean['agent'] } } }
}

function malformed (what: string): GatewayError {
  return new GatewayError('WEIR_ERR_DECODE_MALFORMED', `The prompt was refused: ${what}.`)
}
