/** Shortest secret that is looked for, in characters. Everything the rules find has an unbroken run of so many letters, digits, `_` and `-`. */
export const MIN_RUN = 15

const IS_RUN_BYTE: Uint8Array = runBytes()

/** Whether these bytes stand in a run of at least `MIN_RUN`. */
export function isInRun (body: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (!isRunByte(body, at)) return false
  let first = start
  let next = end
  while (next - first < MIN_RUN && isRunByte(body, first - 1)) first -= 1
  while (next - first < MIN_RUN && isRunByte(body, next)) next += 1
  return next - first >= MIN_RUN
}

function isRunByte (body: Buffer, at: number): boolean {
  const byte = body[at]
  return byte !== undefined && IS_RUN_BYTE[byte] === 1
}

function runBytes (): Uint8Array {
  const table = new Uint8Array(256)
  for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-') table[char.charCodeAt(0)] = 1
  return table
}
