/** What members of an event stand in: the event itself, the thing that it tells of (an answer, an item of one), or anything else. */
export type Holder = 'event' | 'thing' | 'other'

// They say which answer an event is of and what kind it is. Events repeat them, and no client puts those of several together to a text, so
// what one ends in cannot go on in another: a model named like the beginning of its provider's key must not keep a stream waiting.
const LABELS = ['id', 'object', 'model', 'type', 'item_id', 'response_id', 'responseId', 'modelVersion', 'system_fingerprint', 'service_tier'] as const
const NUMBERS = ['created', 'index', 'output_index', 'content_index', 'sequence_number'] as const
const THINGS: readonly string[] = ['message', 'response', 'output', 'item', 'content_block']

const labels: ReadonlySet<string> = new Set(LABELS)

/** Whether the member of this name is a label, and no piece of a text. */
export function isLabel (holder: Holder, name: string): boolean {
  return holder !== 'other' && labels.has(name)
}

/** What the value of this member is to the members in it; `name` is null for an element of a list. */
export function holderIn (holder: Holder, name: string | null): Holder {
  if (name === null) return holder === 'thing' ? 'thing' : 'other'
  return holder !== 'other' && THINGS.includes(name) ? 'thing' : 'other'
}

/**
 * How an event begins that begins with labels and numbers, up to its first other member: a part of a search in whole events. A label that
 * is written with escapes is not of it.
 */
export const LABELLED_HEAD = `(?<=^|\\n)data: \\{(?: ?(?:"(?:${LABELS.join('|')})": ?"[^"\\\\\\n]*"|"(?:${NUMBERS.join('|')})": ?\\d+),)*`
