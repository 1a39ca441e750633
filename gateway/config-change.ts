import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { eventBody, type EntryBody } from './core/ledger-entry.ts'
import { replaceFile } from './files/replace-file.ts'

/** What the last start saw of the configuration file: digests, by which a value is told to be another and not what it is. */
interface Seen { readonly digest: string | null, readonly settings: Readonly<Record<string, string>> }

export interface ConfigChangePorts {
  readonly config: Pick<Config, 'dataDir' | 'fileDigest' | 'settingDigests'>
  readonly append: (body: EntryBody) => Promise<number>
}

/**
 * Records which settings of the configuration file are others than at the last start in this data directory; nothing at the first. After a
 * crash in between it may be recorded twice.
 *
 * @throws Error of the file system; GatewayError WEIR_ERR_LEDGER_APPEND
 */
export async function recordConfigChange ({ config, append }: ConfigChangePorts): Promise<void> {
  const file = join(config.dataDir, 'configuration.json')
  const now: Seen = { digest: config.fileDigest ?? null, settings: config.settingDigests ?? {} }
  const before = seenIn(file)
  if (before?.digest === now.digest) return
  if (before !== null) await append(eventBody('configuration-changed', null, { from: before.digest, to: now.digest, settings: differing(before, now) }))
  await replaceFile(file, `${JSON.stringify(now)}\n`)
}

function differing (before: Seen, now: Seen): readonly string[] {
  const names = new Set([...Object.keys(before.settings), ...Object.keys(now.settings)])
  return [...names].filter((name) => before.settings[name] !== now.settings[name]).sort()
}

/** Null at the first start, and when the file cannot be read: the digests of two starts in the ledger tell a change all the same. */
function seenIn (file: string): Seen | null {
  try {
    const { digest, settings } = JSON.parse(readFileSync(file, 'utf8')) as Seen
    return { digest, settings: { ...settings } }
  } catch {
    return null
  }
}
