import { pathToFileURL } from 'node:url'
import { fileOf, hasSlashCommand } from '../../adapters/acp/prompt.ts'
import { isRecord, recordIn, textIn, UnfitParams, valueIn } from './fields.ts'
import type { Params } from './message.ts'
import type { Places } from './places.ts'

/** A prompt for the agent. `asked` is what policy is asked about it, null when it is words alone. */
export interface PromptParts { readonly parts: readonly Params[], readonly asked: readonly Params[] | null }

/**
 * The parts of a prompt, rebuilt, with paths as the agent knows them. Files that it refers to are read by agents without asking, and slash
 * commands can start programs: both are for policy to decide.
 *
 * @throws UnfitParams for a part that the protocol does not know
 */
export function agentTextParts (prompt: readonly unknown[], places: Places): PromptParts {
  const parts: Params[] = []
  const asked: Params[] = []
  for (const part of prompt) {
    const { passed, question } = read(isRecord(part) ? part : {}, places)
    parts.push(passed)
    if (question !== null) asked.push(question)
  }
  const texts = parts.flatMap(({ type, text }) => type === 'text' && typeof text === 'string' ? [text] : [])
  if (hasSlashCommand(texts)) asked.push(...texts.map((text) => ({ type: 'text', text: toPolicy(text, places) })))
  return { parts, asked: asked.length === 0 ? null : asked }
}

interface Part { readonly passed: Params, readonly question: Params | null }

function read (part: Params, places: Places): Part {
  switch (part['type']) {
    case 'text': return { passed: { type: 'text', text: textIn(part, 'text') }, question: null }
    case 'image':
    case 'audio': return { passed: { type: part['type'], data: textIn(part, 'data'), mimeType: textIn(part, 'mimeType') }, question: null }
    case 'resource': return { passed: embedded(part), question: null }
    case 'resource_link': return linked(textIn(part, 'uri'), textIn(part, 'name'), places)
    default: throw new UnfitParams('a part of the prompt is of no known type')
  }
}

function toPolicy (text: string, places: Places): string {
  const asked = places.textToPolicy(text)
  if (asked === null) throw new UnfitParams('a slash command names a folder that cannot be told from the project')
  return asked
}

// Its content is what the editor shows its user; it is read from nowhere.
function embedded (part: Params): Params {
  const resource = recordIn(part, 'resource')
  const content = typeof resource['text'] === 'string' ? { text: resource['text'] } : { blob: textIn(resource, 'blob') }
  const type = valueIn(resource, 'mimeType')
  return { type: 'resource', resource: { uri: textIn(resource, 'uri'), ...content, ...(typeof type === 'string' ? { mimeType: type } : {}) } }
}

function linked (uri: string, name: string, places: Places): Part {
  const path = fileOf(uri)
  const seen = path === null ? null : places.toAgent(path)
  if (path === null || seen === null) throw new UnfitParams('a file that the prompt refers to is not in the project')
  return {
    passed: { type: 'resource_link', uri: pathToFileURL(seen).href, name },
    question: { type: 'resource_link', uri: pathToFileURL(places.agentToPolicy(seen)).href },
  }
}
