import { readFile } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { GatewayError } from '../core/errors.ts'
import type { PermittedChange } from './change.ts'
import type { ImportProcess } from './import-process.ts'

/** Who and what a commit says. `author` and `committer` are whole idents (`Name <mail>`) without line breaks. */
export interface CommitText { readonly author: string, readonly committer: string, readonly message: string }

/**
 * Makes one commit of these changes on top of `tip` and moves the branch to it, or does nothing. One process that touches only the folders
 * that change, so that its cost is the change set's and not the project's.
 *
 * @returns the commit; null when it is to be tried again: the branch does not stand at `tip`, or the process that waited was ended by somebody
 * @throws GatewayError WEIR_ERR_PROJECT, also when a snapshot does not hold the bytes that were decided
 */
export async function importCommit (process: ImportProcess, place: { readonly ref: string, readonly tip: string }, changes: readonly PermittedChange[], text: CommitText): Promise<string | null> {
  const failure = await writeImport(process.stdin, place, changes, text).then(() => null, (cause: unknown) => ({ cause }))
  if (failure !== null) process.kill()
  const { code, commit, said } = await process.ended
  if (failure === null && code === 0 && commit !== null) return commit
  if (/^warning: Not updating /m.test(said)) return null
  if (process.isKept && code === null) return null
  throw new GatewayError('WEIR_ERR_PROJECT', 'the commit could not be made', { cause: new Error(said, failure ?? {}) })
}

async function writeImport (stdin: Writable, { ref, tip }: { readonly ref: string, readonly tip: string }, changes: readonly PermittedChange[], { author, committer, message }: CommitText): Promise<void> {
  // A stream that ends before its `done` is no commit: the gateway may die in the middle of it.
  await send(stdin, 'feature done\n')
  for (const { snapshot, next } of changes) {
    if (snapshot === null || next === null) continue
    const bytes = await readFile(snapshot) // one at a time, and none is over 60 MB
    await send(stdin, `blob\ndata ${bytes.length}\n`, bytes, '\n')
  }
  // What goes, goes first: a folder may take the place of a file.
  const gone = changes.flatMap(({ path, next }) => next === null ? `D ${quoted(path)}\n` : [])
  // By the id that was decided: a snapshot with other bytes made another object, and the import fails whole.
  const made = changes.flatMap(({ path, next }) => next === null ? [] : `M ${next.mode} ${next.id} ${quoted(path)}\n`)
  const head = `commit ${ref}\nmark :1\nauthor ${author} now\ncommitter ${committer} now\ndata ${Buffer.byteLength(message)}\n${message}\nfrom ${tip}\n`
  await send(stdin, head, gone.join(''), made.join(''), '\nget-mark :1\ndone\n')
  stdin.end()
  await finished(stdin)
}

/** Writes parts that belong together, and resolves when all are written; rejects when git is gone. */
function send (stdin: Writable, ...parts: readonly (string | Buffer)[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const last = parts.length - 1
    parts.forEach((part, at) => stdin.write(part, at < last ? undefined : (error) => { if (error == null) resolve(); else reject(error) }))
  })
}

function quoted (path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`
}
