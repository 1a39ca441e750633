const MAX_HEADER_CHARS = 16_384 // what Node lets all headers together have

/** The value of a cookie; null when there is none, or more than one of that name, of which a stranger may have set either. */
export function cookieOf (header: string | undefined, name: string): string | null {
  if (header === undefined || header.length > MAX_HEADER_CHARS) return null
  const [value, ...more] = header.split(';').map((pair) => pair.trim()).filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1))
  return value === undefined || value === '' || more.length > 0 ? null : value
}
