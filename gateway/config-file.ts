import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Compile } from 'typebox/schema'
import { parse as parseYaml } from 'yaml'
import { agentLimitsOf } from './agent-limits.ts'
import type { AppConfig, Config, PolicyBundleConfig } from './config.ts'
import { ConfigSchema, type ConfigFile } from './config-schema.ts'
import { digestOf } from './core/canonical-json.ts'
import { GatewayError } from './core/errors.ts'
import { durationMs } from './duration.ts'
import { readForward } from './forward/forward-config.ts'
import { readHooks } from './hooks/hook-config.ts'
import { readOidc } from './identity/oidc/read-oidc.ts'
import { MAX_SERVICE_TTL_MS } from './identity/service-account.ts'
import { readMcp } from './mcp/mcp-config.ts'
import { packageRoot } from './package-root.ts'
import { providersOf } from './providers/provider-config.ts'
import { readPublish } from './publish/publish-config.ts'
import { readRetention } from './retention/retention-config.ts'
import { telemetryOf } from './telemetry/telemetry-config.ts'

const MAX_CONFIG_BYTES = 1_048_576
const DEFAULT_IDLE_STOP = '15m'
const DEFAULT_CONVERSATIONS = '720h'
const MAX_CONVERSATIONS_MS = 31_536_000_000
const DEFAULT_DRAIN = '5s' // container runtimes kill 10 s after the signal, and the sessions are still to be closed
const MAX_DRAIN_MS = 600_000
const MIN_CHECKPOINT_MS = 100
const MAX_CHECKPOINT_MS = 86_400_000
const DEFAULT_HOLD = '0s' // where nobody is at hand to approve, holding only keeps the agent from its other work
const DEFAULT_APPROVAL_TIME = '24h'
const MIN_LONGEST_MS = 60_000
const MIN_LIFETIME_MS = 1_000 // shorter denies sooner; below a second nobody can have been asked
const MAX_APPROVAL_MS = 2_592_000_000
const MAX_HOLD_MS = 3_600_000 // an agent that runs costs by the second
const DEFAULT_REDIS_GRACE = '5m'
const MAX_REDIS_GRACE_MS = 86_400_000
const DEFAULT_POLL = { min: '60s', max: '120s' } as const // as OPA's own
const DEFAULT_LONG_POLL_S = 30 // proxies commonly end what is silent for a minute

const validator = Compile(ConfigSchema)

/** What the command line says; it wins over the environment, which wins over the file. */
export interface ConfigOptions {
  readonly config?: string | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly dataDir?: string | undefined
  readonly allowOlderPolicy?: boolean | undefined
  readonly unsafeRunAgentsWithoutASandbox?: boolean | undefined
}

/**
 * Reads and checks the configuration. No file at all is a working set-up.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID naming the file and every key that is wrong
 */
export function loadConfig (options: ConfigOptions, env: NodeJS.ProcessEnv, cwd: string): Config {
  const named = options.config ?? env['WEIR_CONFIG']
  const path = resolve(cwd, named ?? 'weir.yaml')
  if (named !== undefined && !existsSync(path)) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `There is no configuration file ${path}.`)
  const file = existsSync(path) ? readConfigFile(path) : {}
  const config = complete(file, existsSync(path) ? dirname(path) : cwd, options, env, cwd)
  if (!existsSync(path)) return config
  const settingDigests = Object.fromEntries(Object.entries(file).map(([name, value]) => [name, digestOf(value)]))
  return Object.freeze({ ...config, fileDigest: digestOf(file), settingDigests })
}

/** The JSON Schema of `weir.yaml`, for editors. */
export function configJsonSchema (): string {
  return `${JSON.stringify(ConfigSchema, null, 2)}\n`
}

function readConfigFile (path: string): ConfigFile {
  const text = readFileSync(path, 'utf8')
  if (text.length > MAX_CONFIG_BYTES) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `${path} is larger than 1 MiB.`)
  let value: unknown
  try {
    value = parseYaml(text, { uniqueKeys: true, maxAliasCount: 10 }) ?? {}
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `${path} is not valid YAML: ${cause instanceof Error ? cause.message : 'unreadable'}`, { cause })
  }
  if (validator.Check(value)) return value
  throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `${path}: ${describeProblems(value).join('; ')}`)
}

function describeProblems (value: unknown): string[] {
  const problems = validator.Errors(value)[1].map((error) => {
    const at = error.instancePath.slice(1).replaceAll('/', '.')
    if (error.keyword === 'boolean') return `unknown key "${at}"`
    if (error.keyword === 'additionalProperties') return null // reported key by key as 'boolean'
    return `${at === '' ? 'the whole file' : `"${at}"`} ${error.message}`
  })
  return [...new Set(problems.filter((problem) => problem !== null))]
}

function complete (file: ConfigFile, base: string, options: ConfigOptions, env: NodeJS.ProcessEnv, cwd: string): Config {
  const dataDir = options.dataDir ?? env['WEIR_DATA_DIR']
  const telemetry = telemetryOf(file.telemetry, env)
  return Object.freeze({
    listen: {
      host: options.host ?? env['WEIR_HOST'] ?? file.listen?.host ?? '127.0.0.1',
      port: options.port ?? portOf(env['WEIR_PORT']) ?? file.listen?.port ?? 4000,
      drainMs: drainMsOf(file),
      names: file.listen?.names ?? [],
    },
    ...(file.publicUrl === undefined ? {} : { publicUrl: file.publicUrl.replace(/\/+$/, '') }),
    dataDir: dataDir === undefined ? resolve(base, file.dataDir ?? '.weir') : resolve(cwd, dataDir),
    policies: policiesOf(file, base, env['WEIR_POLICIES'], cwd),
    ...(file.shadow === undefined ? {} : { shadow: policyOf(file.shadow, base) }),
    allowOlderPolicy: options.allowOlderPolicy ?? false,
    unsafeNoSandbox: options.unsafeRunAgentsWithoutASandbox ?? false,
    apps: appsOf(file, base),
    providers: providersOf(file.providers),
    unpriced: file.unpriced ?? 'deny',
    agent: {
      command: env['WEIR_AGENT'] ?? file.agent?.command ?? 'opencode',
      sandbox: file.agent?.sandbox ?? 'bubblewrap',
      runtime: runtimeOf(file.agent),
      idleStopMs: durationMs(file.agent?.idleStop ?? DEFAULT_IDLE_STOP),
      conversationsMs: conversationsMsOf(file),
      limits: agentLimitsOf(file.agent?.limits),
    },
    credits: { milliPerContainerSecond: milliCredits(file.credits?.containerSecond ?? 1), milliPerSessionSecond: milliCredits(file.credits?.sessionSecond ?? 0) },
    approvals: approvalsOf(file),
    ...(file.budgets?.firstOutputTokens === undefined ? {} : { budgets: { firstOutputTokens: file.budgets.firstOutputTokens } }),
    limits: {
      bodyBytes: file.limits?.bodyBytes ?? 33_554_432,
      upstreamConnectMs: file.limits?.upstreamConnectMs ?? 10_000,
      upstreamHeadersMs: file.limits?.upstreamHeadersMs ?? 120_000,
      upstreamIdleMs: file.limits?.upstreamIdleMs ?? 120_000,
      fileBytes: file.limits?.fileBytes ?? 8_388_608,
      changedFiles: file.limits?.changedFiles ?? 10_000,
    },
    tokens: { serviceTtlMs: serviceTtlOf(file) },
    ...(file.ledger?.checkpoint === undefined ? {} : { ledger: { checkpointMs: checkpointMsOf(file.ledger.checkpoint) } }),
    ...(file.ledger?.forward === undefined ? {} : { forward: readForward(file.ledger.forward, base) }),
    ...(file.ledger?.publish === undefined ? {} : { publish: readPublish(file.ledger.publish, base) }),
    ...(file.ledger?.retention === undefined ? {} : { retention: readRetention(file.ledger.retention) }),
    terminals: { recordInput: file.terminals?.recordInput ?? false, recordingBytes: file.terminals?.recordingBytes ?? 67_108_864, keepMs: file.terminals?.keep === undefined ? null : durationMs(file.terminals.keep) },
    ...(telemetry === null ? {} : { telemetry }),
    ...(file.vault === undefined ? {} : { vault: file.vault }),
    ...redisOf(file, env),
    ...(file.oidc === undefined ? {} : { oidc: readOidc(file.oidc, env) }),
    ...(file.hooks === undefined ? {} : { hooks: readHooks(file.hooks) }),
    ...(file.mcp === undefined ? {} : { mcp: readMcp(file.mcp, base) }),
    databaseUrl: databaseUrlOf(file, env),
  })
}

function runtimeOf (agent: ConfigFile['agent'] = {}): string | null {
  if (agent.runtime !== undefined && agent.sandbox !== 'podman') throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'agent.runtime is for agent.sandbox: podman only.')
  return agent.runtime ?? null
}

function drainMsOf ({ listen }: ConfigFile): number {
  const ms = durationMs(listen?.drain ?? DEFAULT_DRAIN)
  if (ms > MAX_DRAIN_MS) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'listen.drain must not be more than 10m.')
  return ms
}

function conversationsMsOf ({ agent }: ConfigFile): number {
  const ms = durationMs(agent?.conversations ?? DEFAULT_CONVERSATIONS)
  if (ms > MAX_CONVERSATIONS_MS) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'agent.conversations must not be more than 8760h.')
  return ms
}

function checkpointMsOf (text: string): number {
  const ms = durationMs(text)
  if (ms < MIN_CHECKPOINT_MS || ms > MAX_CHECKPOINT_MS) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'ledger.checkpoint must be from 100ms to 24h.')
  return ms
}

function approvalsOf ({ approvals }: ConfigFile): Config['approvals'] {
  const holdMs = durationMs(approvals?.hold ?? DEFAULT_HOLD)
  if (holdMs > MAX_HOLD_MS) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'approvals.hold must not be more than 1h.')
  const lifetimeMs = durationMs(approvals?.lifetime ?? DEFAULT_APPROVAL_TIME)
  if (lifetimeMs < MIN_LIFETIME_MS || lifetimeMs > MAX_APPROVAL_MS) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'approvals.lifetime must be from 1s to 30d.')
  if (lifetimeMs < holdMs) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'approvals.lifetime must not be shorter than approvals.hold.')
  return { holdMs, lifetimeMs, longestMs: longestOf(approvals?.longest) }
}

function longestOf (text: string | undefined): number {
  const ms = durationMs(text ?? DEFAULT_APPROVAL_TIME)
  if (ms < MIN_LONGEST_MS || ms > MAX_APPROVAL_MS) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'approvals.longest must be from 1m to 30d.')
  return ms
}

function policiesOf (file: ConfigFile, base: string, named: string | undefined, cwd: string): Config['policies'] {
  if (named !== undefined) return resolve(cwd, named)
  const { policies } = file
  if (policies === undefined) return join(packageRoot(), 'policies')
  return policyOf(policies, base)
}

function policyOf (policies: NonNullable<ConfigFile['policies']>, base: string): Config['policies'] {
  return typeof policies === 'string' ? resolve(base, policies) : policyBundleOf(policies, base)
}

function policyBundleOf (bundle: Exclude<ConfigFile['policies'], string | undefined>, base: string): PolicyBundleConfig {
  const { publicKey, allowUnsigned = false } = bundle
  if (publicKey === undefined && !allowUnsigned) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'policies.publicKey is missing: name the key that signs the bundles.')
  if (publicKey !== undefined && allowUnsigned) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'policies has both publicKey and allowUnsigned: remove one of them.')
  const pollMs = { min: durationMs(bundle.poll?.min ?? DEFAULT_POLL.min), max: durationMs(bundle.poll?.max ?? DEFAULT_POLL.max) }
  if (pollMs.min < 1 || pollMs.min > pollMs.max) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'policies.poll.min must be more than nothing and not more than policies.poll.max.')
  return {
    bundle: bundle.bundle,
    publicKey: publicKey === undefined ? null : publicKey.trimStart().startsWith('-----BEGIN') ? publicKey : resolve(base, publicKey),
    algorithm: bundle.algorithm ?? 'RS256',
    keyId: bundle.keyId ?? null,
    scope: bundle.scope ?? null,
    tokenVariable: bundle.token?.slice('env:'.length) ?? null,
    pollMs,
    longPollSeconds: bundle.longPoll ?? DEFAULT_LONG_POLL_S,
    allowUnsigned,
  }
}

function appsOf (file: ConfigFile, base: string): Record<string, AppConfig> {
  if (file.apps === undefined) {
    return { shop: { project: join(packageRoot(), 'examples', 'shop'), testCommand: 'npm test', secrets: 'absent', environments: { DEV: {}, TEST: {}, PROD: {} } } }
  }
  return Object.fromEntries(Object.entries(file.apps).map(([name, app]) => [name, {
    project: resolve(base, app.project),
    testCommand: app.testCommand ?? 'npm test',
    secrets: app.secrets ?? 'absent',
    ...(app.checks === undefined ? {} : { checks: app.checks }),
    environments: (app.environments ?? { DEV: {}, TEST: {}, PROD: {} }) as AppConfig['environments'],
  }]))
}

function databaseUrlOf (file: ConfigFile, env: NodeJS.ProcessEnv): string | null {
  const url = env['WEIR_DATABASE_URL'] ?? null
  if (file.store?.postgres !== undefined && url === null) {
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'store.postgres is set, but the environment variable WEIR_DATABASE_URL is not.')
  }
  return url
}

function redisOf (file: ConfigFile, env: NodeJS.ProcessEnv): Pick<Config, 'redis'> {
  const graceMs = durationMs(file.budgets?.redisGrace ?? DEFAULT_REDIS_GRACE)
  if (graceMs > MAX_REDIS_GRACE_MS) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'budgets.redisGrace must not be more than 24h.')
  const url = env['WEIR_REDIS_URL'] ?? ''
  if (url !== '') return { redis: { url, graceMs, ...redisAuthority(env['WEIR_REDIS_CA']) } }
  if (file.redis !== undefined) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'redis is set, but the environment variable WEIR_REDIS_URL is not.')
  return {}
}

function serviceTtlOf ({ tokens }: ConfigFile): number {
  const ms = durationMs(tokens?.serviceTtl ?? '1h')
  if (ms > MAX_SERVICE_TTL_MS) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'tokens.serviceTtl must not be more than 24h.')
  return ms
}

function redisAuthority (file: string | undefined): { readonly ca?: string } {
  if (file === undefined || file === '') return {}
  try {
    return { ca: readFileSync(file, 'utf8') }
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'The file of certificates that WEIR_REDIS_CA names cannot be read.', { cause })
  }
}

// Whole numbers from here on: a bill of fractions does not add up.
function milliCredits (credits: number): number {
  const milli = Math.round(credits * 1_000)
  if (Math.abs(milli - credits * 1_000) > 1e-6) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'credits: give at most three decimals.')
  return milli
}

function portOf (text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'WEIR_PORT must be a whole number from 0 to 65535.')
  return port
}
