import type { Part } from './fields.ts'

// `${f%.js}`, `${f##*/}` and `${f%/*}` take a plain end, the folder or the name off a path; only these patterns are followed.
export function cutPart (part: Part, operator: string, pattern: string): Part | null {
  if (part.kind !== 'quoted' && part.kind !== 'pattern') return null
  const { text } = part
  const slash = text.lastIndexOf('/')
  if (operator === '##' && pattern === '*/') return { ...part, text: text.slice(slash + 1) }
  if (operator === '%' && pattern === '/*') return { ...part, text: slash < 0 ? text : text.slice(0, slash) }
  if (operator === '#' && /^[\w./-]+$/.test(pattern) && (part.kind === 'quoted' || text.startsWith(pattern))) return { ...part, text: text.startsWith(pattern) ? text.slice(pattern.length) : text }
  if (!/^%{1,2}$/.test(operator) || !/^[\w.-]+$/.test(pattern)) return null
  if (text.endsWith(pattern)) return { ...part, text: text.slice(0, -pattern.length) }
  return part.kind === 'quoted' ? part : null // a pattern that ends otherwise may still match names with that end
}

// `${f/Badge/Chip}` puts one plain text for another. What comes first in the plain beginning of a pattern comes first in all that it stands for.
export function changedPart (part: Part, operator: string, sought: string, put: string): Part | null {
  if ((part.kind !== 'quoted' && part.kind !== 'pattern') || !/^[\w-]+$/.test(sought) || !/^[\w-]*$/.test(put)) return null
  if (part.kind === 'quoted') return /^\/\/?$/.test(operator) ? { ...part, text: operator === '/' ? part.text.replace(sought, put) : part.text.replaceAll(sought, put) } : null
  const plain = /^[\w./-]*/.exec(part.text)?.[0] ?? ''
  return operator === '/' && plain.includes(sought) ? { ...part, text: part.text.replace(sought, put) } : null
}
