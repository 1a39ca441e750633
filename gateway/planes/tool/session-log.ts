const MAX_EVENTS = 8_192
const MAX_CHARS = 4_194_304 // of one session; what is older is gone, and who asks for it is told so

/** One thing that happened in a session's tools. `seq` counts from 1 in each session. */
export interface SessionEvent { readonly seq: number, readonly text: string }

/** What happened in one session's tools, from any point that is still kept, and as it goes on. */
export interface SessionLog {
  /** Adds an event, given as a JSON object that has members, and no `seq`. */
  add (event: object): SessionEvent
  /** Events after this one, oldest first, and the oldest `seq` that is kept. */
  after (seq: number): { readonly events: readonly SessionEvent[], readonly from: number }
  /** Hears that there is more. @returns the way to stop */
  onMore (listener: () => void): () => void
  /** Nothing more will come. */
  close (): void
  isClosed (): boolean
}

/** The text of an event that is at this place. */
export function numbered (event: object, seq: number): string {
  return `${JSON.stringify(event).slice(0, -1)},"seq":${seq}}`
}

export function createSessionLog (): SessionLog {
  const events: SessionEvent[] = []
  const listeners = new Set<() => void>()
  let seq = 0
  let chars = 0
  let first = 0 // index of the oldest that is kept: to shift an array of thousands for each event would cost more than the event
  let isClosed = false

  function forget (): void {
    while (first < events.length - 1 && (events.length - first > MAX_EVENTS || chars > MAX_CHARS)) {
      chars -= events[first]?.text.length ?? 0
      first += 1
    }
    if (first <= MAX_EVENTS) return
    events.splice(0, first)
    first = 0
  }

  return {
    add (event) {
      seq += 1
      const text = numbered(event, seq)
      const added = { seq, text }
      events.push(added)
      chars += text.length
      forget()
      for (const listener of listeners) listener()
      return added
    },
    after (wanted) {
      const from = events[first]?.seq ?? seq + 1
      // They are numbered without gaps.
      return { events: events.slice(first + Math.max(0, wanted + 1 - from)), from }
    },
    onMore (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    close () {
      isClosed = true
      for (const listener of listeners) listener()
    },
    isClosed: () => isClosed,
  }
}
