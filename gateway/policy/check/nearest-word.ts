/** The known word that was most likely meant, or null when none is near: one change in three characters is a typing error, more is another word. */
export function nearestWord (word: string, known: readonly string[]): string | null {
  const folded = word.toLowerCase()
  let best: { readonly word: string, readonly distance: number } | null = null
  for (const candidate of known) {
    const distance = distanceOf(folded, candidate.toLowerCase())
    if (distance <= Math.max(1, Math.floor(candidate.length / 3)) && distance < (best?.distance ?? Infinity)) best = { word: candidate, distance }
  }
  return best?.word ?? null
}

/** Changes between two short words: a character more, less, another, or two neighbours exchanged. */
function distanceOf (a: string, b: string): number {
  if (Math.abs(a.length - b.length) > Math.max(a.length, b.length) / 2 || a.length > MAX_CHARS) return Infinity
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : Infinity
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1), swapped))
    }
    before = last
    last = row
  }
  return last[b.length] ?? Infinity
}

const MAX_CHARS = 64 // names are short; what is longer is none of them
