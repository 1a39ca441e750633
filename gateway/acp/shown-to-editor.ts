import { posix } from 'node:path'
import { isRecord, valueIn } from './fields.ts'
import type { Params } from './message.ts'
import type { Places } from './places.ts'

/** What an agent shows, with the paths of this machine, so that an editor can open what it names. */
export function shownToEditor (update: Params, { root, agentRoot }: Places): Params {
  if (root === agentRoot) return update
  const local = (value: unknown): unknown => {
    const path = isRecord(value) ? valueIn(value, 'path') : undefined
    if (!isRecord(value) || typeof path !== 'string') return value
    if (path === agentRoot) return { ...value, path: root }
    return path.startsWith(`${agentRoot}/`) ? { ...value, path: posix.join(root, path.slice(agentRoot.length + 1)) } : value
  }
  const { locations, content } = update
  return { ...update, ...(Array.isArray(locations) ? { locations: locations.map(local) } : {}), ...(Array.isArray(content) ? { content: content.map(local) } : {}) }
}
