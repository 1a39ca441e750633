import { sourceFrame, type Finding } from '../../policy/check/finding.ts'
import { printable } from '../entry-format.ts'

/** A finding for people: place, what is wrong, the source line with a caret, what to write instead. */
export function findingText (finding: Finding, sources: ReadonlyMap<string, string>): string {
  const { file, row, col, severity, code, message, hint } = finding
  const place = file === '' ? '' : `${file}:${row}:${col}: `
  return [
    `${place}${severity} [${code}] ${printable(message)}\n`,
    frameOf(sources.get(file), { row, col }),
    hint === '' ? '' : `  hint: ${printable(hint)}\n`,
  ].join('')
}

/** The source line of a place with its caret, safe to print; empty when the text is not known. */
export function frameOf (text: string | undefined, place: { readonly row: number, readonly col: number }): string {
  if (text === undefined) return ''
  return sourceFrame(text, place).split('\n').map((line) => line.split('\t').map(printable).join('\t')).join('\n')
}
