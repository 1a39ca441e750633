import type { WrittenText } from '../../gateway/core/tool-call.ts'
import { patchHeader } from './patch-paths.ts'

/**
 * What an `apply_patch` text puts into each file that it names, and what it takes out: lines that stay are in both. Read as widely as the
 * paths are: a line that no header comes before is of no file.
 */
export function patchTexts (patch: string): readonly WrittenText[] {
  const files: Array<{ path: string, readonly text: string[], readonly before: string[] }> = []
  for (const line of patch.split(/[\n\r\u2028\u2029]/)) {
    const header = patchHeader(line)
    const file = files.at(-1)
    if (header !== null && header.verb !== 'move') files.push({ path: header.path, text: [], before: [] })
    else if (header !== null && file !== undefined) file.path = header.path
    else if (file !== undefined) {
      const sign = line.charAt(0)
      if (sign !== '-') file.text.push(sign === '+' || sign === ' ' ? line.slice(1) : line)
      if (sign !== '+') file.before.push(sign === '-' || sign === ' ' ? line.slice(1) : line)
    }
  }
  return files.map(({ path, text, before }) => ({ path, text: text.join('\n'), before: before.join('\n') }))
}
