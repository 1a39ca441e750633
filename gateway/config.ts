import type { ModelFormatName } from '../adapters/model-format.ts'
import type { Environment } from './core/actor.ts'

/** One app under governance. `project` is an absolute path; `testCommand` the exact text of a test run. */
export interface AppConfig {
  readonly project: string
  readonly testCommand: string
  /** Branch that an environment's commits go to. Default `weir/<environment in lower case>`. */
  readonly environments: Readonly<Partial<Record<Environment, { readonly branch?: string }>>>
}

/** One upstream model provider. `baseUrl` ends with the version: before `/chat/completions`, `/responses`, `/messages` or `/models/…`. */
export interface ProviderConfig {
  readonly format: ModelFormatName
  readonly baseUrl: string
  readonly models: Readonly<Record<string, { readonly name?: string }>>
  /** Provider that needs no key (a local server). Default false. */
  readonly keyless?: boolean
}

export interface LimitsConfig {
  /** Largest request body, bytes. Default 33,554,432 (32 MiB). */
  readonly bodyBytes: number
  /** Longest time to an upstream's response headers, ms. Default 120,000. */
  readonly upstreamHeadersMs: number
  /** Longest silence of an upstream stream, ms. Default 120,000. */
  readonly upstreamIdleMs: number
  /** Largest change one turn may make to one file, bytes. Default 8,388,608 (8 MiB). */
  readonly fileBytes: number
  /** Most files one turn may change. Default 2,000. */
  readonly changedFiles: number
}

export interface Config {
  readonly listen: { readonly host: string, readonly port: number }
  readonly dataDir: string
  readonly policies: string
  readonly apps: Readonly<Record<string, AppConfig>>
  readonly providers: Readonly<Record<string, ProviderConfig>>
  readonly agent: { readonly command: string, readonly sandbox: 'bubblewrap', readonly idleStopMs: number }
  readonly limits: LimitsConfig
  readonly databaseUrl: string | null
}
