import { createJunitReader } from './junit-report.ts'
import { createTapReader } from './tap-report.ts'

/** What a test run said of its tests. `failures` names the first that failed. */
export interface TestReport {
  readonly format: 'tap' | 'junit'
  readonly total: number
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly failures: readonly string[]
  /** The report has its end: without it, tests may be missing. */
  readonly complete: boolean
}

/** Reads a report from output as it comes, in bounded memory. */
export interface ReportReader {
  take (text: string): void
  /** Null when the output was no such report. */
  report (): TestReport | null
}

export const REPORT_LIMITS = { failures: 100, nameChars: 300, lineChars: 65_536 } as const

/** For output of either format. What programs print around a report is left out of it. */
export function createReportReader (): ReportReader {
  const readers = [createTapReader(), createJunitReader()]
  return {
    take (text) { for (const reader of readers) reader.take(text) },
    report: () => readers.map((reader) => reader.report()).find((report) => report !== null) ?? null,
  }
}
