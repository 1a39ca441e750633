import type { Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { GatewayError } from '../../core/errors.ts'
import type { HeadersOfProvider } from './answer-headers.ts'

/** What a reader of an answer does with the connection it comes from. */
export type AnswerSource = Pick<Dispatcher.DispatchController, 'abort' | 'pause' | 'resume'>

/** Reads an answer. Nothing in it throws. */
export interface AnswerReader {
  onRequestStart (source: AnswerSource): void
  /** Of the headers, `content-encoding` stands there only when the bytes still have it. */
  onResponseStart (source: AnswerSource, status: number, headers: HeadersOfProvider): void
  onResponseData (source: AnswerSource, chunk: Buffer): void
  onResponseEnd (): void
  onResponseError (source: AnswerSource, error: Error): void
}

/** Most bytes of one compressed answer, as it comes and unpacked: 256 MiB. Some bytes may stand for gigabytes, and a stream has no other limit as a whole. */
export const MAX_UNPACKED_BYTES = 268_435_456

// What there is of an event is passed on at once; only at the end has the packed stream to be complete.
const AT_ONCE = { flush: constants.Z_SYNC_FLUSH }
const BROTLI_AT_ONCE = { flush: constants.BROTLI_OPERATION_FLUSH }
const DEFLATED = 8 // the method, in the low half of zlib's first byte

type Unpacker = (first: Buffer) => Transform

const gzip = (): Transform => createGunzip(AT_ONCE)
const UNPACKERS: ReadonlyMap<string, Unpacker> = new Map<string, Unpacker>([
  ['gzip', gzip],
  ['x-gzip', gzip], // RFC 9110 has it mean the same
  ['deflate', (first) => ((first[0] ?? 0) & 0x0f) === DEFLATED ? createInflate(AT_ONCE) : createInflateRaw(AT_ONCE)], // some servers leave out zlib's frame
  ['br', () => createBrotliDecompress(BROTLI_AT_ONCE)],
])

/**
 * Stands before the reader of an answer and unpacks what the provider compressed, so that everything behind sees plain bytes. Other answers pass
 * as they are; so do those of an unknown encoding or of several, which keep their `content-encoding`. A packed stream that is damaged or cut off
 * is an error of the connection; one beyond the limit is a `WEIR_ERR_UPSTREAM`.
 *
 * @param maxBytes default MAX_UNPACKED_BYTES
 */
export function unpackAnswer (reader: AnswerReader, maxBytes: number = MAX_UNPACKED_BYTES): Dispatcher.DispatchHandler {
  let unpacked: ReturnType<typeof openUnpacked> | null = null
  return {
    onRequestStart: (source) => reader.onRequestStart(source),
    onResponseStart (source, status, headers) {
      const encoding = headers['content-encoding']
      if (status < 200 || encoding === undefined) return reader.onResponseStart(source, status, headers)
      const name = String(encoding).trim().toLowerCase()
      const unpacker = UNPACKERS.get(name)
      if (unpacker === undefined && name !== 'identity') return reader.onResponseStart(source, status, headers)
      if (unpacker !== undefined) unpacked = openUnpacked({ reader, source, unpacker, maxBytes })
      reader.onResponseStart(unpacked?.source ?? source, status, { ...headers, 'content-encoding': undefined })
    },
    onResponseData (source, chunk) {
      if (unpacked === null) reader.onResponseData(source, chunk)
      else unpacked.data(chunk)
    },
    onResponseEnd () {
      if (unpacked === null) reader.onResponseEnd()
      else unpacked.end(null)
    },
    onResponseError (source, error) {
      if (unpacked === null) reader.onResponseError(source, error)
      else unpacked.end(error)
    },
  }
}

interface Packed { readonly reader: AnswerReader, readonly source: AnswerSource, readonly unpacker: Unpacker, readonly maxBytes: number }

/** One packed answer. Its `source` is what the reader sees as the connection. */
function openUnpacked ({ reader, source: provider, unpacker, maxBytes }: Packed) {
  let stream: Transform | null = null
  let packedBytes = 0
  let plainBytes = 0
  let hasEnded = false // the provider's side
  let isOver = false // the reader's
  let broke: Error | null = null

  const source: AnswerSource = {
    abort (reason) {
      isOver = true
      stream?.destroy()
      provider.abort(reason)
    },
    pause: () => { stream?.pause() },
    resume: () => { stream?.resume() },
  }

  function fail (error: Error): void {
    if (isOver) return
    source.abort(error)
    // Where the connection broke, what it left is incomplete for that reason.
    reader.onResponseError(source, broke ?? error)
  }
  function finish (): void {
    if (isOver) return
    isOver = true
    if (!hasEnded) provider.resume() // what it sends behind the packed stream's end breaks it off, and it may be paused
    if (broke === null) reader.onResponseEnd()
    else reader.onResponseError(source, broke)
  }
  function open (first: Buffer): Transform {
    return unpacker(first)
      .on('data', (plain: Buffer) => {
        if (isOver) return
        plainBytes += plain.length
        if (plainBytes > maxBytes) fail(tooLarge())
        else reader.onResponseData(source, plain)
      })
      .on('drain', () => provider.resume())
      .on('end', finish)
      .on('error', fail)
  }

  return {
    source,
    data (chunk: Buffer): void {
      if (isOver) return provider.abort(new Error('the answer is over'))
      packedBytes += chunk.length
      if (packedBytes > maxBytes) return fail(tooLarge())
      stream ??= open(chunk)
      if (!stream.write(chunk)) provider.pause()
    },
    /** The provider's side is over, with or without an error. What came before is read first. */
    end (error: Error | null): void {
      hasEnded = true
      broke = error
      if (stream === null) finish()
      else if (!isOver) stream.end()
    },
  }
}

function tooLarge (): GatewayError {
  return new GatewayError('WEIR_ERR_UPSTREAM', 'The provider\'s answer is too large.')
}
