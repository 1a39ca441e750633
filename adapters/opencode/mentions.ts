import { isRecord } from './json-record.ts'

/** Which of the agent's sessions and folders an event, or an item of a list, speaks of. */
export interface Mentions {
  readonly sessions: readonly string[]
  readonly folders: readonly string[]
  /** Sessions whose own description is in it, with the folder each is in. */
  readonly homes: ReadonlyArray<{ readonly session: string, readonly folder: string }>
}

const SESSION = /^ses_/

// Where OpenCode 1.18 puts its ids: `/event` in properties, `/global/event` in payload, its doubles in syncEvent, the second engine in data.
const INNER = ['payload', 'properties', 'syncEvent', 'data', 'info', 'part', 'durable'] as const
const IDS = ['sessionID', 'aggregateID', 'id'] as const
const MAX_DEPTH = 6

/** Reads what a value speaks of from the places that OpenCode has for it, and from no text inside it. */
export function mentionsOf (value: unknown): Mentions {
  const found = { sessions: [], folders: [], homes: [] }
  look(value, found, 0)
  return found
}

interface Found { readonly sessions: string[], readonly folders: string[], readonly homes: Array<{ session: string, folder: string }> }

function look (value: unknown, found: Found, depth: number): void {
  if (!isRecord(value) || depth > MAX_DEPTH) return
  const folder = folderOf(value)
  if (folder !== null) found.folders.push(folder)
  for (const name of IDS) {
    const id = value[name]
    if (typeof id === 'string' && SESSION.test(id)) found.sessions.push(id)
  }
  if (folder !== null && typeof value['id'] === 'string' && SESSION.test(value['id'])) found.homes.push({ session: value['id'], folder })
  for (const name of INNER) if (value[name] !== undefined) look(value[name], found, depth + 1)
}

function folderOf (value: Readonly<Record<string, unknown>>): string | null {
  if (typeof value['directory'] === 'string') return value['directory']
  const location = value['location']
  return isRecord(location) && typeof location['directory'] === 'string' ? location['directory'] : null
}
