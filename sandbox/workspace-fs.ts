import { GatewayError } from '../gateway/core/errors.ts'
import type { Jailed } from './jail.ts'
import { startOverlayWorker, type OverlayMount } from './workspace-jail.ts'

export type { OverlayMount } from './workspace-jail.ts'

const ANSWER_MS = 30_000 // one folder or one file; more means a hung disk
const MAX_ASKED = 32 // requests on their way at once: enough that neither side waits for the other, and each can hold a whole file
const HEAD_BYTES = 8 // two lengths
const MAX_ANSWER_BYTES = 67_108_864 // a folder of 100,000 long names

export const NODE_KINDS = ['file', 'symlink', 'dir', 'other'] as const
export type NodeKind = typeof NODE_KINDS[number]

/** One name in a folder that differs from the lower layer. `gone`: it is in the lower layer only. */
export interface ChangedName {
  readonly name: string
  readonly kind: NodeKind | 'gone'
  /** Permission bits, 0–0o7777. */
  readonly mode: number
  readonly size: number
  readonly mtimeMs: number
  /** A word that changes when the content does. Empty for `gone`, and when the last change is too young for its time to say so. */
  readonly stamp: string
  /** What the lower layer has under this name. */
  readonly lower: NodeKind | null
  /** What a symbolic link says. */
  readonly link?: string
}

export type ReadAnswer =
  | { readonly ok: true, readonly bytes: Buffer, readonly mode: number }
  | { readonly ok: false, readonly problem: string }

/**
 * A session's workspace, read and restored by a worker that is jailed with it. Paths are relative to the workspace and
 * binary-safe: each character is one byte (`latin1`). No method follows a link. Requests are done one by one, in the order in which they were
 * made; nobody has to wait for one before making the next.
 *
 * Each method rejects with GatewayError WEIR_ERR_SANDBOX when the worker is gone or silent for 30 s.
 */
export interface WorkspaceFs {
  /** What changed in one folder, or the reason why it can not be read. */
  changed (path: string): Promise<readonly ChangedName[] | { readonly problem: string }>
  /** What the lower layer has in one folder. */
  lower (path: string): Promise<readonly { readonly name: string, readonly kind: NodeKind }[]>
  kind (path: string): Promise<NodeKind | null>
  /** A regular file's bytes, at most `max`. */
  read (path: string, max: number): Promise<ReadAnswer>
  /** Removes a path with all below it. @returns null, or why it failed */
  remove (path: string): Promise<string | null>
  /** Puts a file in place of whatever is there. @returns null, or why it failed */
  write (path: string, mode: number, bytes: Uint8Array): Promise<string | null>
  /** Puts a text in place of a file, whose mode it keeps, or makes the file and its folders. Nothing else is replaced. @returns null, or why it failed */
  put (path: string, bytes: Uint8Array): Promise<string | null>
  /** Puts a symbolic link in place of whatever is there. @returns null, or why it failed */
  link (path: string, target: string): Promise<string | null>
  /** Whether it can still be asked. */
  isOpen (): boolean
  close (): void
}

interface Reply { readonly head: { readonly ok: boolean, readonly problem?: string, readonly mode?: number }, readonly payload: Buffer }

const NOTHING = new Uint8Array()

/** Opens a workspace. @throws GatewayError WEIR_ERR_SANDBOX */
export function openWorkspaceFs (mount: OverlayMount): WorkspaceFs {
  const ask = createAsker(startOverlayWorker(mount))
  const act = async (request: object, payload: Uint8Array = NOTHING): Promise<string | null> => {
    const { head } = await ask.send(request, payload)
    return head.ok ? null : head.problem ?? 'failed'
  }
  return {
    async changed (path) {
      const { head, payload } = await ask.send({ op: 'changed', path })
      return head.ok ? parse<ChangedName[]>(payload) : { problem: head.problem ?? 'failed' }
    },
    async lower (path) {
      const { head, payload } = await ask.send({ op: 'lower', path })
      if (!head.ok) throw broken()
      return parse<{ name: string, kind: NodeKind }[]>(payload)
    },
    async kind (path) {
      const { head, payload } = await ask.send({ op: 'stat', path })
      return head.ok ? parse<NodeKind | null>(payload) : 'other'
    },
    async read (path, max) {
      const { head, payload } = await ask.send({ op: 'read', path, max })
      return head.ok ? { ok: true, bytes: payload, mode: head.mode ?? 0 } : { ok: false, problem: head.problem ?? 'failed' }
    },
    remove: (path) => act({ op: 'remove', path }),
    write: (path, mode, bytes) => act({ op: 'write', path, mode }, bytes),
    put: (path, bytes) => act({ op: 'put', path }, bytes),
    link: (path, target) => act({ op: 'link', path, target }),
    isOpen: ask.isOpen,
    close: ask.close,
  }
}

interface Asker { send (request: object, payload?: Uint8Array): Promise<Reply>, isOpen (): boolean, close (): void }
interface Asked { readonly message: Buffer, resolve (reply: Reply): void, reject (error: Error): void }

function createAsker (jail: Jailed): Asker {
  const queued: Asked[] = []
  /** What the worker was asked, oldest first: it answers in that order. */
  const asked: Asked[] = []
  let patience: NodeJS.Timeout | null = null
  let isFlushing = false
  let ended: string | null = null
  let said = ''
  const end = (why: string): void => {
    ended ??= why
    jail.kill()
    if (patience !== null) clearTimeout(patience)
    for (const { reject } of [...asked.splice(0), ...queued.splice(0)]) reject(broken(ended))
  }
  // What this turn of the event loop asks goes out as one write.
  const flush = (): void => {
    isFlushing = false
    if (ended !== null || queued.length === 0 || asked.length >= MAX_ASKED) return
    const next = queued.splice(0, MAX_ASKED - asked.length)
    if (asked.length === 0) startPatience()
    asked.push(...next)
    jail.stdin.write(next.length === 1 && next[0] !== undefined ? next[0].message : Buffer.concat(next.map(({ message }) => message)))
  }
  const flushSoon = (): void => {
    if (isFlushing) return
    isFlushing = true
    process.nextTick(flush)
  }
  // For the oldest request alone: those behind it have not been begun.
  function startPatience (): void {
    patience ??= setTimeout(() => { if (asked.length > 0) end('no answer in time') }, ANSWER_MS).unref()
    patience.refresh()
  }
  jail.onExit((code) => { end(`exit ${code}: ${said}`) })
  jail.stderr.on('data', (chunk: Buffer) => { said = `${said}${chunk.toString('utf8')}`.slice(0, 1_000) })
  collectReplies(jail.stdout, (reply) => {
    asked.shift()?.resolve(reply)
    if (asked.length > 0) startPatience()
    if (queued.length > 0) flushSoon()
  }, () => { end('an answer over the limit') })
  return {
    send (request, payload = NOTHING) {
      return new Promise((resolve, reject) => {
        if (ended !== null) {
          reject(broken(ended))
          return
        }
        queued.push({ message: frame(request, payload), resolve, reject })
        flushSoon()
      })
    },
    isOpen: () => ended === null,
    close: () => { end('closed') },
  }
}

// Chunks are joined once per message, not once per chunk: a file of some megabytes comes in hundreds of them.
function collectReplies (stream: Jailed['stdout'], onReply: (reply: Reply) => void, onTooLarge: () => void): void {
  let chunks: Buffer[] = []
  let size = 0
  let wanted = HEAD_BYTES
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    size += chunk.length
    if (size < wanted) return
    let rest = chunks.length === 1 ? chunk : Buffer.concat(chunks)
    for (wanted = messageBytes(rest); rest.length >= wanted; wanted = messageBytes(rest)) {
      onReply(parseReply(rest))
      rest = rest.subarray(wanted)
    }
    if (wanted > MAX_ANSWER_BYTES) return onTooLarge()
    chunks = [rest]
    size = rest.length
  })
}

function frame (request: object, payload: Uint8Array): Buffer {
  const head = Buffer.from(JSON.stringify(request), 'latin1')
  const lengths = Buffer.alloc(HEAD_BYTES)
  lengths.writeUInt32BE(head.length, 0)
  lengths.writeUInt32BE(payload.length, 4)
  return Buffer.concat([lengths, head, payload])
}

// Of the next message, as far as its head is there.
function messageBytes (received: Buffer): number {
  return received.length < HEAD_BYTES ? HEAD_BYTES : HEAD_BYTES + received.readUInt32BE(0) + received.readUInt32BE(4)
}

function parseReply (message: Buffer): Reply {
  const headEnd = HEAD_BYTES + message.readUInt32BE(0)
  return { head: parse<Reply['head']>(message.subarray(8, headEnd)), payload: message.subarray(headEnd, headEnd + message.readUInt32BE(4)) }
}

// The worker is Weir's own code in a jail that nothing else runs in: its JSON has the form this module gave it.
function parse<T> (bytes: Buffer): T {
  return JSON.parse(bytes.toString('latin1')) as T
}

function broken (detail?: string): GatewayError {
  return new GatewayError('WEIR_ERR_SANDBOX', 'the workspace could not be read', detail === undefined ? {} : { cause: new Error(detail) })
}
