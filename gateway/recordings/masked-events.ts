import type { FindSecrets } from '../outgoing/secret-rules.ts'

/** One event of a terminal: seconds since its start, what was shown (`o`) or typed (`i`), and the text of it; or its new size (`r`), as `80x24`. */
export interface TerminalEvent { readonly at: number, readonly kind: 'i' | 'o' | 'r', readonly text: string }

/** Longest secret that is found wherever the terminal's output was cut, characters: a private key of 4096 bits fits. */
const KEPT_CHARS = 4_096
const SCAN_CHARS = 16_384 // rules look through this much at a time, a quarter of it twice
const MASK = '*'

/** Events whose secrets are asterisks. A secret is found over the borders of events: a shell shows what is typed letter by letter. */
export interface MaskedEvents {
  /** Takes an event. @returns those that no secret can begin in any more, in order */
  push (event: TerminalEvent): readonly TerminalEvent[]
  /** The events that were held back. */
  rest (): readonly TerminalEvent[]
}

/** @param finders what finds secrets; each is asked about what was shown and about what was typed, as texts of their own */
export function createMaskedEvents (finders: readonly FindSecrets[]): MaskedEvents {
  let held: TerminalEvent[] = []
  let chars = 0

  function take (keep: number): readonly TerminalEvent[] {
    held = masked(held, finders)
    let kept = 0
    let from = held.length
    while (from > 0 && kept < keep) kept += held[--from]?.text.length ?? 0
    const done = held.slice(0, from)
    held = held.slice(from)
    chars = kept
    return done
  }

  return {
    push ({ at, kind, text }) {
      // In pieces, so that what is kept of them is bounded.
      for (let from = 0; from < text.length; from += KEPT_CHARS) held.push({ at, kind, text: text.slice(from, from + KEPT_CHARS) })
      chars += text.length
      return chars < SCAN_CHARS ? [] : take(KEPT_CHARS)
    },
    rest: () => take(0),
  }
}

function masked (events: readonly TerminalEvent[], finders: readonly FindSecrets[]): TerminalEvent[] {
  const texts = { i: maskedText(textOf(events, 'i'), finders), o: maskedText(textOf(events, 'o'), finders) }
  const at = { i: 0, o: 0 }
  return events.map((event) => {
    if (event.kind === 'r') return event
    const from = at[event.kind]
    at[event.kind] += event.text.length
    return { ...event, text: texts[event.kind].slice(from, at[event.kind]) }
  })
}

function textOf (events: readonly TerminalEvent[], wanted: TerminalEvent['kind']): string {
  return events.filter(({ kind }) => kind === wanted).map(({ text }) => text).join('')
}

// As long as it was, so that every event keeps its own part.
function maskedText (text: string, finders: readonly FindSecrets[]): string {
  let shown = text
  for (const find of finders) {
    for (const { start, end } of find(text)) shown = shown.slice(0, start) + MASK.repeat(end - start) + shown.slice(end)
  }
  return shown
}
