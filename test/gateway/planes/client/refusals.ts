import type { EventBody } from '../../../../gateway/core/ledger-entry.ts'
import { createRefusedConnections, type RefusedConnections } from '../../../../gateway/http/refused-connections.ts'

/** The real count of who was refused with nothing decided, and what it records. */
export interface Refusals {
  readonly refused: RefusedConnections
  /** Records what was counted since the last look: how often, by code. */
  recorded (): Readonly<Record<string, number>>
}

export function openRefusals (): Refusals {
  const entries: EventBody[] = []
  const refused = createRefusedConnections({ record: (body) => { entries.push(body) }, nowMs: () => 0 })
  return {
    refused,
    recorded () {
      refused.close()
      return Object.fromEntries(entries.splice(0).map(({ detail }) => [String(detail['code']), Number(detail['refused'])]))
    },
  }
}
