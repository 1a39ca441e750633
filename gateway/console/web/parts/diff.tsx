import { parsePatch, type StructuredPatchHunk } from 'diff'
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { ColouredLine } from './colour-code.ts'
import { Foreign } from './shown.tsx'

interface Side { readonly number: number, readonly text: string, readonly kind: 'same' | 'gone' | 'new', readonly coloured: ColouredLine | null }
type Pair = readonly [Side | null, Side | null]
type Colour = (file: string, text: string) => readonly ColouredLine[] | null

const MAX_LINES = 5_000 // more than anybody reads, and a browser draws in a second

/** A unified diff, side by side and coloured. What cannot be read as one is shown as it is. */
export function Diff ({ text }: { readonly text: string }): VNode {
  const colour = useColour()
  const files = filesOf(text)
  if (files.length === 0) return <pre class='code' tabIndex={0}><Foreign text={text} /></pre>
  return (
    <>
      {files.map((file, place) => (
        <figure key={place} class='diff'>
          <figcaption><Foreign text={captionOf(file)} /></figcaption>
          <div class='scroll'>
            <table>
              <thead class='hidden'><tr><th>Line before</th><th>Before</th><th>Line after</th><th>After</th></tr></thead>
              {file.hunks.map((hunk, at) => <tbody key={at}>{pairsOf(hunk, nameOf(file), colour).slice(0, MAX_LINES).map(([before, after], line) => <tr key={line}><Cells side={before} /><Cells side={after} /></tr>)}</tbody>)}
            </table>
          </div>
        </figure>
      ))}
    </>
  )
}

/** Plain until the colours are loaded: nobody waits for them. */
function useColour (): Colour {
  const [colour, setColour] = useState<Colour>(() => () => null)
  useEffect(() => {
    import('./colour-code.ts').then(({ colourCode }) => { setColour(() => colourCode) }, () => { /* it stays plain */ })
  }, [])
  return colour
}

type PatchedFile = ReturnType<typeof parsePatch>[number]

function captionOf ({ oldFileName, newFileName }: PatchedFile): string {
  return newFileName === undefined || newFileName === '/dev/null' ? `${oldFileName ?? ''} (deleted)` : newFileName.replace(/^b\//, '')
}

function nameOf ({ oldFileName, newFileName }: PatchedFile): string {
  return newFileName === undefined || newFileName === '/dev/null' ? oldFileName ?? '' : newFileName
}

function Cells ({ side }: { readonly side: Side | null }): VNode {
  if (side === null) return <><td class='number' /><td class='none' /></>
  const said = { same: '', gone: 'removed: ', new: 'added: ' }[side.kind]
  return (
    <>
      <td class='number'>{side.number}</td>
      <td class={side.kind}><span class='hidden'>{said}</span>{side.coloured === null ? <Foreign text={side.text} /> : side.coloured.map(({ kind, text }, place) => <span key={place} class={kind === null ? undefined : `token-${kind}`}><Foreign text={text} /></span>)}</td>
    </>
  )
}

function filesOf (text: string): ReturnType<typeof parsePatch> {
  try {
    return parsePatch(text).filter(({ hunks }) => hunks.length > 0)
  } catch {
    return [] // shown as text
  }
}

/** Lines that go beside the lines that come in their place. */
function pairsOf ({ lines, oldStart, newStart }: StructuredPatchHunk, file: string, colour: Colour): readonly Pair[] {
  // Each side is a text of its own: what is a comment before need not be one after.
  const sideOf = (sign: '-' | '+'): readonly ColouredLine[] | null => colour(file, lines.filter((line) => line.startsWith(sign) || line.startsWith(' ')).map((line) => line.slice(1)).join('\n'))
  const coloured = { before: sideOf('-'), after: sideOf('+') }
  const pairs: Pair[] = []
  let [before, after] = [oldStart, newStart]
  const at = { before: 0, after: 0 }
  let gone: Side[] = []
  let come: Side[] = []
  const side = (which: 'before' | 'after', number: number, text: string, kind: Side['kind']): Side => ({ number, text, kind, coloured: coloured[which]?.[at[which]++] ?? null })
  const flush = (): void => {
    for (let place = 0; place < Math.max(gone.length, come.length); place += 1) pairs.push([gone[place] ?? null, come[place] ?? null])
    gone = []
    come = []
  }
  for (const line of lines) {
    const text = line.slice(1)
    if (line.startsWith('-')) {
      if (come.length > 0) flush()
      gone.push(side('before', before++, text, 'gone'))
    } else if (line.startsWith('+')) {
      come.push(side('after', after++, text, 'new'))
    } else if (line.startsWith(' ')) {
      flush()
      pairs.push([side('before', before++, text, 'same'), side('after', after++, text, 'same')])
    }
  }
  flush()
  return pairs
}
