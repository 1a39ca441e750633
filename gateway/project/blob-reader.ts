import { spawn } from 'node:child_process'
import { GatewayError } from '../core/errors.ts'
import { GIT_FLAGS, gitEnvironment, type Git } from './git.ts'

const MAX_BLOB_BYTES = 268_435_456 // 256 MiB: held in memory whole while it is written out
const HEADER = /^[0-9a-f]{40,64} (?:(blob) (\d+)|\S+.*)$/

/** Reads file contents by object id, many through one process. Not for concurrent use. */
export interface BlobReader {
  /** @throws GatewayError WEIR_ERR_PROJECT when there is no such blob or it is over 256 MiB */
  read (id: string): Promise<Buffer>
  close (): void
}

/** Starts `git cat-file --batch`, which applies no filter and no text conversion. */
export function openBlobReader (git: Git): BlobReader {
  const child = spawn('git', [...GIT_FLAGS, 'cat-file', '--batch'], { cwd: '/', env: gitEnvironment(git.gitDir), stdio: ['pipe', 'pipe', 'ignore'] })
  const input = createByteQueue(child.stdout)
  child.on('error', () => child.stdout.destroy())
  child.stdin.on('error', () => undefined) // shows as an early end of the output
  return {
    async read (id) {
      child.stdin.write(`${id}\n`)
      const [, type, size] = HEADER.exec((await input.line()).toString('latin1')) ?? []
      if (type !== 'blob' || Number(size) > MAX_BLOB_BYTES) {
        throw new GatewayError('WEIR_ERR_PROJECT', 'a file of the project is missing or larger than 256 MiB')
      }
      const bytes = await input.take(Number(size) + 1)
      return bytes.subarray(0, -1)
    },
    close: () => { child.kill('SIGKILL') },
  }
}

interface ByteQueue { line (): Promise<Buffer>, take (count: number): Promise<Buffer> }

function createByteQueue (stream: NodeJS.ReadableStream): ByteQueue {
  const source = stream[Symbol.asyncIterator]()
  let rest = Buffer.alloc(0)
  const more = async (): Promise<Buffer<ArrayBuffer>> => {
    const next = await source.next()
    if (next.done === true) throw new GatewayError('WEIR_ERR_PROJECT', 'git stopped while the project was read')
    return Buffer.from(next.value)
  }
  const take = async (count: number): Promise<Buffer> => {
    const parts = [rest]
    for (let have = rest.length; have < count;) {
      const chunk = await more()
      parts.push(chunk)
      have += chunk.length
    }
    const all = Buffer.concat(parts)
    rest = all.subarray(count)
    return all.subarray(0, count)
  }
  return {
    take,
    async line () {
      while (!rest.includes(10)) rest = Buffer.concat([rest, await more()])
      const line = await take(rest.indexOf(10) + 1)
      return line.subarray(0, -1)
    },
  }
}
