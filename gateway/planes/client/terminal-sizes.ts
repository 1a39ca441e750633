import { isRecord } from '../../../adapters/opencode/json-record.ts'
import type { TerminalSize } from '../../recordings/recording.ts'
import type { AgentSession } from '../../sessions/session.ts'
import type { ClientRequest } from './read-request.ts'

const RESIZE = { method: 'PUT', template: '/pty/{ptyID}' } as const
const MAX_NAMES = 64 // of one session: more terminals than anybody looks at
const MAX_CELLS = 10_000

/** Which size a client gives which terminal by this request; null when it is no such request. */
export function resizeOf ({ matched, body }: ClientRequest): { readonly name: string, readonly size: TerminalSize } | null {
  const { route, params } = matched
  if (route.method !== RESIZE.method || route.template !== RESIZE.template || body === null) return null
  const { size } = JSON.parse(body) as { size?: unknown }
  const name = params['ptyID']
  if (!isRecord(size) || name === undefined) return null
  const { cols, rows } = size
  return isCells(cols) && isCells(rows) ? { name, size: { width: cols, height: rows } } : null
}

function isCells (value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MAX_CELLS
}

/** The last size of each session's terminals: a client may give it before it joins. */
export interface TerminalSizes {
  set (session: AgentSession, name: string, size: TerminalSize): void
  of (session: AgentSession, name: string): TerminalSize | null
}

export function createTerminalSizes (): TerminalSizes {
  const bySession = new WeakMap<AgentSession, Map<string, TerminalSize>>()
  return {
    set (session, name, size) {
      const sizes = bySession.get(session) ?? new Map<string, TerminalSize>()
      sizes.delete(name)
      sizes.set(name, size)
      if (sizes.size > MAX_NAMES) sizes.delete(sizes.keys().next().value ?? '')
      bySession.set(session, sizes)
    },
    of: (session, name) => bySession.get(session)?.get(name) ?? null,
  }
}
