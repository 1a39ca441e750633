import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readLines } from '../ledger/line-reader.ts'
import { endLine, headerLine, isExport } from './export-format.ts'
import { MANIFEST, MANIFEST_MAX_BYTES, parseManifest, partName, PARTS, type ExportPart } from './export-manifest.ts'

/** A line of an export, without its newline, and where it is; `file` is null when the export is one file, `number` counts in the file from 1. */
export interface ExportLine { readonly bytes: Buffer, readonly whole: boolean, readonly number: number, readonly file: string | null }

/** In place of a line: why there are no more that count. */
export interface NoLine { readonly problem: string, readonly number: number, readonly file: string }

/** Whether there is an export at a path, in a file or in parts, or the beginning of one. */
export async function isExportAt (path: string): Promise<boolean> {
  return statSync(path).isFile() ? await isExport(path) : [MANIFEST, PARTS].some((name) => existsSync(join(path, name)))
}

/** The lines of an export, from one file or from a folder of its parts: the same ones. What the parts lack is told in place of a line. */
export async function * exportLines (path: string): AsyncGenerator<ExportLine | NoLine> {
  if (statSync(path).isDirectory()) return yield * linesOfParts(path)
  for await (const { bytes, whole, number } of readLines(path)) yield { bytes, whole, number, file: null }
}

async function * linesOfParts (folder: string): AsyncGenerator<ExportLine | NoLine> {
  const none = (problem: string): NoLine => ({ problem, number: 1, file: MANIFEST })
  const bytes = await manifestBytes(join(folder, MANIFEST))
  if (bytes === null) return yield none(`the export was not ended: there is no ${MANIFEST}`)
  const manifest = parseManifest(bytes)
  if (manifest === null) return yield none('it is no manifest of an export')
  const own = (line: string): ExportLine => ({ bytes: Buffer.from(line.slice(0, -1)), whole: true, number: 1, file: MANIFEST })
  yield own(headerLine(manifest))
  let before = 0
  for (const part of manifest.parts) {
    yield * linesOfPart(folder, partName(before, part), part)
    before += part.entries
  }
  yield own(endLine(manifest))
}

/** A part's lines come first: one that is wrong tells more than a digest. */
async function * linesOfPart (folder: string, file: string, { entries, bytes, sha256 }: ExportPart): AsyncGenerator<ExportLine | NoLine> {
  const path = join(folder, file)
  if (!existsSync(path)) return yield { problem: 'the part is missing', number: 1, file }
  const digest = createHash('sha256')
  let number = 0
  for await (const line of readLines(path)) {
    digest.update(line.bytes).update('\n')
    number = line.number
    yield { bytes: line.bytes, whole: line.whole, number, file }
  }
  if (number !== entries || (await stat(path)).size !== bytes || digest.digest('hex') !== sha256) yield { problem: `the part is not as ${MANIFEST} has it`, number: Math.max(1, number), file }
}

async function manifestBytes (path: string): Promise<Buffer | null> {
  if (!existsSync(path)) return null
  return (await stat(path)).size > MANIFEST_MAX_BYTES ? Buffer.alloc(0) : await readFile(path)
}
