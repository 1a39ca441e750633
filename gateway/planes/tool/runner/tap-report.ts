import { REPORT_LIMITS, type ReportReader } from './test-report.ts'

const POINT = /^(not )?ok\b(?:\s+\d+)?\s*(?:-\s*)?([^#]*)(?:#\s*(skip|todo)\b)?/i
const PLAN = /^1\.\.(\d{1,9})\b/

/** TAP, versions 12 to 14: test points and plan of the outermost level. What is indented belongs to a point that follows. */
export function createTapReader (): ReportReader {
  const counts = { total: 0, failed: 0, skipped: 0 }
  const failures: string[] = []
  let planned: number | null = null
  let hasBailed = false
  let rest = ''

  function line (text: string): void {
    const plan = PLAN.exec(text)
    if (plan !== null) planned = Number(plan[1])
    if (text.startsWith('Bail out!')) hasBailed = true
    const [all, isNot, name = '', directive] = POINT.exec(text) ?? []
    if (all === undefined) return
    counts.total += 1
    // A point that is expected to fail (todo) or did not run (skip) fails nothing.
    if (directive !== undefined) counts.skipped += 1
    else if (isNot !== undefined) fail(name.trim())
  }

  function fail (name: string): void {
    counts.failed += 1
    if (failures.length < REPORT_LIMITS.failures) failures.push(name.slice(0, REPORT_LIMITS.nameChars))
  }

  return {
    take (text) {
      const lines = text.split('\n')
      for (const [at, part] of lines.entries()) {
        // Cut at the same place however it comes: what a line means must not hang on its pieces.
        rest += part.slice(0, REPORT_LIMITS.lineChars - rest.length)
        if (at === lines.length - 1) break
        line(rest)
        rest = ''
      }
    },
    report () {
      line(rest)
      rest = ''
      if (planned === null && !hasBailed) return null
      const { total, failed, skipped } = counts
      return { format: 'tap', total, passed: total - failed - skipped, failed, skipped, failures, complete: !hasBailed && planned === total }
    },
  }
}
