import { knownOf, resultOf, weightOf, type LedgerSource, type OutwardEntry } from './outward-entry.ts'

const NANO_PER_MS = 1_000_000n
const SEVERITIES = { info: [9, 'INFO'], notice: [10, 'INFO2'], warning: [13, 'WARN'] } as const

/** So many entries as one export request of OTLP logs in JSON (ExportLogsServiceRequest): the body is the entry, attributes are what it is searched by. */
export function otlpLogs (entries: readonly OutwardEntry[], { origin, version }: LedgerSource): string {
  return JSON.stringify({
    resourceLogs: [{
      resource: { attributes: [pair('service.name', 'weir'), pair('service.version', version), pair('weir.ledger', origin)] },
      scopeLogs: [{ scope: { name: 'weir.ledger', version }, logRecords: entries.map(logRecord) }],
    }],
  })
}

function logRecord (found: OutwardEntry): Readonly<Record<string, unknown>> {
  const { entry, hash } = found
  const [severityNumber, severityText] = SEVERITIES[weightOf(entry)]
  const time = (BigInt(Math.round(entry.time)) * NANO_PER_MS).toString()
  return {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber,
    severityText,
    eventName: `weir.${entry.kind}`,
    body: { stringValue: JSON.stringify(entry) },
    attributes: [
      // 64-bit integers are strings in the JSON of Protocol Buffers.
      { key: 'weir.index', value: { intValue: String(entry.index) } },
      pair('weir.kind', entry.kind),
      pair('weir.result', resultOf(entry)),
      ...(hash === null ? [] : [pair('weir.hash', hash)]),
      ...(entry.containment === undefined ? [] : [pair('weir.containment', entry.containment)]),
      ...Object.entries(knownOf(found)).map(([name, value]) => pair(`weir.${name}`, value)),
    ],
  }
}

function pair (key: string, stringValue: string): Readonly<Record<string, unknown>> {
  return { key, value: { stringValue } }
}
