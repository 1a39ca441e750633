import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { watchOpening } from './opening-watch.ts'
import { OPENED, type PgliteAnswer, type PgliteOpening, type PgliteRequest } from './pglite-protocol.ts'
import type { Connection, Row } from './store.ts'

const CLOSE_TIMEOUT_MS = 5_000

/** A running process with the database open. Once it has ended, every query is refused. */
export interface PgliteConnection extends Connection { close (): Promise<void> }

/** The folder is another process's for now. */
export class FolderTaken extends Error {}

/**
 * Opens the database in a process of its own. The process sees nothing of this one's environment, and ends with it.
 *
 * @param onGone told when the process ended though nobody closed it
 * @throws FolderTaken, or Error when the database cannot be opened
 */
export async function startPglite (opening: PgliteOpening, onGone: () => void): Promise<PgliteConnection> {
  const child = fork(processModule(), [], { env: {}, serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const waiting = new Map<number, { resolve (rows: readonly Row[]): void, reject (error: Error): void }>()
  let last = OPENED
  let isOpen = false
  let isGone = false

  function end (error: Error): void {
    if (isOpen && !isGone) onGone()
    isGone = true
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  child.on('error', end)
  child.on('exit', () => end(new Error('the embedded database ended')))
  child.on('disconnect', () => end(new Error('the embedded database ended')))
  child.on('message', ({ id, rows, error, isTaken }: PgliteAnswer) => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (waiting.size === 0) keepAlive(child, false)
    if (error === null) asked?.resolve(rows)
    else asked?.reject(isTaken === true ? new FolderTaken(error) : new Error(error))
  })

  // An idle store keeps no process alive, one that owes an answer does.
  function send (id: number, message: PgliteOpening | PgliteRequest): Promise<readonly Row[]> {
    keepAlive(child, true)
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      child.send(message, (error) => { if (error !== null) end(error) })
    })
  }

  // A broken folder can hang for good.
  const unwatch = watchOpening(child.pid ?? 0, () => { end(new Error('the embedded database hung while it opened')) })
  try {
    await send(OPENED, opening)
    isOpen = true
  } catch (error) {
    await kill(child)
    throw error
  } finally {
    unwatch()
  }
  const ask = (sql: string, params: readonly unknown[] | null): Promise<readonly Row[]> => {
    if (isGone) return Promise.reject(new Error('the embedded database ended'))
    last += 1
    return send(last, { id: last, sql, params })
  }
  return {
    query: ask,
    async script (sql) { await ask(sql, null) },
    async close () {
      isOpen = false
      await closeProcess(child)
    },
  }
}

function keepAlive (child: ChildProcess, isNeeded: boolean): void {
  if (isNeeded) {
    child.ref()
    child.channel?.ref()
  } else {
    child.unref()
    child.channel?.unref()
  }
}

async function closeProcess (child: ChildProcess): Promise<void> {
  keepAlive(child, true)
  if (child.connected) child.send('close', () => {}) // one that is gone has no need to be told
  const timer = setTimeout(() => { child.kill('SIGKILL') }, CLOSE_TIMEOUT_MS)
  await ended(child)
  clearTimeout(timer)
}

async function kill (child: ChildProcess): Promise<void> {
  keepAlive(child, true)
  child.kill('SIGKILL')
  await ended(child)
}

async function ended (child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  await once(child, 'exit')
}

// The compiler rewrites import statements only, not URLs.
function processModule (): URL {
  return new URL(`./pglite-process${extname(import.meta.url)}`, import.meta.url)
}
