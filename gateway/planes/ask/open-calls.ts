import { decodeOpencodeCall } from '../../../adapters/opencode/decode.ts'
import type { ToolPart } from '../../../adapters/opencode/events.ts'
import type { DecodedCall } from '../../core/tool-call.ts'

const MAX_PARTS = 2_048 // open parts of one session; far above any real turn

/** What joins an ask to its call: the agent's session and the call's id. */
export interface CallKey { readonly sessionId: string, readonly callId: string }

/** The calls the agent reported as running, decoded, by session and call id. Holds digests, not contents. */
export interface OpenCalls {
  see (part: ToolPart): void
  /** The one call under this key; null when there is none, or when different calls share the id. */
  find (key: CallKey): DecodedCall | null
  forget (key: CallKey): void
}

export function createOpenCalls (cwd: string): OpenCalls {
  // By part within the key: a model may repeat a call id with other arguments, and then the id names nothing.
  const byKey = new Map<string, Map<string, DecodedCall>>()
  let size = 0

  function forget (key: CallKey): void {
    const parts = byKey.get(name(key))
    size -= parts?.size ?? 0
    byKey.delete(name(key))
  }

  return {
    see (part) {
      const parts = byKey.get(name(part)) ?? new Map<string, DecodedCall>()
      if (parts.has(part.id)) return // the input of a running part is final; later updates carry output
      parts.set(part.id, decodeOpencodeCall(part.tool, part.input, cwd))
      byKey.set(name(part), parts)
      size += 1
      while (size > MAX_PARTS) dropOldest()
    },
    find (key) {
      const calls = [...byKey.get(name(key))?.values() ?? []]
      const [first] = calls
      return first !== undefined && calls.every(({ digest }) => digest === first.digest) ? first : null
    },
    forget,
  }

  function dropOldest (): void {
    const oldest = byKey.entries().next()
    if (oldest.done) return
    size -= oldest.value[1].size
    byKey.delete(oldest.value[0])
  }
}

function name (key: CallKey): string {
  return `${key.sessionId} ${key.callId}`
}
