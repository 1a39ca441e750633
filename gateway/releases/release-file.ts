import { join } from 'node:path'
import { openLineFile, readLineFile, type LineFile, type LineFileOptions } from '../files/line-file.ts'
import { parseReleaseLine } from './release-schema.ts'
import type { ReleaseLine } from './release.ts'

/** The append-only record of releases: what it says is what is so. */
export type ReleaseFile = LineFile<ReleaseLine>

/** The record in a data directory. */
export function releaseFileOf (dataDir: string): string {
  return join(dataDir, 'releases.jsonl')
}

/** Opens or makes the record, as `openLineFile` does. @throws GatewayError WEIR_ERR_STORE */
export function openReleaseFile (path: string, onWarning: (message: string) => void): ReleaseFile {
  return openLineFile(recordAt(path), onWarning)
}

/** What the record says, for who does not write it. @throws GatewayError WEIR_ERR_STORE */
export function readReleaseFile (path: string): readonly ReleaseLine[] {
  return readLineFile(recordAt(path))
}

function recordAt (path: string): LineFileOptions<ReleaseLine> {
  return { path, name: 'the record of releases', parse: parseReleaseLine }
}
