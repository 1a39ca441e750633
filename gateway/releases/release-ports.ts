import type { Governor } from '../core/govern.ts'
import type { EntryBody } from '../core/ledger-entry.ts'
import type { Ledger } from '../core/ports.ts'
import type { PathClass } from '../core/tool-call.ts'
import type { Project } from '../project/project.ts'
import type { SandboxDriver } from '../../sandbox/sandbox.ts'
import type { ReleaseBook } from './release-book.ts'
import type { ReleaseKey } from './release-key.ts'
import type { ReleaseLine } from './release.ts'

/** The record and what follows it. */
export interface RecordPorts {
  readonly book: ReleaseBook
  readonly ledger: Ledger & { record (body: EntryBody): void }
  /** On disk, then in the book. @throws GatewayError WEIR_ERR_STORE */
  write (line: ReleaseLine): void
}

export interface ReleasePorts extends RecordPorts {
  readonly governor: Governor
  readonly key: ReleaseKey
  /** The app's project, in which every pointing of the record has taken effect. @throws GatewayError WEIR_ERR_PROJECT */
  readonly project: (app: string) => Promise<Project>
  readonly classOf: (path: string) => PathClass
  readonly sandboxes: SandboxDriver
  /** The configured command of a check of that app; null when there is none. */
  readonly commandOf: (app: string, check: string) => string | null
  readonly nowMs: () => number
}
