import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { GatewayError } from '../core/errors.ts'
import type { PermittedChange } from './change.ts'
import { GIT_FLAGS, gitEnvironment, type Git } from './git.ts'

const TIMEOUT_MS = 600_000 // 50,000 files take some ten seconds
const MAX_SAID = 4_096

/** Who and what a commit says. `author` and `committer` are whole idents (`Name <mail>`) without line breaks. */
export interface CommitText { readonly author: string, readonly committer: string, readonly message: string }

/**
 * Makes one commit of these changes on top of `tip` and moves the branch to it, or does nothing. One process that touches only the folders
 * that change, so that its cost is the change set's and not the project's.
 *
 * @returns the commit, or null when the branch does not stand at `tip` or before the commit any more
 * @throws GatewayError WEIR_ERR_PROJECT, also when a snapshot does not hold the bytes that were decided
 */
export async function importCommit (git: Git, place: { readonly ref: string, readonly tip: string }, changes: readonly PermittedChange[], text: CommitText): Promise<string | null> {
  const child = spawn('git', [...GIT_FLAGS, 'fast-import', '--quiet', '--date-format=now', '--done'], { cwd: '/', env: gitEnvironment(git.gitDir), stdio: 'pipe', timeout: TIMEOUT_MS, killSignal: 'SIGKILL' })
  let said = ''
  let answer = ''
  child.stdout.on('data', (chunk: Buffer) => { answer = `${answer}${chunk.toString('latin1')}`.slice(0, MAX_SAID) })
  child.stderr.on('data', (chunk: Buffer) => { said = `${said}${chunk.toString('latin1')}`.slice(0, MAX_SAID) })
  const ended = new Promise<number | null>((resolve) => {
    child.on('error', () => { resolve(null) })
    child.on('close', resolve)
  })
  try {
    await writeImport(child.stdin, place, changes, text)
  } catch (cause) {
    child.kill('SIGKILL')
    await ended
    throw new GatewayError('WEIR_ERR_PROJECT', 'the commit could not be written', { cause: new Error(said, { cause }) })
  }
  const code = await ended
  const commit = /^[0-9a-f]{40,64}$/.exec(answer.trim())?.[0] ?? null
  if (code === 0 && commit !== null) return commit
  await rm(join(git.gitDir, `fast_import_crash_${child.pid ?? 0}`), { force: true }).catch(() => undefined) // it names paths; `.git` may be a file
  if (/^warning: Not updating /m.test(said)) return null
  throw new GatewayError('WEIR_ERR_PROJECT', 'the commit could not be made', { cause: new Error(said) })
}

async function writeImport (stdin: Writable, { ref, tip }: { readonly ref: string, readonly tip: string }, changes: readonly PermittedChange[], { author, committer, message }: CommitText): Promise<void> {
  const send = createSender(stdin)
  for (const { snapshot, next } of changes) {
    if (snapshot === null || next === null) continue
    const bytes = await readFile(snapshot) // one at a time, and none is over 60 MB
    await send(`blob\ndata ${bytes.length}\n`, bytes, '\n')
  }
  await send(`commit ${ref}\nmark :1\nauthor ${author} now\ncommitter ${committer} now\ndata ${Buffer.byteLength(message)}\n${message}\nfrom ${tip}\n`)
  // What goes, goes first: a folder may take the place of a file.
  const gone = changes.flatMap(({ path, next }) => next === null ? `D ${quoted(path)}\n` : [])
  // By the id that was decided: a snapshot with other bytes made another object, and the import fails whole.
  const made = changes.flatMap(({ path, next }) => next === null ? [] : `M ${next.mode} ${next.id} ${quoted(path)}\n`)
  await send(gone.join(''), made.join(''), '\nget-mark :1\ndone\n')
  stdin.end()
  await finished(stdin)
}

/** Writes parts that belong together, and resolves when all are written; rejects when git is gone. */
function createSender (stdin: Writable): (...parts: readonly (string | Buffer)[]) => Promise<void> {
  stdin.on('error', () => undefined) // each write is told, too
  return (...parts) => new Promise((resolve, reject) => {
    const last = parts.length - 1
    parts.forEach((part, at) => stdin.write(part, at < last ? undefined : (error) => { if (error == null) resolve(); else reject(error) }))
  })
}

function quoted (path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`
}
