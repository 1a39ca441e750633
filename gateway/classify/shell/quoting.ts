const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', e: '\x1b', E: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', "'": "'", '"': '"', '?': '?',
}

const ANSI_ESCAPE = /\\(?:x([0-9a-f]{1,2})|u([0-9a-f]{1,4})|U([0-9a-f]{1,8})|([0-7]{1,3})|c(.)|(.))/gis

/** The text of a `$'…'` body (bash manual 3.1.2.4). Unknown escapes keep their backslash, as bash does. */
export function decodeAnsiC (body: string): string {
  return body.replace(ANSI_ESCAPE, (whole: string, hex?: string, u4?: string, u8?: string, octal?: string, control?: string, simple?: string) => {
    const digits = hex ?? u4 ?? u8
    if (digits !== undefined) return codePoint(Number.parseInt(digits, 16))
    if (octal !== undefined) return codePoint(Number.parseInt(octal, 8) & 0xff)
    if (control !== undefined) return codePoint(control.toUpperCase().charCodeAt(0) & 0x1f)
    return SIMPLE_ESCAPES[simple ?? ''] ?? whole
  })
}

/** The text of a part of a `"…"` string: a backslash keeps its meaning only before `$`, backtick, `"`, `\` and newline. */
export function decodeDoubleQuoted (body: string): string {
  return body.replace(/\\([$`"\\\n])/g, (_, escaped: string) => escaped === '\n' ? '' : escaped)
}

function codePoint (value: number): string {
  return value <= 0x10ffff ? String.fromCodePoint(value) : '\ufffd'
}
