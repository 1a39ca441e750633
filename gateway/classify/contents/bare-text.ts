/** Where a text has, outside of quotes, the unit that is looked for. @returns its length when it has none */
export function findBare (text: string, isIt: (unit: string) => boolean): number {
  let quote = ''
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charAt(at)
    if (quote !== '') {
      if (unit === '\\') at += 1
      else if (unit === quote) quote = ''
    } else if (unit === '"' || unit === "'" || unit === '`') quote = unit
    else if (isIt(unit)) return at
  }
  return text.length
}

/** How a unit changes the number of brackets that are open. */
export function deepens (unit: string): number {
  return '([{'.includes(unit) ? 1 : ')]}'.includes(unit) ? -1 : 0
}
