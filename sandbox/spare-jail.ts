import type { Jailed } from './jail.ts'

/** Longest command that a spare jail is handed, bytes: it is read byte by byte, and a longer one is sooner in a jail that is made for it. */
const MAX_HANDED_BYTES = 4_096

/** A jail that is made before it is needed. */
export interface SpareJail {
  /** Hands over the command; null when there is no jail for it. The jail is this command's alone, and another one is made for the next. */
  run (command: string): Jailed | null
  /** Ends the one that waits. */
  close (): Promise<void>
}

/**
 * Keeps one jail that waits for a command. To make its walls takes most of the time of a short command, and they need not be made while
 * somebody waits. Nothing ran in it before: each has processes, scratch folders and an environment of its own, and serves one command.
 *
 * Made once a first command ran, so that sessions without commands have none.
 *
 * @param make starts a jail with `waitingCommand`, whose command it takes from its standard input
 */
export function keepSpareJail (make: () => Jailed): SpareJail {
  let spare: Jailed | null = null
  let isClosed = false

  function prepare (): void {
    if (isClosed || spare !== null) return
    let made: Jailed
    try {
      made = make()
    } catch {
      return // the next command finds none, and says what is wrong when its own cannot be made
    }
    spare = made
    made.onExit(() => { if (spare === made) spare = null })
  }

  return {
    run (command) {
      setImmediate(prepare) // after the command was begun
      const jail = spare
      if (jail === null || Buffer.byteLength(command) > MAX_HANDED_BYTES || command.includes('\0')) return null
      spare = null
      jail.stdin.write(`${command}\0`)
      return jail
    },
    async close () {
      isClosed = true
      const jail = spare
      spare = null
      if (jail === null) return
      jail.kill()
      jail.stdout.resume()
      jail.stderr.resume()
      await jail.exited
    },
  }
}
