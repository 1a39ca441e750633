/** Where a trace that somebody else began goes on. */
export interface TraceParent { readonly traceId: string, readonly spanId: string, readonly isSampled: boolean }

// Version 00 alone, in lower case, as W3C Trace Context (section 3.2) writes it. What else a header holds is not passed on to anybody.
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

/** @returns null for what is no valid `traceparent` */
export function parseTraceparent (header: string | undefined): TraceParent | null {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(header ?? '') ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return null
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export function traceparentOf ({ traceId, spanId, isSampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`
}
