import type { VNode } from 'preact'
import { Foreign } from './shown.tsx'

interface Target { readonly path: string, readonly class: string, readonly access: string }
interface Mark { readonly from: number, readonly to: number, readonly kind: 'program' | 'path', readonly title: string }

export interface CommandProps {
  readonly text: string
  /** Words of each program that the gateway found in it. */
  readonly programs: ReadonlyArray<readonly string[]>
  readonly targets: readonly Target[]
}

/** A command with the programs that it starts and the paths that it touches marked, as far as they stand in its text. */
export function Command ({ text, programs, targets }: CommandProps): VNode {
  const marks = marksIn({ text, programs, targets })
  const parts: VNode[] = []
  let at = 0
  for (const { from, to, kind, title } of marks) {
    parts.push(<Foreign key={at} text={text.slice(at, from)} />, <mark key={from} class={kind} title={title}><Foreign text={text.slice(from, to)} /></mark>)
    at = to
  }
  return (
    <>
      <p class='what large'>{parts}<Foreign text={text.slice(at)} /></p>
      {marks.length === 0 ? null : <p class='quiet'>Marked: <mark class='program'>programs</mark> <mark class='path'>paths</mark>, as the gateway read them. What an expansion makes of the text is in the lists above.</p>}
    </>
  )
}

function marksIn ({ text, programs, targets }: CommandProps): readonly Mark[] {
  const marks: Mark[] = []
  let from = 0
  for (const [name, ...words] of programs) {
    const found = name === undefined ? null : mark(text, name, from, { kind: 'program', title: 'a program' })
    if (found === null) continue
    marks.push(found)
    from = found.to
    for (const word of words) {
      const target = targets.find(({ path }) => isPath(word, path))
      const place = target === undefined ? null : mark(text, word, from, { kind: 'path', title: `${target.path}: ${target.class}, ${target.access}` })
      if (place === null) continue
      marks.push(place)
      from = place.to
    }
  }
  return marks
}

/** The word itself, not a part of another. */
function mark (text: string, word: string, from: number, rest: Pick<Mark, 'kind' | 'title'>): Mark | null {
  if (word === '') return null
  for (let at = text.indexOf(word, from); at !== -1; at = text.indexOf(word, at + 1)) {
    if (!isWord(text[at - 1]) && !isWord(text[at + word.length])) return { from: at, to: at + word.length, ...rest }
  }
  return null
}

function isWord (sign: string | undefined): boolean {
  return sign !== undefined && /[\w./-]/.test(sign)
}

function isPath (word: string, path: string): boolean {
  const plain = word.replace(/^(\.\/|\/workspace\/)+/, '')
  return plain !== '' && (path === plain || path === word || path.endsWith(`/${plain}`))
}
