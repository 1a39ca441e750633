import { parsePatch, type StructuredPatchHunk } from 'diff'
import type { VNode } from 'preact'
import { Foreign } from './shown.tsx'

interface Side { readonly number: number, readonly text: string, readonly kind: 'same' | 'gone' | 'new' }
type Pair = readonly [Side | null, Side | null]

/** A unified diff, side by side. What cannot be read as one is shown as it is. */
export function Diff ({ text }: { readonly text: string }): VNode {
  const files = filesOf(text)
  if (files.length === 0) return <pre class='code' tabIndex={0}><Foreign text={text} /></pre>
  return (
    <>
      {files.map(({ oldFileName, newFileName, hunks }, place) => (
        <figure key={place} class='diff'>
          <figcaption><Foreign text={newFileName === undefined || newFileName === '/dev/null' ? `${oldFileName ?? ''} (deleted)` : newFileName.replace(/^b\//, '')} /></figcaption>
          <div class='scroll'>
            <table>
              <thead class='hidden'><tr><th>Line before</th><th>Before</th><th>Line after</th><th>After</th></tr></thead>
              {hunks.map((hunk, at) => <tbody key={at}>{pairsOf(hunk).map(([before, after], line) => <tr key={line}><Cells side={before} /><Cells side={after} /></tr>)}</tbody>)}
            </table>
          </div>
        </figure>
      ))}
    </>
  )
}

function Cells ({ side }: { readonly side: Side | null }): VNode {
  if (side === null) return <><td class='number' /><td class='none' /></>
  const said = { same: '', gone: 'removed: ', new: 'added: ' }[side.kind]
  return <><td class='number'>{side.number}</td><td class={side.kind}><span class='hidden'>{said}</span><Foreign text={side.text} /></td></>
}

function filesOf (text: string): ReturnType<typeof parsePatch> {
  try {
    return parsePatch(text).filter(({ hunks }) => hunks.length > 0)
  } catch {
    return [] // shown as text
  }
}

/** Lines that go beside the lines that come in their place. */
function pairsOf ({ lines, oldStart, newStart }: StructuredPatchHunk): readonly Pair[] {
  const pairs: Pair[] = []
  let [before, after] = [oldStart, newStart]
  let gone: Side[] = []
  let come: Side[] = []
  const flush = (): void => {
    for (let place = 0; place < Math.max(gone.length, come.length); place += 1) pairs.push([gone[place] ?? null, come[place] ?? null])
    gone = []
    come = []
  }
  for (const line of lines) {
    const text = line.slice(1)
    if (line.startsWith('-')) {
      if (come.length > 0) flush()
      gone.push({ number: before++, text, kind: 'gone' })
    } else if (line.startsWith('+')) {
      come.push({ number: after++, text, kind: 'new' })
    } else if (line.startsWith(' ')) {
      flush()
      pairs.push([{ number: before++, text, kind: 'same' }, { number: after++, text, kind: 'same' }])
    }
  }
  flush()
  return pairs
}
