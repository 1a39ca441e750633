import type { Span } from './top-level.ts'

/** A part of a body and what stands in its place when the body is sent. It saves a large body from being copied for a few bytes. */
export interface Splice extends Span { readonly bytes: Buffer }

/** The body as it is sent; itself when it is sent as it is. */
export function spliced (body: Buffer, splice: Splice | null): Buffer {
  return splice === null ? body : Buffer.concat([body.subarray(0, splice.start), splice.bytes, body.subarray(splice.end)])
}

/** How many bytes are sent. */
export function splicedLength (body: Buffer, splice: Splice | null): number {
  return splice === null ? body.length : body.length - (splice.end - splice.start) + splice.bytes.length
}
