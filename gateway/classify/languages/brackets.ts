/** How much deeper stands what follows this mark: behind a bracket that opens, behind one that closes. */
export function deepening (mark: string): number {
  if (mark === '(' || mark === '[' || mark === '{') return 1
  return mark === ')' || mark === ']' || mark === '}' ? -1 : 0
}
