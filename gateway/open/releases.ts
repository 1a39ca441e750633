import type { Agents } from '../agents.ts'
import type { Config } from '../config.ts'
import type { Governance } from '../governance.ts'
import type { Journal } from '../ledger/journal.ts'
import type { Project } from '../project/project.ts'
import { createReleaseBook } from '../releases/release-book.ts'
import { openReleaseFile, releaseFileOf } from '../releases/release-file.ts'
import { openReleaseKey, releaseKeyFile, type ReleaseKey } from '../releases/release-key.ts'
import type { RecordPorts } from '../releases/release-ports.ts'
import { createReleases, type Releases } from '../releases/releases.ts'
import { createSettling } from '../releases/settle-record.ts'

/** The record of releases, which is there before any project is opened. */
export interface ReleaseRecord extends RecordPorts {
  /** Has every pointing of the record taken effect in a project. To be called before anything starts from it. */
  settle (project: Project): Promise<void>
  close (): void
}

interface RecordOptions { readonly dataDir: string, readonly journal: Journal, readonly onWarning: (message: string) => void }

/** Opens the record. @throws GatewayError WEIR_ERR_STORE */
export function openReleaseRecord ({ dataDir, journal, onWarning }: RecordOptions): ReleaseRecord {
  const file = openReleaseFile(releaseFileOf(dataDir), onWarning)
  const book = createReleaseBook(file.lines)
  const ports: RecordPorts = {
    book,
    ledger: journal,
    write (line) {
      file.append(line)
      book.apply(line)
    },
  }
  return { ...ports, settle: createSettling(ports), close: () => file.close() }
}

export interface ReleasesOptions {
  readonly config: Config
  readonly record: ReleaseRecord
  readonly governance: Governance
  readonly agents: Pick<Agents, 'project' | 'sandboxes'>
}

/** Releases as routes serve them, and the key that they are signed with. @throws GatewayError WEIR_ERR_CONFIG_INVALID */
export function openReleases ({ config, record, governance, agents }: ReleasesOptions): { readonly releases: Releases, readonly key: ReleaseKey } {
  const key = openReleaseKey(releaseKeyFile(config.dataDir))
  const releases = createReleases({
    ...record,
    key,
    governor: governance.governor,
    project: agents.project,
    classOf: governance.classOf,
    sandboxes: agents.sandboxes,
    commandOf: (app, check) => check === 'test' ? config.apps[app]?.testCommand ?? null : ownMember(config.apps[app]?.checks, check),
    nowMs: Date.now,
  })
  return { releases, key }
}

function ownMember (checks: Readonly<Record<string, string>> | undefined, name: string): string | null {
  return checks !== undefined && Object.hasOwn(checks, name) ? checks[name] ?? null : null
}
