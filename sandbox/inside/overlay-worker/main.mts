/**
 * Reads and restores an overlay from inside a jail: `/upper` and `/lower` read-only, `/workspace` the merged view.
 * Self-contained: only `node:` modules beside what is in this folder, because the folder is all that is bound into the jail.
 *
 * Each message both ways is two 32-bit big-endian lengths, then that much JSON and that much payload.
 */
import { linkPath, putPath, removePath, writePath } from './edit.mts'
import { codeOf } from './folders.mts'
import { changedIn, childrenOf, kindAt, readFile } from './look.mts'
import { answer, take } from './messages.mts'

const MAX_JSON_BYTES = 65_536
const MAX_PAYLOAD_BYTES = 268_435_456
const NOTHING = Buffer.alloc(0)

interface Request { readonly op: string, readonly path: string, readonly max?: number, readonly mode?: number, readonly target?: string }
interface Answer { readonly ok: boolean, readonly problem?: string, readonly mode?: number }

const DONE: [Answer, Buffer] = [{ ok: true }, NOTHING]

const OPS: Readonly<Record<string, (request: Request, payload: Buffer) => [Answer, Buffer]>> = {
  changed: ({ path }) => found(changedIn(path)),
  lower: ({ path }) => found(childrenOf('/lower', path) ?? []),
  stat: ({ path }) => found(kindAt(path)),
  read: ({ path, max }) => {
    const read = readFile(path, max ?? 0)
    return 'problem' in read ? refused(read.problem) : [{ ok: true, mode: read.mode }, read.content]
  },
  remove: ({ path }) => {
    removePath(path)
    return DONE
  },
  write: ({ path, mode }, payload) => {
    writePath(path, mode ?? 0, payload)
    return DONE
  },
  put: ({ path }, payload) => {
    putPath(path, payload)
    return DONE
  },
  link: ({ path, target }) => {
    linkPath(path, target ?? '')
    return DONE
  },
}

function main (): void {
  for (let head = take(8); head !== null; head = take(8)) {
    if (head.readUInt32BE(0) > MAX_JSON_BYTES || head.readUInt32BE(4) > MAX_PAYLOAD_BYTES) process.exit(2)
    const request = JSON.parse((take(head.readUInt32BE(0)) ?? NOTHING).toString('latin1')) as Request
    const payload = take(head.readUInt32BE(4)) ?? NOTHING
    answer(...perform(request, payload))
  }
}

function perform (request: Request, payload: Buffer): [Answer, Buffer] {
  try {
    return OPS[request.op]?.(request, payload) ?? refused('unknown-op')
  } catch (error) {
    // The code only: a message would hold paths.
    return refused(codeOf(error))
  }
}

function found (value: unknown): [Answer, Buffer] {
  return [{ ok: true }, Buffer.from(JSON.stringify(value), 'latin1')]
}

function refused (problem: string): [Answer, Buffer] {
  return [{ ok: false, problem }, NOTHING]
}

main()
