import type { AgentHttp } from '../../../adapters/opencode/agent-http.ts'
import { isRecord } from '../../../adapters/opencode/json-record.ts'
import { mentionsOf } from '../../../adapters/opencode/mentions.ts'
import { GatewayError } from '../../core/errors.ts'

const MAX_KNOWN = 8_192 // ids of one agent; each is asked for again when it was dropped
const LOOKUP_SILENCE_MS = 10_000
const GLOBAL = 'global' // the folder that OpenCode names in events about no folder

/** Which of the agent's own sessions are of this sandbox: those that its agent keeps in the sandbox's own folder. */
export interface SessionOwner {
  /** @throws GatewayError WEIR_ERR_UPSTREAM when the agent cannot say */
  owns (session: string): Promise<boolean>
  /** Whether every session and folder that an event, or an item of a list, speaks of is this sandbox's own. */
  isOwn (value: unknown): Promise<boolean>
  /** A list or map of the agent without what is not of this sandbox. */
  ownPart (answer: unknown): Promise<unknown>
}

/**
 * Asks the agent once for each session id. An actor's agent runs alone with a store of its own, so a stranger's id is one that it does
 * not know; the folder is compared as well, because OpenCode serves any folder that it was ever given.
 */
export function createSessionOwner (agent: AgentHttp, directory: string): SessionOwner {
  const known = new Set<string>()

  function learn (session: string): void {
    if (known.size >= MAX_KNOWN) known.delete(known.values().next().value ?? '')
    known.add(session)
  }

  async function owns (session: string): Promise<boolean> {
    if (known.has(session)) return true
    if (!/^ses_[A-Za-z0-9]{1,60}$/.test(session)) return false
    const { statusCode, body } = await agent.request({ method: 'GET', path: `/session/${session}?directory=${encodeURIComponent(directory)}`, bodyTimeoutMs: LOOKUP_SILENCE_MS })
    if (statusCode !== 200) {
      await body.dump()
      if (statusCode === 404) return false
      throw new GatewayError('WEIR_ERR_UPSTREAM', 'The sandboxed agent could not say whose session this is.')
    }
    const described = await body.json()
    if (!isRecord(described) || described['id'] !== session || described['directory'] !== directory) return false
    learn(session)
    return true
  }

  async function isOwn (value: unknown): Promise<boolean> {
    const { sessions, folders, homes } = mentionsOf(value)
    if (folders.some((folder) => folder !== directory && folder !== GLOBAL)) return false
    for (const { session, folder } of homes) if (folder === directory) learn(session)
    for (const session of sessions) if (!known.has(session) && !await owns(session)) return false
    return true
  }

  async function ownItems (items: readonly unknown[]): Promise<readonly unknown[]> {
    const kept: unknown[] = []
    for (const item of items) if (await isOwn(item)) kept.push(item)
    return kept
  }

  async function ownKeys (map: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
    const kept: Array<[string, unknown]> = []
    for (const [name, value] of Object.entries(map)) if (!name.startsWith('ses_') || await owns(name)) kept.push([name, value])
    return Object.fromEntries(kept)
  }

  return {
    owns,
    isOwn,
    async ownPart (answer) {
      if (Array.isArray(answer)) return await ownItems(answer)
      if (!isRecord(answer)) return answer
      const data = answer['data']
      if (Array.isArray(data)) return { ...answer, data: await ownItems(data) }
      return isRecord(data) ? { ...answer, data: await ownKeys(data) } : await ownKeys(answer)
    },
  }
}
