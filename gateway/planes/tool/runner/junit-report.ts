import { REPORT_LIMITS, type ReportReader } from './test-report.ts'

const NAME = /\sname\s*=\s*(?:"([^"]*)"|'([^']*)')/
const ENTITIES: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&amp;': '&' }
const MAX_TAG_CHARS = 8_192
const OUTSIDE: readonly (readonly [string, string])[] = [['<!--', '-->'], ['<![CDATA[', ']]>'], ['<?', '?>']]

/**
 * JUnit's XML, by its tags alone: a document type or entity of its own is not read, so nothing can be made to grow. Names of other elements
 * and all text mean nothing here.
 */
export function createJunitReader (): ReportReader {
  const counts = { total: 0, failed: 0, skipped: 0 }
  const failures: string[] = []
  let current: { readonly name: string, failed: boolean, skipped: boolean } | null = null
  let isOpen = false
  let isComplete = false
  let buffer = ''
  /** What ends the comment or text that the reader is in. */
  let until: string | null = null

  function tag (text: string): void {
    const name = /^\/?[\w:.-]+/.exec(text)?.[0]
    if (name === 'testsuites' || name === 'testsuite') isOpen = true
    if (name === '/testsuites' || name === '/testsuite') isComplete = true
    if (!isOpen) return
    if (name === 'testcase') current = { name: nameOf(text), failed: false, skipped: false }
    if (current !== null && (name === 'failure' || name === 'error')) current.failed = true
    if (current !== null && name === 'skipped') current.skipped = true
    if (name === '/testcase' || (name === 'testcase' && text.endsWith('/'))) endCase()
  }

  function endCase (): void {
    if (current === null) return
    counts.total += 1
    if (current.failed) {
      counts.failed += 1
      if (failures.length < REPORT_LIMITS.failures) failures.push(current.name)
    } else if (current.skipped) counts.skipped += 1
    current = null
  }

  /** @returns whether something was taken off the buffer */
  function step (): boolean {
    if (until !== null) return leave(until)
    const start = buffer.indexOf('<')
    if (start === -1) {
      buffer = ''
      return false
    }
    buffer = buffer.slice(start)
    const outside = OUTSIDE.find(([begin]) => buffer.startsWith(begin))
    if (outside !== undefined) {
      buffer = buffer.slice(outside[0].length)
      until = outside[1]
      return true
    }
    if (buffer.length < 9 && OUTSIDE.some(([begin]) => begin.startsWith(buffer))) return false
    const end = endOfTag(buffer)
    if (end === -1 && buffer.length <= MAX_TAG_CHARS) return false
    const isTag = end !== -1 && buffer.charAt(end) === '>'
    if (isTag) tag(buffer.slice(1, end))
    // Whatever else begins with this sign is no XML. It is left behind whole: to look at each part of it again would take for ever.
    buffer = end === -1 ? '' : buffer.slice(isTag ? end + 1 : end)
    return true
  }

  function leave (end: string): boolean {
    const at = buffer.indexOf(end)
    buffer = at === -1 ? buffer.slice(-end.length + 1) : buffer.slice(at + end.length)
    if (at !== -1) until = null
    return at !== -1
  }

  return {
    take (text) {
      buffer += text
      while (step());
    },
    report () {
      if (!isOpen) return null
      const { total, failed, skipped } = counts
      return { format: 'junit', total, passed: total - failed - skipped, failed, skipped, failures, complete: isComplete }
    },
  }
}

// Where the tag ends, or another begins. A sign in a quoted value does neither.
function endOfTag (text: string): number {
  let quote = ''
  for (let at = 1; at < text.length; at++) {
    const char = text.charAt(at)
    if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (char === '>' || char === '<') return at
  }
  return -1
}

function nameOf (tag: string): string {
  const [, double, single] = NAME.exec(tag) ?? []
  return (double ?? single ?? '').replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => ENTITIES[entity] ?? entity).slice(0, REPORT_LIMITS.nameChars)
}
