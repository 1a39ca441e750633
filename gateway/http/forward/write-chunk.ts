import type { ServerResponse } from 'node:http'

const LINE_END = Buffer.from('\r\n')

/**
 * Writes a piece of a streamed body, as `response.write` does, in one write and not in the four that Node makes of a chunk (its size, a
 * line end, the bytes, a line end): for pieces of some hundred bytes those took a fifth of the time that a piece spent in the gateway.
 *
 * @param bytes not empty: an empty chunk would end the body
 * @returns as `response.write`: false when the connection has enough to send
 */
export function writeChunk (response: ServerResponse, bytes: Buffer): boolean {
  // For a client of HTTP/1.0 the connection's end is the body's.
  if (!response.chunkedEncoding) return response.write(bytes)
  const size = bytes.length.toString(16)
  const chunk = Buffer.allocUnsafe(size.length + bytes.length + 2 * LINE_END.length)
  const from = chunk.write(size, 'latin1') + LINE_END.copy(chunk, size.length)
  bytes.copy(chunk, from)
  LINE_END.copy(chunk, from + bytes.length)
  // Corked by itself, Node holds the chunk until a later tick.
  const { socket } = response
  socket?.cork()
  // Only for this write: Node itself writes the body's end.
  response.chunkedEncoding = false
  const mayGoOn = response.write(chunk)
  response.chunkedEncoding = true
  socket?.uncork()
  return mayGoOn
}
