const QUOTED = /("""|''')([^]*?)\1|"((?:[^"\\\n]|\\[^])*)"|'((?:[^'\\\n]|\\[^])*)'|`((?:[^`\\]|\\[^])*)`/g
const MAX_LITERALS = 16
const LONG = 40 // characters: what is shorter is read in the whole
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\n': '' }

/**
 * What a program says that it puts into files: its own text with the ends of lines as they will be, and each longer text in it as it will stand in
 * a file, since what counts for a file may have to stand at its beginning.
 */
export function writtenLiterals (source: string): readonly string[] {
  const whole = source.replaceAll('\\n', '\n').replace(/\\(["'])/g, '$1')
  const literals: string[] = []
  for (const [, , tripled, double, single, template] of source.matchAll(QUOTED)) {
    const text = unescaped(tripled ?? double ?? single ?? template ?? '')
    if (text.trim().includes('\n') || text.length > LONG) literals.push(text)
    if (literals.length >= MAX_LITERALS) break
  }
  return [whole, ...literals]
}

function unescaped (text: string): string {
  return text.replace(/\\([^])/g, (_, character: string) => ESCAPED[character] ?? (/[ux0-7]/.test(character) ? `\\${character}` : character))
}
