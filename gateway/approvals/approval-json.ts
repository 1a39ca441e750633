import type { Approval } from './approval.ts'
import type { Uselessness } from './cover-call.ts'

/** Approvals as JSON, each written once: 10,000 of them take 40 ms to write, and a console asks for them again and again. */
export interface ApprovalJson {
  /** The answer with these, whether each can still cover anything, and where the next page begins. */
  page (approvals: readonly Approval[], uselessOf: (approval: Approval) => Uselessness | null, nextCursor: string | null): Buffer
}

const OPEN = Buffer.from('{"approvals":[')
const COMMA = Buffer.from(',')

export function createApprovalJson (): ApprovalJson {
  // As bytes: joining texts of 10 MB and encoding them takes five times as long as putting bytes together. What was said of an approval makes
  // another object of it.
  const written = new WeakMap<Approval, { readonly bytes: Buffer, readonly useless: Uselessness | null }>()

  function bytesOf (approval: Approval, useless: Uselessness | null): Buffer {
    const known = written.get(approval)
    if (known?.useless === useless) return known.bytes
    const bytes = Buffer.from(JSON.stringify({ ...approval, useless }))
    written.set(approval, { bytes, useless })
    return bytes
  }

  return {
    page (approvals, uselessOf, nextCursor) {
      const parts: Buffer[] = [OPEN]
      for (const approval of approvals) {
        if (parts.length > 1) parts.push(COMMA)
        parts.push(bytesOf(approval, uselessOf(approval)))
      }
      parts.push(Buffer.from(`],"nextCursor":${JSON.stringify(nextCursor)}}`))
      return Buffer.concat(parts)
    },
  }
}
