/** What happened in a terminal, seconds from its beginning: what it showed (`o`), and its new size (`r`). What was typed is shown by the terminal itself. */
export interface CastEvent { readonly at: number, readonly kind: 'o' | 'r', readonly text: string }

export interface Cast { readonly columns: number, readonly rows: number, readonly events: readonly CastEvent[] }

const MAX_IDLE = 2 // seconds: nobody looks at a prompt for longer
const MAX_COLUMNS = 500
const MAX_ROWS = 200

/** Reads an asciicast of version 2. A line that was cut off by a crash ends it. @throws Error for anything else */
export function readCast (text: string): Cast {
  const [first = '', ...lines] = text.split('\n')
  const header = parsed(first) as { readonly version?: unknown, readonly width?: unknown, readonly height?: unknown } | null
  if (header?.version !== 2) throw new Error('This is no recording of a terminal that can be played here.')
  const events: CastEvent[] = []
  let [before, now] = [0, 0]
  for (const line of lines) {
    const event = parsed(line)
    if (!Array.isArray(event)) continue
    const [at, kind, shown] = event as readonly unknown[]
    if (typeof at !== 'number' || typeof shown !== 'string') continue
    now += Math.min(Math.max(at - before, 0), MAX_IDLE)
    before = at
    if (kind === 'o' || kind === 'r') events.push({ at: now, kind, text: shown })
  }
  return { ...sizeOf(header.width, header.height), events }
}

/** `80x24`, within what is sane. */
export function parseSize (text: string): Pick<Cast, 'columns' | 'rows'> {
  const [columns, rows] = text.split('x').map(Number)
  return sizeOf(columns, rows)
}

function sizeOf (columns: unknown, rows: unknown): Pick<Cast, 'columns' | 'rows'> {
  const within = (value: unknown, usual: number, most: number): number => typeof value === 'number' && value >= 1 ? Math.min(Math.floor(value), most) : usual
  return { columns: within(columns, 80, MAX_COLUMNS), rows: within(rows, 24, MAX_ROWS) }
}

function parsed (line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null // the end of one that is still written
  }
}
