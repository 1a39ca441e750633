import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { INVALID_REQUEST, MAX_LINE_BYTES, PARSE_ERROR, readMessage, writeMessage, type Message, type MessageId, type RpcError } from './message.ts'
import { readLines } from './read-lines.ts'

const MAX_OPEN = 1_024 // requests of one side without an answer; editors and agents have a few

type Request = Extract<Message, { kind: 'request' }>
export type Answer = Extract<Message, { kind: 'result' | 'error' }>

/** What is done with the answer to a request that was passed on. */
export type OnAnswer = (answer: Answer) => void | Promise<void>

/** One side of the conversation. */
export interface Peer {
  send (message: Message): Promise<void>
  /** Passes a request on. @returns false when this side has too many to answer, or one of that id */
  ask (request: Request, onAnswer: OnAnswer): Promise<boolean>
  refuse (id: MessageId, error: RpcError): Promise<void>
  /**
   * Hears this side until its stream ends, one message after the other: what comes later never overtakes what is being decided.
   * A line that is no message gets an error, and the next one is read.
   */
  listen (hear: (message: Exclude<Message, Answer>) => Promise<void>): Promise<void>
}

export interface PeerOptions { readonly source: Readable, readonly sink: Writable, readonly onWarning: (text: string) => void }

export function createPeer ({ source, sink, onWarning }: PeerOptions): Peer {
  const open = new Map<MessageId, OnAnswer>()
  // Whoever has gone reads nothing any more; the end of its stream says so.
  sink.on('error', () => { sink.destroy() })
  const write = async (line: string): Promise<void> => {
    if (!sink.writable || sink.write(line)) return
    await Promise.race([once(sink, 'drain'), once(sink, 'close')])
  }
  const answered = async (answer: Answer): Promise<void> => {
    const onAnswer = open.get(answer.id)
    if (onAnswer === undefined) return onWarning('an answer to nothing that was asked is dropped')
    open.delete(answer.id)
    await onAnswer(answer)
  }
  return {
    send: async (message) => await write(writeMessage(message)),
    async ask (request, onAnswer) {
      if (open.size >= MAX_OPEN || open.has(request.id)) return false
      open.set(request.id, onAnswer)
      await write(writeMessage(request))
      return true
    },
    refuse: async (id, error) => await write(writeMessage({ kind: 'error', id, error })),
    async listen (hear) {
      for await (const line of readLines(source, MAX_LINE_BYTES)) {
        if ('bytes' in line && line.bytes.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09)) continue
        const message = 'bytes' in line ? readMessage(line.bytes) : { kind: 'malformed' as const, code: PARSE_ERROR, problem: `a line is longer than ${MAX_LINE_BYTES} bytes`, id: null }
        if (message.kind === 'malformed') await write(writeMessage({ kind: 'error', id: message.id as MessageId, error: { code: message.code, message: `Weir: ${message.problem}` } }))
        else if (message.kind === 'result' || message.kind === 'error') await answered(message)
        else await hear(message)
      }
    },
  }
}

export const BUSY: RpcError = Object.freeze({ code: INVALID_REQUEST, message: 'Weir: a request of this id is open already, or too many are.' })
