/** Tools that change nothing: after them no files are looked at, and they share a turn. */
export const LOOKING: readonly string[] = ['read-file', 'search']
