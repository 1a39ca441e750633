import type { Git } from './git.ts'
import { openObjectReader, type FoundObject, type ObjectReader } from './object-reader.ts'

const IDLE_MS = 120_000 // the turns of a conversation come closer together than this; the process takes some 5 MB meanwhile

/** A repository's objects and refs, read through a process that stays: to start one takes longer than to read. */
export interface KeptObjects {
  /** As `ObjectReader.find`, one at a time in the order of asking. */
  find (name: string): Promise<FoundObject | null>
  /** Starts the process if it is not there. */
  expect (): void
}

export function keepObjects (git: Pick<Git, 'gitDir'>): KeptObjects {
  let reader: ObjectReader | null = null
  let idle: NodeJS.Timeout | null = null
  let last: Promise<unknown> = Promise.resolve()
  const rest = (): void => {
    // After what is being read, which is answered in time or ends the process.
    last = last.then(() => {
      reader?.close()
      reader = null
    })
  }
  function open (): ObjectReader {
    if (reader?.isOpen() !== true) reader = openObjectReader(git)
    idle = idle?.refresh() ?? setTimeout(rest, IDLE_MS).unref()
    return reader
  }
  async function find (name: string): Promise<FoundObject | null> {
    const known = reader
    const mine = open()
    try {
      return await mine.find(name)
    } catch (thrown) {
      // One that stood there may have been ended by anybody since. To read again changes nothing; a new one that fails says why.
      if (mine !== known) throw thrown
      return await open().find(name)
    }
  }
  return {
    find (name) {
      const mine = last.then(() => find(name))
      last = mine.catch(() => undefined) // who asked has the rejection; the next must be read all the same
      return mine
    },
    expect: () => { open() },
  }
}
