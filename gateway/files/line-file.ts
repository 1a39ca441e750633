import { closeSync, existsSync, fdatasyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { syncFolder } from './sync-folder.ts'

const NEWLINE = 0x0a

/** An append-only file of JSON lines. A returned `append` means on disk. */
export interface LineFile<Line> {
  readonly lines: readonly Line[]
  /** @throws GatewayError WEIR_ERR_STORE: then nothing of it is so */
  append (line: Line): void
  close (): void
}

export interface LineFileOptions<Line> {
  readonly path: string
  /** What the file is called in messages, with its article. */
  readonly name: string
  /** One line without its newline; null when it is not one of ours. */
  readonly parse: (text: string) => Line | null
}

/**
 * Opens or makes the file, mode 0600. A last line without its newline is one that was never acknowledged: it is cut off and reported.
 *
 * @throws GatewayError WEIR_ERR_STORE when the file cannot be read, or a whole line is not one of ours
 */
export function openLineFile<Line> (options: LineFileOptions<Line>, onWarning: (message: string) => void): LineFile<Line> {
  const { path, name } = options
  return orStoreError(`${capital(name)} could not be opened.`, () => {
    const isNew = !existsSync(path)
    const descriptor = openSync(path, 'a+', 0o600)
    if (isNew) syncFolder(dirname(path))
    const bytes = readFileSync(path)
    let length = bytes.lastIndexOf(NEWLINE) + 1
    if (length < bytes.length) {
      ftruncateSync(descriptor, length)
      onWarning(`${name} ended in ${bytes.length - length} bytes of an unfinished line; they were cut off`)
    }
    return {
      lines: linesOf(bytes, options),
      append (line) { length = append(descriptor, line, length, name) },
      close: () => closeSync(descriptor),
    }
  })
}

/** What the file says, for who does not write it. No lines when there is no file. @throws GatewayError WEIR_ERR_STORE */
export function readLineFile<Line> (options: LineFileOptions<Line>): readonly Line[] {
  return orStoreError(`${capital(options.name)} could not be read.`, () => existsSync(options.path) ? linesOf(readFileSync(options.path), options) : [])
}

// Synchronous on purpose: who decides by what the file says needs the line there before anything else runs.
function append (descriptor: number, line: unknown, length: number, name: string): number {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
  try {
    if (writeSync(descriptor, bytes) !== bytes.length) throw new Error('short write')
    fdatasyncSync(descriptor)
    return length + bytes.length
  } catch (cause) {
    // What a full disk left of it must not become the beginning of the next line.
    ftruncateSync(descriptor, length)
    throw new GatewayError('WEIR_ERR_STORE', `${capital(name)} could not be written to disk.`, { cause })
  }
}

function linesOf<Line> (bytes: Buffer, { name, parse }: LineFileOptions<Line>): readonly Line[] {
  return bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1).toString('utf8').split('\n').slice(0, -1).map((text, at) => {
    const line = parse(text)
    if (line === null) throw new GatewayError('WEIR_ERR_STORE', `Line ${at + 1} of ${name} is damaged.`)
    return line
  })
}

function orStoreError<T> (message: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw cause instanceof GatewayError ? cause : new GatewayError('WEIR_ERR_STORE', message, { cause })
  }
}

function capital (text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
