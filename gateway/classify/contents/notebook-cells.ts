import type { SecretName, Signs } from './content-facts.ts'
import { isObeyed } from './planted-files.ts'

const SHELL_CELL = /^\s*%%(?:bash|sh|script\b[^\n]*|!)[^\n]*\n?/

/** The code of a notebook: its commands, each a line, and all else; null when the text is no notebook that can be read. */
export function notebookCode (text: string): { readonly shell: readonly string[], readonly code: string } | null {
  const cells = cellsOf(text)
  if (cells === null) return null
  const shell: string[] = []
  const code: string[] = []
  for (const cell of cells) {
    if (SHELL_CELL.test(cell)) shell.push(...cell.replace(SHELL_CELL, '').split('\n'))
    else for (const line of cell.split('\n')) if (/^\s*(?:!|%(?:sx|system)\s)/.test(line)) shell.push(line.replace(/^\s*(?:!+|%\w+\s+)/, '')); else code.push(line)
  }
  return { shell, code: code.join('\n') }
}

function cellsOf (text: string): readonly string[] | null {
  let notebook: unknown
  try { notebook = JSON.parse(text) } catch { return null }
  const cells = typeof notebook === 'object' && notebook !== null && 'cells' in notebook ? notebook.cells : null
  if (!Array.isArray(cells)) return null
  return cells.flatMap((cell: unknown) => {
    const source: unknown = typeof cell === 'object' && cell !== null && 'source' in cell ? cell.source : ''
    return typeof source === 'string' ? [source] : Array.isArray(source) ? [source.filter((line): line is string => typeof line === 'string').join('')] : []
  })
}

const MAGIC = /^[\t ]*%{1,2}(?:run|load|loadpy|pycat|cat|more|less|writefile)[\t ]+(?:-\w+[\t ]+){0,4}(\S{1,300})/gm

/** Signs in lines by which a notebook takes what stands in another file, or on another machine. */
export function magicSigns (code: string, isSecret: SecretName): Signs {
  const signs: Signs['signs'] = new Set()
  const secrets = new Set<string>()
  for (const [line, name = ''] of code.matchAll(MAGIC)) {
    if (/^['"]?(?:https?|ftp):/.test(name)) signs.add('remote-code')
    if (line.includes('writefile') && isObeyed(name.replace(/['"]/g, ''))) signs.add('persists')
    const secret = line.includes('writefile') ? null : isSecret(name.replace(/['"]/g, ''))
    if (secret !== null) secrets.add(secret)
  }
  if (secrets.size > 0) signs.add('reads-secret')
  return { signs, secrets }
}
