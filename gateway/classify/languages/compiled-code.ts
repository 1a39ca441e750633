const STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`|"""[\s\S]*?"""/g
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//g
// Has no end of its own; what could end it from inside is not followed.
const FOREVER = /\bwhile\s*\(\s*(?:true|1)\s*\)|\bfor\s*\(\s*;\s*;\s*\)|\bfor\s*\{/

/** A source without its comments and with its texts emptied; null when it hides what it says or never ends. */
export function bareSource (text: string): string | null {
  // Both at once, as either may stand in the other.
  const bare = text.replace(new RegExp(`${STRING.source}|${COMMENT.source}`, 'g'), (found) => found.startsWith('/') ? ' ' : '""')
  return /\\|\/\*|\*\/|`/.test(bare) || FOREVER.test(bare) ? null : bare
}
