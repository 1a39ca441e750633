import type { Finding, FindingKind } from '../core/finding.ts'
import type { PrivateData } from './private-rules.ts'
import { createPrivateScan } from './private-scan.ts'
import { redact } from './redact.ts'
import { createScan, NOT_SCANNED, type Scan, type ScanBody } from './scan.ts'

/** What is known of a request body before it is decided. */
export interface Scanned { readonly scanned: boolean, readonly findings: readonly Finding[] }

/** Looks through outgoing requests, and takes out of them what policy says. Both are synchronous, and of the same body the same. */
export interface Outgoing {
  /** @param body UTF-8 JSON, read strictly before */
  scan (body: Buffer): Scanned
  /** The body without what was found under these names. @throws GatewayError WEIR_ERR_INTERNAL when that cannot be done */
  redact (body: Buffer, rules: readonly string[]): Buffer
  /**
   * JSON text without all that looks like a secret, or like the private data that policy asks for; also while policy asks for nothing
   * about requests. Null when it cannot be looked through, and when policy names no private data to look for.
   *
   * @throws GatewayError WEIR_ERR_INTERNAL as `redact`
   */
  withoutAny (json: string, kind: FindingKind): string | null
}

export interface OutgoingPorts {
  /** What the policy in force says of what may leave; null while it says nothing, and bodies are not looked through. */
  readonly asked: () => OutgoingData | null
  /** The keys of providers that this gateway holds: the same array until they change. */
  readonly keys: () => readonly string[]
}

/** `private` is the same object until policy changes. */
export interface OutgoingData { readonly private?: PrivateData | undefined }

export function createOutgoing ({ asked, keys }: OutgoingPorts): Outgoing {
  const scanSecrets = createScan({ keys })
  const scanPrivate = privateScans()
  const look = (body: Buffer, data: OutgoingData | null): Scan => {
    const secrets = scanSecrets(body)
    const scan = data?.private === undefined ? null : scanPrivate(data.private)
    return scan === null || !secrets.scanned ? secrets : together(secrets, scan(body))
  }
  return {
    scan (body) {
      const data = asked()
      return data === null ? NOT_SCANNED : look(body, data)
    },
    redact: (body, rules) => redact(body, look(body, asked()).spans, new Set(rules)),
    withoutAny (json, kind) {
      const body = Buffer.from(json)
      const data = asked()?.private
      const scan = kind === 'secret' ? scanSecrets : data === undefined ? null : scanPrivate(data)
      const found = scan?.(body) ?? NOT_SCANNED
      if (!found.scanned) return null
      return found.spans.length === 0 ? json : redact(body, found.spans, new Set(found.findings.map(({ rule }) => rule))).toString()
    },
  }
}

/** The scan that data ask for, made again when they are others. */
function privateScans (): (data: PrivateData) => ScanBody | null {
  let current: PrivateData | null = null
  let scan: ScanBody | null = null
  return (data) => {
    if (data !== current) {
      scan = createPrivateScan(data)
      current = data
    }
    return scan
  }
}

// Spans of both kinds may overlap: what is done with one says nothing of the other.
function together (secrets: Scan, found: Scan): Scan {
  if (!found.scanned || secrets.spans.length === 0) return found
  return { scanned: true, findings: [...secrets.findings, ...found.findings], spans: [...secrets.spans, ...found.spans] }
}
