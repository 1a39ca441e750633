import type { FindSecrets } from '../outgoing/secret-rules.ts'
import { createMaskedEvents, type TerminalEvent } from './masked-events.ts'
import type { RecordingFile, WrittenFile } from './recording-file.ts'

/** Columns and rows. */
export interface TerminalSize { readonly width: number, readonly height: number }

/** First line of a recording: a terminal as asciicast v2 describes it, and whose it was. Players ignore what they do not know. */
export interface RecordingHeader extends TerminalSize {
  /** Unix seconds. */
  readonly timestamp: number
  readonly title: string
  readonly weir: {
    readonly actor: string
    readonly role: string
    readonly groups: readonly string[]
    readonly org: string
    readonly app: string
    readonly environment: string
    readonly session: string | null
    readonly request: string
  }
}

/** One terminal being recorded. */
export interface Recording {
  /** `rec_` and 26 characters. */
  readonly id: string
  /**
   * Records a piece of the terminal before it goes on; resolves when there is room for more.
   *
   * @throws Error when the recording is full or cannot be written: the terminal has to end then
   */
  add (kind: TerminalEvent['kind'], text: string): Promise<void>
  /** Records that the terminal has another size from now on. @throws as `add` */
  resize (size: TerminalSize): Promise<void>
  /** Writes what was held back, and the ledger's entry. `reason` is a word for why the terminal ended. Never throws; twice is once. */
  close (reason: string): Promise<void>
}

export interface RecordingOptions {
  readonly id: string
  readonly file: RecordingFile
  readonly header: RecordingHeader
  readonly finders: readonly FindSecrets[]
  readonly maxBytes: number
  readonly nowMs: () => number
  readonly onClosed: (written: WrittenFile & { readonly events: number, readonly reason: string }) => Promise<void>
}

// As JSON leaves DEL and the C1 controls alone, and a terminal that prints the file would obey them.
function line (value: unknown): string {
  return JSON.stringify(value).replace(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`)
}

/** Writes the header, and then a line for each event ({@link https://docs.asciinema.org/manual/asciicast/v2/}). */
export async function createRecording ({ id, file, header, finders, maxBytes, nowMs, onClosed }: RecordingOptions): Promise<Recording> {
  const masked = createMaskedEvents(finders)
  const startedMs = nowMs()
  let events = 0
  let closing: Promise<void> | null = null
  await file.write(`${JSON.stringify({ version: 2, ...header })}\n`)

  async function write (ready: readonly TerminalEvent[]): Promise<void> {
    if (ready.length === 0) return
    events += ready.length
    await file.write(ready.map(({ at, kind, text }) => `${line([at, kind, text])}\n`).join(''))
  }

  async function finish (reason: string): Promise<void> {
    // A disk that refuses the rest has said so in what `close` tells.
    await write(masked.rest()).catch(() => undefined)
    await onClosed({ ...await file.close(), events, reason })
  }

  async function add (kind: TerminalEvent['kind'], text: string): Promise<void> {
    if (text === '' || closing !== null) return
    if (file.size() > maxBytes) throw new Error('the recording is full')
    await write(masked.push({ at: Math.max(0, nowMs() - startedMs) / 1_000, kind, text }))
  }

  return {
    id,
    add,
    resize: async ({ width, height }) => { await add('r', `${width}x${height}`) },
    close: async (reason) => await (closing ??= finish(reason)),
  }
}
