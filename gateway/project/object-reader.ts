import { spawn } from 'node:child_process'
import { GatewayError } from '../core/errors.ts'
import { GIT_FLAGS, gitEnvironment, setHolding, type Git } from './git.ts'

const MAX_OBJECT_BYTES = 268_435_456 // 256 MiB: held in memory whole
const ANSWER_MS = 60_000
const HEADER = /^([0-9a-f]{40,64}) (blob|tree|commit|tag) (\d+)$/

/** `id` is git's object id, lower-case hex. */
export interface FoundObject { readonly id: string, readonly type: string, readonly bytes: Buffer }

/** Reads objects of a repository, many through one process. Not for concurrent use. */
export interface ObjectReader {
  /**
   * @param name an object id, or the full name of a ref as it is at this moment; without line breaks
   * @returns null when there is none
   * @throws GatewayError WEIR_ERR_PROJECT when it is over 256 MiB, or git stopped or said nothing for 60 s. The reader is of no use then
   */
  find (name: string): Promise<FoundObject | null>
  /** Whether its process is there, as far as is known. */
  isOpen (): boolean
  close (): void
}

/** Starts `git cat-file --batch`, which applies no filter and no text conversion. It keeps nobody alive but while something is read. */
export function openObjectReader (git: Pick<Git, 'gitDir'>): ObjectReader {
  const child = spawn('git', [...GIT_FLAGS, 'cat-file', '--batch'], { cwd: '/', env: gitEnvironment(git.gitDir), stdio: ['pipe', 'pipe', 'ignore'] })
  const input = createByteQueue(child.stdout)
  let isOpen = true
  child.on('exit', () => { isOpen = false })
  child.on('error', () => {
    isOpen = false
    child.stdout.destroy()
  })
  child.stdin.on('error', () => undefined) // shows as an early end of the output
  setHolding(child, false)
  const close = (): void => {
    isOpen = false
    child.kill('SIGKILL')
  }
  return {
    async find (name) {
      const patience = setTimeout(close, ANSWER_MS)
      try {
        child.stdin.write(`${name}\n`)
        const line = (await input.line()).toString('latin1')
        const [, id, type, size] = HEADER.exec(line) ?? []
        if (id === undefined || type === undefined) return null
        if (Number(size) > MAX_OBJECT_BYTES) throw new GatewayError('WEIR_ERR_PROJECT', 'a file of the project is larger than 256 MiB')
        const bytes = await input.take(Number(size) + 1)
        return { id, type, bytes: bytes.subarray(0, -1) }
      } catch (thrown) {
        close() // what it says next belongs to no question
        throw thrown
      } finally {
        clearTimeout(patience)
      }
    },
    isOpen: () => isOpen,
    close,
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
