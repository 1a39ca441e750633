import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Git } from './git.ts'

const MAX_BYTES = 1_048_576 // 1 MiB each: nobody reads a conflict in more

/** Three contents of one file. */
export interface ThreeContents { readonly ours: Uint8Array, readonly base: Uint8Array, readonly theirs: Uint8Array }

/** `text` is the merged file; where it is not clean, with conflict markers that show all three. */
export interface Merged { readonly clean: boolean, readonly text: Buffer }

/**
 * Merges what two made of one file.
 *
 * @returns null when one of them is no text or over 1 MiB
 * @throws GatewayError WEIR_ERR_PROJECT
 */
export async function mergeThree (git: Pick<Git, 'exec'>, { ours, base, theirs }: ThreeContents): Promise<Merged | null> {
  if ([ours, base, theirs].some((bytes) => bytes.length > MAX_BYTES || bytes.includes(0))) return null
  const folder = await mkdtemp(join(tmpdir(), 'weir-merge-')) // mode 0700
  try {
    const names = ['ours', 'base', 'theirs'].map((name) => join(folder, name))
    await Promise.all([ours, base, theirs].map((bytes, at) => writeFile(names[at] ?? '', bytes)))
    // The exit code counts the conflicts.
    const { code, output } = await git.exec(['merge-file', '-p', '--diff3', '-L', 'this session', '-L', 'what both started from', '-L', 'the project now', ...names], { maxCode: 127 })
    return { clean: code === 0, text: output }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
