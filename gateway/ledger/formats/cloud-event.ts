import type { LedgerEntry } from '../../core/ledger-entry.ts'
import { knownOf, type LedgerSource, type OutwardEntry } from './outward-entry.ts'

/** Media types of the JSON format: one event, and a batch of them. */
export const CLOUD_EVENT_TYPE = 'application/cloudevents+json; charset=utf-8'
export const CLOUD_EVENTS_TYPE = 'application/cloudevents-batch+json; charset=utf-8'

/**
 * An entry as a CloudEvent 1.0 in structured mode. `source` and `id` are the ledger's name and the entry's index, so an event that comes
 * twice is known by them; what entries are searched by are extension attributes, and the entry itself is `data`.
 */
export function cloudEvent (found: OutwardEntry, { origin }: LedgerSource): Readonly<Record<string, unknown>> {
  const { entry, hash } = found
  const { actor, app, environment, verdict, rule, session } = knownOf(found)
  return {
    specversion: '1.0',
    id: String(entry.index),
    source: origin,
    type: `weir.ledger.${entry.kind}${entry.kind === 'event' ? `.${entry.name}` : ''}`,
    time: new Date(entry.time).toISOString(),
    ...(session === undefined ? {} : { subject: session }),
    datacontenttype: 'application/json',
    ...attributes({ actor, app, environment, verdict, rule, containment: entry.containment, entryhash: hash ?? undefined }),
    data: entry satisfies LedgerEntry,
  }
}

// An attribute is a text that is not empty and has no control characters (CloudEvents 1.0, type system).
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Cn}]/gu

function attributes (given: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(given).flatMap(([name, value]) => value === undefined || value === '' ? [] : [[name, value.replace(FORBIDDEN, '\ufffd')]]))
}
