import { createPublicKey, type KeyObject } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { GatewayError } from '../core/errors.ts'
import { replaceFile } from '../files/replace-file.ts'
import { openHashTail, type HashTail } from '../ledger/hash-tail.ts'
import type { Journal } from '../ledger/journal.ts'
import { lockWriter } from '../ledger/writer-lock.ts'
import { openCheckpoint, signCheckpoint } from './checkpoint.ts'
import { checkpointFileOf, originOf, readCheckpointFile } from './log-place.ts'
import { readLog, type LogReader } from './read-log.ts'
import { treeToGoOnWith } from './start-check.ts'
import { openTileStore } from './tile-store.ts'
import { createTree, type Tree } from './tree.ts'

const STRIDE = 262_144 // entries after which a log that is far behind is signed all the same, so that a stop loses little of the work
const CLOSE_MS = 10_000

export interface TransparencyLogOptions {
  readonly dir: string
  readonly journalDir: string
  readonly journal: Pick<Journal, 'head'>
  readonly privateKey: KeyObject
  /** Pause between two checkpoints. None is made when there is nothing new. */
  readonly checkpointMs: number
  readonly onWarning: (message: string, cause: unknown) => void
}

/** The Merkle tree over a journal, which follows it from its files: an append waits for nothing of it and hands nothing to it. */
export interface TransparencyLog {
  /** Has the durable entries up to this index signed, if they are not; by default all. @throws Error of the file system; GatewayError as `openTransparencyLog` */
  sign (upTo?: number): Promise<void>
  /** Entries that the last checkpoint covers; it is known when the log is open. */
  signedSize (): number
  /** What is signed now. @throws GatewayError as `readLog` */
  read (): Promise<LogReader>
  /** Signs what the journal holds, which may be closed by then, and ends. */
  close (): Promise<void>
}

interface Work { readonly tree: Tree, readonly tail: HashTail, readonly origin: string }

/**
 * Opens the log of a journal, or begins one.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_CORRUPT when the journal is not the one that was signed; WEIR_ERR_LEDGER_LOCKED
 */
export async function openTransparencyLog (options: TransparencyLogOptions): Promise<TransparencyLog> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 })
  const lock = await lockWriter(options.dir)
  try {
    const signing = createSigning(options)
    await signing.begin()
    return follow(options, signing, () => lock.release())
  } catch (error) {
    await lock.release()
    throw error
  }
}

interface Signing {
  /** Checks the last checkpoint against the journal. */
  begin (): Promise<void>
  /** Signs what is durable. `goOn` is asked now and then. */
  advance (goOn: () => boolean): Promise<void>
  signedSize (): number
}

function createSigning (options: TransparencyLogOptions): Signing {
  const { dir, journalDir, journal, privateKey, onWarning } = options
  const publicKey = createPublicKey(privateKey)
  const store = openTileStore(dir)
  let signedSize = 0
  let work: Work | null = null

  async function resume (): Promise<Work | null> {
    const note = await readCheckpointFile(dir)
    const origin = await originOf(journalDir)
    if (note === null) return origin === null ? null : { tree: createTree(store), tail: openHashTail(journalDir, 0), origin }
    const signed = origin === null ? null : openCheckpoint(note, { name: origin, publicKey })
    if (signed === null || origin === null) {
      throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', `The checkpoint in ${dir} is not of this journal, or not signed with this gateway's ledger-key.pem. Put back what belongs to it, or move journal and ledger-log away to begin a new ledger.`)
    }
    const tree = await treeToGoOnWith({ journalDir, head: journal.head().index, store, signed, onWarning })
    signedSize = signed.size
    return { tree, tail: openHashTail(journalDir, tree.size()), origin }
  }

  async function publish ({ tree, origin }: Work): Promise<void> {
    await tree.save()
    // Less than what was signed is never signed again: tiles that are made again come to it first.
    if (tree.size() <= signedSize) return
    await replaceFile(checkpointFileOf(dir), signCheckpoint({ origin, size: tree.size(), root: tree.root() }, privateKey))
    signedSize = tree.size()
  }

  async function addUpTo (last: number, { tree, tail }: Work): Promise<void> {
    while (tail.next() <= last) {
      const hashes = await tail.read(last)
      if (hashes.length === 0) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', `The ledger has no entry ${tail.next()}, which was durable.`)
      await tree.add(hashes)
    }
  }

  return {
    signedSize: () => signedSize,
    async begin () { work = await resume() },
    async advance (goOn) {
      try {
        const head = journal.head().index
        const current = work ??= await resume()
        if (current === null) return
        while (current.tree.size() <= head && goOn()) {
          await addUpTo(Math.min(head, current.tree.size() + STRIDE - 1), current)
          await publish(current)
        }
      } catch (error) {
        work = null // half of what was to be written may be: what counts is the last checkpoint
        throw error
      }
    },
  }
}

function follow ({ dir, journalDir, journal, privateKey, checkpointMs, onWarning }: TransparencyLogOptions, signing: Signing, release: () => Promise<void>): TransparencyLog {
  let running: Promise<void> | null = null
  let isFailing = false
  let endBy = Infinity

  function run (): Promise<void> {
    running ??= signing.advance(() => performance.now() < endBy).finally(() => { running = null })
    return running
  }

  async function tick (): Promise<void> {
    try {
      await run()
      if (isFailing) onWarning('the ledger\'s log can be signed again', null)
      isFailing = false
    } catch (error) {
      // Once per trouble. Entries are as durable as ever; only their signature waits.
      if (!isFailing) onWarning('the ledger\'s log could not be signed; it is tried again', error)
      isFailing = true
    }
  }

  const timer = setInterval(() => { void tick() }, checkpointMs)
  timer.unref()

  return {
    async sign (upTo = Infinity) {
      const last = Math.min(upTo, journal.head().index)
      // What runs now may have looked at the journal before.
      for (let tries = 0; tries < 2 && signing.signedSize() <= last; tries += 1) await run()
    },
    signedSize: () => signing.signedSize(),
    async read () {
      const name = await originOf(journalDir)
      return readLog(dir, { name: name ?? '', publicKey: createPublicKey(privateKey) })
    },
    async close () {
      clearInterval(timer)
      endBy = performance.now() + CLOSE_MS
      await running?.catch(() => undefined) // said already
      await tick()
      await release()
    },
  }
}
