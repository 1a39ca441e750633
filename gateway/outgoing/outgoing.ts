import type { Finding } from '../core/finding.ts'
import { redact } from './redact.ts'
import { createScan, NOT_SCANNED } from './scan.ts'

/** What is known of a request body before it is decided. */
export interface Scanned { readonly scanned: boolean, readonly findings: readonly Finding[] }

/** Looks through outgoing requests, and takes out of them what policy says. Both are synchronous, and of the same body the same. */
export interface Outgoing {
  /** @param body UTF-8 JSON, read strictly before */
  scan (body: Buffer): Scanned
  /** The body without what was found under these names. @throws GatewayError WEIR_ERR_INTERNAL when that cannot be done */
  redact (body: Buffer, rules: readonly string[]): Buffer
}

export interface OutgoingPorts {
  /** Whether the policy in force has data about what may leave; bodies are not looked through while it has none. */
  readonly isAsked: () => boolean
  /** The keys of providers that this gateway holds: the same array until they change. */
  readonly keys: () => readonly string[]
}

export function createOutgoing ({ isAsked, keys }: OutgoingPorts): Outgoing {
  const scan = createScan({ keys })
  return {
    scan: (body) => isAsked() ? scan(body) : NOT_SCANNED,
    redact: (body, rules) => redact(body, scan(body).spans, new Set(rules)),
  }
}
