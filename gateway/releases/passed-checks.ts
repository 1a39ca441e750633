import type { ReleaseBook } from './release-book.ts'

/** The names of the checks whose newest result on this release is that it passed. */
export function passedChecks (book: Pick<ReleaseBook, 'checks'>, id: string): readonly string[] {
  return book.checks(id).filter(({ passed }) => passed).map(({ name }) => name).sort()
}
