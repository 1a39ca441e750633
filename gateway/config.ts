import type { AuthStyle, ModelFormatName } from '../adapters/model-format.ts'
import type { SandboxDriverName } from '../sandbox/driver-names.ts'
import type { SandboxLimits } from '../sandbox/limits.ts'
import type { Environment } from './core/actor.ts'
import type { ForwarderConfig } from './forward/forward-config.ts'
import type { HookConfig } from './hooks/hook-config.ts'
import type { OidcConfig } from './identity/oidc/oidc-config.ts'
import type { McpServerConfig } from './mcp/mcp-config.ts'
import type { SigningAlgorithm } from './policy/bundle/signing-key.ts'
import type { PublishConfig } from './publish/publish-config.ts'
import type { RetentionConfig } from './retention/retention-config.ts'
import type { CreditRates } from './sessions/credits.ts'
import type { TelemetryConfig } from './telemetry/telemetry-config.ts'
import type { MasterKeyCommand } from './vault/master-key-command.ts'

/** `absent`: no such file. `empty`: a file without content, for programs that want one to be there. */
export const SECRET_SHOWS = ['absent', 'empty'] as const
export type SecretShow = typeof SECRET_SHOWS[number]

/** One app under governance. `project` is an absolute path; `testCommand` the exact text of a test run. */
export interface AppConfig {
  readonly project: string
  readonly testCommand: string
  /** What a sandbox sees of a secret file. Default `absent`. */
  readonly secrets?: SecretShow
  /** What a release can be checked with beside the test run, by name. Default: nothing. */
  readonly checks?: Readonly<Record<string, string>>
  /** Branch that an environment's commits go to. Default `weir/<environment in lower case>`. */
  readonly environments: Readonly<Partial<Record<Environment, { readonly branch?: string }>>>
}

/** What a model's tokens cost, US dollars per million. What is read from or written to the provider's cache costs as input unless it is said, what is written for an hour as other writes. */
export interface RateConfig {
  readonly perMillionInput: number
  readonly perMillionOutput: number
  readonly perMillionCached?: number
  readonly perMillionCacheWrite?: number
  readonly perMillionCacheWrite1h?: number
}

/** When a request is sent again before a byte of an answer was passed on. */
export interface RetriesConfig {
  /** Most attempts, the first one included. Default 3. */
  readonly attempts: number
  /** Time from the first attempt after which no further one is begun, ms. Default 30,000. */
  readonly deadlineMs: number
  /** Longest wait between two attempts, ms; a provider that asks for more is not waited for. Default 5,000. */
  readonly maxWaitMs: number
}

/** One address of a provider and its share of the requests. */
export interface EndpointConfig { readonly url: string, readonly weight: number }

/** A model of a configured provider, in a chain. */
export interface ChainMember { readonly provider: string, readonly model: string }

/** A model that may be asked for; with a `chain`, a name that stands for its members: the first one that can, answers. */
export interface ModelConfig { readonly name?: string, readonly price?: RateConfig, readonly chain?: readonly ChainMember[] }

/** One upstream model provider. `baseUrl` ends with the version: before `/chat/completions`, `/responses`, `/messages` or `/models/…`. */
export interface ProviderConfig {
  readonly format: ModelFormatName
  /** Name shown to people. Default: its id. */
  readonly name?: string
  readonly baseUrl: string
  /** Every address, when there are several; `baseUrl` is the first. None for a provider of chains alone. Default: `baseUrl` alone. */
  readonly baseUrls?: readonly EndpointConfig[]
  readonly models: Readonly<Record<string, ModelConfig>>
  /** Provider that needs no key (a local server). Default false. */
  readonly keyless?: boolean
  /** How it takes its key. Default: as the format's own provider does. */
  readonly auth?: AuthStyle
  readonly retries?: RetriesConfig
  /** By name of a service tier, what it costs of the plain price. Default: what is published, else the worst that is known. */
  readonly serviceTiers?: Readonly<Record<string, number>>
  /** US dollars for a thousand searches that it makes for answers. Default: the same. */
  readonly searches?: { readonly perThousandWeb?: number, readonly perThousandFile?: number }
}

export interface LimitsConfig {
  /** Largest request body, bytes. Default 33,554,432 (32 MiB). */
  readonly bodyBytes: number
  /** Longest time to a connection with an upstream, ms. Default 10,000. */
  readonly upstreamConnectMs: number
  /** Longest time to an upstream's response headers, ms. Default 120,000. */
  readonly upstreamHeadersMs: number
  /** Longest silence of an upstream stream, ms. Default 120,000. */
  readonly upstreamIdleMs: number
  /** Largest change one turn may make to one file, bytes. Default 8,388,608 (8 MiB). */
  readonly fileBytes: number
  /** Most files one turn may change. Default 2,000. */
  readonly changedFiles: number
}

/** Policy from a bundle server. */
export interface PolicyBundleConfig {
  readonly bundle: string
  /** PEM text, or an absolute path to it; null only with `allowUnsigned`. */
  readonly publicKey: string | null
  readonly algorithm: SigningAlgorithm
  readonly keyId: string | null
  readonly scope: string | null
  /** Name of the environment variable that holds the bearer token. */
  readonly tokenVariable: string | null
  /** Pauses between requests, ms. Default 60,000 to 120,000. */
  readonly pollMs: { readonly min: number, readonly max: number }
  /** How long a server may hold a request, seconds. Default 30. */
  readonly longPollSeconds: number
  readonly allowUnsigned: boolean
}

export interface Config {
  /** `drainMs`: how long running requests may take to end at a stop. `names`: host names that requests may be sent to, beside those of `host` and `publicUrl`. */
  readonly listen: { readonly host: string, readonly port: number, readonly drainMs: number, readonly names: readonly string[] }
  /** Address at which clients reach the gateway, without a slash at its end. Default: where it listens. */
  readonly publicUrl?: string
  readonly dataDir: string
  /** SHA-256 of what the configuration file says, for the ledger. The file names secrets and holds none. Absent when there is no file. */
  readonly fileDigest?: string
  /** The same of each of its top settings, by name. */
  readonly settingDigests?: Readonly<Record<string, string>>
  /** An absolute path of a folder, or a bundle on a server. */
  readonly policies: string | PolicyBundleConfig
  /** A policy that is compared with the one in force, and enforces nothing. */
  readonly shadow?: string | PolicyBundleConfig
  /** Lets the first bundle of this run be older than the last one in force. Only ever by the command line: it is for one start. */
  readonly allowOlderPolicy: boolean
  /** Lets `agent.sandbox: none` start. Only ever by the command line: neither a file nor a variable can say it. */
  readonly unsafeNoSandbox?: boolean
  readonly apps: Readonly<Record<string, AppConfig>>
  readonly providers: Readonly<Record<string, ProviderConfig>>
  /** What a model without a known price is: not asked, or priced so. Default `deny`. */
  readonly unpriced: 'deny' | RateConfig
  /** What time costs, in thousandths of a credit. Default: one credit for each second of a container. */
  readonly credits: CreditRates
  readonly agent: { readonly command: string, readonly sandbox: SandboxDriverName, readonly runtime: string | null, readonly idleStopMs: number, readonly conversationsMs: number, readonly limits: SandboxLimits }
  /**
   * How long a streamed call waits for a second person's word before it is answered, ms, 0 for not at all; how long a call stays in the queue;
   * and the longest that an approval for more than one call can stand.
   */
  readonly approvals: { readonly holdMs: number, readonly lifetimeMs: number, readonly longestMs: number }
  readonly limits: LimitsConfig
  /** Longest life of tokens of service accounts, ms. */
  readonly tokens: { readonly serviceTtlMs: number }
  /** Pause between two signed checkpoints, ms. Default 10,000. */
  readonly ledger?: { readonly checkpointMs: number }
  /** Receivers that the ledger is sent to, by name. Default: none. */
  readonly forward?: Readonly<Record<string, ForwarderConfig>>
  /** Where signed checkpoints are published. Default: nowhere. */
  readonly publish?: PublishConfig
  /** What of the ledger expires, and when. Default: nothing. */
  readonly retention?: RetentionConfig
  /** How terminals are recorded: with what is typed or without, up to which size, bytes, and for how long they are kept, ms; null for ever. */
  readonly terminals: { readonly recordInput: boolean, readonly recordingBytes: number, readonly keepMs: number | null }
  /** Where traces and metrics are sent. Default: nowhere. */
  readonly telemetry?: TelemetryConfig
  /** Programs, with their arguments, that print the vault's master key and the one it is being moved to. Default: none. */
  readonly vault?: { readonly masterKeyCommand?: MasterKeyCommand, readonly nextMasterKeyCommand?: MasterKeyCommand }
  /** What budgets begin with. `firstOutputTokens` is what a model is taken to answer until it has answered. Default 256. */
  readonly budgets?: { readonly firstOutputTokens: number }
  /** Where gateways that share their budgets meet, and how long budgets hold without it, ms. Default: budgets are this gateway's alone. */
  readonly redis?: { readonly url: string, readonly ca?: string, readonly graceMs: number }
  /** Single sign-on. Default: embedded tokens only. */
  readonly oidc?: OidcConfig
  /** Webhooks by name. Default: none. */
  readonly hooks?: Readonly<Record<string, HookConfig>>
  /** MCP servers behind the gateway, by name. Default: none. */
  readonly mcp?: Readonly<Record<string, McpServerConfig>>
  readonly databaseUrl: string | null
}
