import { Terminal, type IBufferCell } from '@xterm/headless'
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { getText } from '../api.ts'
import { useResource } from '../use-resource.ts'
import { parseSize, readCast, type Cast } from './asciicast.ts'
import { Loading, Problem } from './shown.tsx'

const SPEEDS = [1, 2, 4, 8] as const
const FRAME_MS = 40

/** A terminal as it was recorded, played. Its screen is drawn as text: what ran in it can show signs here, and nothing else. */
export function TerminalPlayer ({ recording }: { readonly recording: string }): VNode {
  const { data, error, reload } = useResource(recording, async () => readCast(await getText(`/audit/recordings/${encodeURIComponent(recording)}`)))
  if (error !== null) return <Problem error={error} onRetry={reload} />
  return data === null ? <Loading /> : <Player cast={data} />
}

function Player ({ cast }: { readonly cast: Cast }): VNode {
  const length = cast.events.at(-1)?.at ?? 0
  const screen = useRef<Screen | null>(null)
  const [, redraw] = useState(0)
  const [at, setAt] = useState(0)
  const [isPlaying, setPlaying] = useState(false)
  const [speed, setSpeed] = useState<number>(SPEEDS[0])
  screen.current ??= openScreen(cast, () => { redraw((times) => times + 1) })
  useEffect(() => () => { screen.current?.close() }, [])
  useEffect(() => { screen.current?.showAt(at) }, [at])
  useEffect(() => {
    if (!isPlaying) return
    let last = performance.now()
    const timer = setInterval(() => {
      const now = performance.now()
      const passed = (now - last) / 1_000 * speed
      last = now
      setAt((before) => Math.min(before + passed, length))
    }, FRAME_MS)
    return () => { clearInterval(timer) }
  }, [isPlaying, speed])
  const isOver = at >= length
  useEffect(() => { if (isOver) setPlaying(false) }, [isOver])
  const play = (): void => {
    if (isOver) setAt(0)
    setPlaying(!isPlaying)
  }
  return (
    <div class='player' role='group' aria-label='Recording of a terminal'>
      <pre class='terminal' role='region' tabIndex={0} aria-label='Screen of the terminal'>{screen.current.lines().map((line, row) => <div key={row}>{line.map(({ text, style, colour, ground }, place) => <span key={place} class={style} style={{ color: colour, backgroundColor: ground }}>{text}</span>)}{'\n'}</div>)}</pre>
      <p class='pager'>
        <button type='button' onClick={play}>{isPlaying ? 'Pause' : isOver && length > 0 ? 'Play again' : 'Play'}</button>
        <label class='position'><span class='hidden'>Position, seconds</span><input type='range' min={0} max={length} step={0.01} value={at} aria-valuetext={`${at.toFixed(1)} of ${length.toFixed(1)} seconds`} onInput={({ currentTarget }) => { setAt(Number(currentTarget.value)) }} /></label>
        <span class='number'>{at.toFixed(1)} / {length.toFixed(1)} s</span>
        <label>Speed <select value={speed} onChange={({ currentTarget }) => { setSpeed(Number(currentTarget.value)) }}>{SPEEDS.map((value) => <option key={value} value={value}>{value}×</option>)}</select></label>
      </p>
      <p class='quiet'>Pauses are cut to two seconds. Secrets that were found in it are asterisks.</p>
    </div>
  )
}

interface Run { readonly text: string, readonly style: string, readonly colour: string | undefined, readonly ground: string | undefined }
interface Screen { showAt (at: number): void, lines (): ReadonlyArray<readonly Run[]>, close (): void }

/** A terminal without a window, fed up to a moment of the recording. */
function openScreen ({ columns, rows, events }: Cast, onChange: () => void): Screen {
  const terminal = new Terminal({ cols: columns, rows, scrollback: 0, allowProposedApi: true })
  let next = 0
  return {
    showAt (at) {
      const before = events[next - 1]
      if (before !== undefined && before.at > at) {
        terminal.reset()
        terminal.resize(columns, rows)
        next = 0
      }
      for (let event = events[next]; event !== undefined && event.at <= at; event = events[next]) {
        next += 1
        if (event.kind === 'o') terminal.write(event.text)
        else {
          const size = parseSize(event.text)
          // In its turn behind what was written before.
          terminal.write('', () => { terminal.resize(size.columns, size.rows) })
        }
      }
      terminal.write('', onChange)
    },
    lines: () => Array.from({ length: terminal.rows }, (_none, row) => runsOf(terminal, row)),
    close: () => { terminal.dispose() },
  }
}

function runsOf ({ buffer, cols }: Terminal, row: number): readonly Run[] {
  const line = buffer.active.getLine(buffer.active.viewportY + row)
  const runs: Run[] = []
  for (let column = 0; column < cols; column += 1) {
    const cell = line?.getCell(column)
    if (cell === undefined || cell.getWidth() === 0) continue
    const run = runOf(cell)
    const last = runs.at(-1)
    if (last !== undefined && last.style === run.style && last.colour === run.colour && last.ground === run.ground) runs[runs.length - 1] = { ...last, text: last.text + run.text }
    else runs.push(run)
  }
  return runs
}

function runOf (cell: IBufferCell): Run {
  const [front, back] = cell.isInverse() !== 0 ? [BACK, FRONT] : [FRONT, BACK]
  const style = [cell.isBold() !== 0 ? 'bold' : '', cell.isDim() !== 0 ? 'dim' : '', cell.isItalic() !== 0 ? 'italic' : '', cell.isUnderline() !== 0 ? 'underlined' : ''].filter((name) => name !== '').join(' ')
  const inverse = cell.isInverse() !== 0
  return {
    text: cell.isInvisible() !== 0 ? ' ' : shown(cell.getChars()),
    style,
    colour: front(cell) ?? (inverse ? 'var(--terminal)' : undefined),
    ground: back(cell) ?? (inverse ? 'var(--terminal-ink)' : undefined),
  }
}

// Signs that turn or hide text have no place of their own on a screen.
function shown (chars: string): string {
  return chars === '' ? ' ' : chars.replace(/[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '')
}

const FRONT = (cell: IBufferCell): string | undefined => cell.isFgDefault() ? undefined : cell.isFgRGB() ? rgb(cell.getFgColor()) : PALETTE[cell.getFgColor()]
const BACK = (cell: IBufferCell): string | undefined => cell.isBgDefault() ? undefined : cell.isBgRGB() ? rgb(cell.getBgColor()) : PALETTE[cell.getBgColor()]

function rgb (value: number): string {
  return `#${value.toString(16).padStart(6, '0')}`
}

const LEVELS = [0, 95, 135, 175, 215, 255]
/** The 256 colours of a terminal: sixteen by name, a cube, and greys. */
const PALETTE: readonly string[] = [
  '#2e3436', '#ef5350', '#66bb6a', '#e0b040', '#64a0f0', '#c586c0', '#4fc1c9', '#d3d7cf', '#8a8f98', '#ff7b72', '#8be08b', '#ffe08a', '#8fc1ff', '#e0a0e0', '#8be9e9', '#ffffff',
  ...Array.from({ length: 216 }, (_none, place) => rgb((LEVELS[Math.floor(place / 36)] ?? 0) * 65_536 + (LEVELS[Math.floor(place / 6) % 6] ?? 0) * 256 + (LEVELS[place % 6] ?? 0))),
  ...Array.from({ length: 24 }, (_none, place) => rgb((8 + place * 10) * 65_793)),
]
