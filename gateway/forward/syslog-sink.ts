import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { connect as connectTls } from 'node:tls'
import { syslogFrame } from '../ledger/formats/syslog-frame.ts'
import type { ForwardFormat } from './forward-schema.ts'
import type { Sent, Sink, TlsFiles } from './sink.ts'

export interface SyslogSinkOptions {
  /** `tls://HOST:PORT` or `tcp://HOST:PORT`. */
  readonly url: URL
  readonly format: ForwardFormat
  readonly tls: TlsFiles
  readonly timeoutMs: number
}

/**
 * Sends entries as syslog, a connection for each batch. Syslog has no acknowledgement; the end of a connection is the nearest to one: the
 * gateway ends its side after the last message, and a receiver that ends its own then has read up to there. One that dies with messages
 * unread breaks the connection instead, and they are sent again.
 */
export function createSyslogSink ({ url, format, tls, timeoutMs }: SyslogSinkOptions): Sink {
  const open = new Set<Socket>()
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = Number(url.port)
  const connect = (): Socket => url.protocol === 'tls:' ? connectTls({ ...tls, host, port, ...(isIP(host) === 0 ? { servername: host } : {}), minVersion: 'TLSv1.2' }) : connectTcp({ host, port })
  const self = hostname()
  return {
    async send (entries, source) {
      const bytes = Buffer.concat(entries.map((found) => syslogFrame(format, found, { ...source, host: self })))
      const socket = connect()
      open.add(socket)
      const sent = await deliver(socket, bytes, timeoutMs)
      open.delete(socket)
      socket.destroy()
      return sent
    },
    async close () {
      for (const socket of open) socket.destroy()
    },
  }
}

function deliver (socket: Socket, bytes: Buffer, timeoutMs: number): Promise<Sent> {
  return new Promise((resolve) => {
    let hasEnded = false
    const away = (problem: string): void => resolve({ kind: 'away', problem, retryAfterMs: null })
    const timer = setTimeout(() => away(hasEnded ? 'the receiver did not end the connection, so nothing says that it read the messages' : 'the receiver did not take the messages in time'), timeoutMs)
    socket.on('error', () => away('the receiver could not be reached, or broke the connection'))
    socket.on('end', () => hasEnded ? resolve({ kind: 'taken', rejected: 0, problem: null }) : away('the receiver ended the connection before it had everything'))
    socket.on('close', () => {
      clearTimeout(timer)
      away('the connection was broken') // the first word counts
    })
    socket.resume() // what it says is nothing to us, but unread it would hide the end
    socket.write(bytes, (error) => {
      if (error != null) return
      hasEnded = true
      socket.end()
    })
  })
}
