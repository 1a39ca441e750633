import type { Static } from 'typebox'
import { AUTH_STYLES, MODEL_FORMATS } from '../adapters/model-format.ts'
import { SANDBOX_DRIVERS } from '../sandbox/driver-names.ts'
import { MIN_PROCESSES } from '../sandbox/limits.ts'
import { Type } from './core/schema-type.ts'
import { SECRET_SHOWS } from './config.ts'
import { ForwardSchema } from './forward/forward-schema.ts'
import { HooksSchema } from './hooks/hook-schema.ts'
import { OidcSchema } from './identity/oidc/oidc-schema.ts'
import { McpSchema } from './mcp/mcp-schema.ts'
import { PublishSchema } from './publish/publish-schema.ts'
import { RetentionSchema } from './retention/retention-schema.ts'
import { SIGNING_ALGORITHMS } from './policy/bundle/signing-key.ts'

const closed = { additionalProperties: false }
const DURATION = '^[0-9]{1,6}(ms|s|m|h)$'
const NAME = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' // names end up in file names, branches and metric labels

const EnvironmentSchema = Type.Object({
  branch: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,200}$', description: 'Branch this environment\'s commits go to. Default: weir/<environment in lower case>.' })),
}, closed)

const AppSchema = Type.Object({
  project: Type.String({ minLength: 1, description: 'Folder of the app\'s project, relative to this file: a git repository, a bare one, or a plain folder that Weir imports once.' }),
  testCommand: Type.Optional(Type.String({ minLength: 1, maxLength: 1024, description: 'Exact text of a test run; a call with this text is run-test. Default: npm test.' })),
  secrets: Type.Optional(Type.Enum([...SECRET_SHOWS], { description: 'What a sandbox sees of secret files: `absent` (no such file) or `empty` (a file without content, for programs that want one to be there). Default: absent.' })),
  checks: Type.Optional(Type.Record(Type.String({ pattern: NAME }), Type.String({ minLength: 1, maxLength: 1024 }), { maxProperties: 32, description: 'Commands that a release can be checked with beside testCommand, which is the check "test", by name, e.g. { lint: npm run lint }. Default: none.' })),
  environments: Type.Optional(Type.Object({
    DEV: Type.Optional(EnvironmentSchema),
    TEST: Type.Optional(EnvironmentSchema),
    PROD: Type.Optional(EnvironmentSchema),
  }, { ...closed, description: 'Default: all three, without settings.' })),
}, closed)

const rate = (description: string) => Type.Number({ minimum: 0, maximum: 100000, description })

const credits = (description: string) => Type.Number({ minimum: 0, maximum: 1000, description })

const RateSchema = Type.Object({
  perMillionInput: rate('US dollars per million tokens of input.'),
  perMillionOutput: rate('US dollars per million tokens of output.'),
  perMillionCached: Type.Optional(rate('US dollars per million tokens read from the provider\'s cache. Default: as input.')),
  perMillionCacheWrite: Type.Optional(rate('US dollars per million tokens written to the provider\'s cache. Default: as input.')),
  perMillionCacheWrite1h: Type.Optional(rate('US dollars per million tokens written to the provider\'s cache for an hour (Anthropic). Default: as perMillionCacheWrite.')),
}, closed)

const BASE_URL = '^https?://'

const RetriesSchema = Type.Object({
  attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 10, description: 'Most attempts of one request, the first included; 1 for no retries. Default: 3.' })),
  deadline: Type.Optional(Type.String({ pattern: DURATION, description: 'Time after which no further attempt is begun. Default: 30s.' })),
  maxWait: Type.Optional(Type.String({ pattern: DURATION, description: 'Longest wait between two attempts; a provider that asks for more is not waited for. Default: 5s.' })),
}, { ...closed, description: 'When a request is sent again: only before a byte of an answer was passed on, and only when the provider cannot have billed it.' })

const ProviderSchema = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Name shown to people. Default: the known provider\'s name, else the id.' })),
  format: Type.Optional(Type.Union(MODEL_FORMATS.map((name) => Type.Literal(name)), { description: `Wire format the provider speaks: ${MODEL_FORMATS.join(', ')}. Default: that of the known provider with this id (docs/models.md lists them).` })),
  baseUrl: Type.Optional(Type.String({ pattern: BASE_URL, description: 'Default: that of the known provider with this id. Ends with the version, before /chat/completions, /responses, /messages or /models/…, e.g. http://127.0.0.1:11434/v1.' })),
  baseUrls: Type.Optional(Type.Array(Type.Object({
    url: Type.String({ pattern: BASE_URL, description: 'As baseUrl.' }),
    weight: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'Share of the requests beside the others. Default: 1.' })),
  }, closed), { minItems: 1, maxItems: 32, description: 'Several addresses of the same provider, each { url, weight }, instead of baseUrl. weight is its share of the requests, 1 to 1000, default 1. A session stays with one of them while it works.' })),
  models: Type.Record(Type.String({ minLength: 1, maxLength: 200 }), Type.Object({
    name: Type.Optional(Type.String({ maxLength: 200, description: 'Name shown to people. Default: the model\'s id.' })),
    price: Type.Optional(RateSchema),
    chain: Type.Optional(Type.Array(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}/.{1,200}$' }), { minItems: 1, maxItems: 8, uniqueItems: true, description: 'Makes the id a name for other models, each PROVIDER/MODEL of this configuration and of the same format: the first that policy allows and that can answer, does. A provider of which every model has a chain needs neither format nor baseUrl nor key.' })),
  }, closed), { description: 'The models that may be asked for, by id.' }),
  keyless: Type.Optional(Type.Boolean({ description: 'The provider needs no key (a local server). Default: false, but true for ollama, vllm, lmstudio and llama.cpp.' })),
  auth: Type.Optional(Type.Union(AUTH_STYLES.map((name) => Type.Literal(name)), { description: `How the provider takes its key: ${AUTH_STYLES.join(', ')}. bearer is the authorization header, the next three are headers of these names; none sends no key, and makes the provider keyless. Default: that of the known provider with this id, else that of the format.` })),
  retries: Type.Optional(RetriesSchema),
  serviceTiers: Type.Optional(Type.Record(Type.String({ pattern: '^[a-z0-9_-]{1,32}$' }), Type.Number({ minimum: 0, maximum: 100 }), { maxProperties: 16, description: 'What a service tier costs of the plain price, by the name that answers give it: { flex: 0.5, priority: 2 }. Default: what the provider publishes for all of its models, else the dearest that is published, marked in reports as guessed.' })),
  searches: Type.Optional(Type.Object({
    perThousandWeb: Type.Optional(rate('US dollars for a thousand searches of the web that the provider makes for answers.')),
    perThousandFile: Type.Optional(rate('US dollars for a thousand searches of stored files.')),
  }, { ...closed, description: 'What searches cost beside tokens. Default: as the published rate card of the model says, else 50 a thousand, marked in reports as guessed.' })),
}, closed)

const LimitsSchema = Type.Object({
  bodyBytes: Type.Optional(Type.Integer({ minimum: 1024, maximum: 268435456, description: 'Largest request body, bytes. Default: 33554432.' })),
  upstreamConnectMs: Type.Optional(Type.Integer({ minimum: 10, maximum: 600000, description: 'Longest wait for a connection with a provider, ms. Default: 10000.' })),
  upstreamHeadersMs: Type.Optional(Type.Integer({ minimum: 10, maximum: 3600000, description: 'Longest wait for a provider\'s response headers, ms. Default: 120000.' })),
  upstreamIdleMs: Type.Optional(Type.Integer({ minimum: 10, maximum: 3600000, description: 'Longest silence inside a provider\'s answer, ms. Default: 120000.' })),
  fileBytes: Type.Optional(Type.Integer({ minimum: 1024, maximum: 1073741824, description: 'Largest file a turn may change, bytes. Default: 8388608.' })),
  changedFiles: Type.Optional(Type.Integer({ minimum: 1, maximum: 100000, description: 'Most files a turn may change. Default: 10000.' })),
}, closed)

const AgentLimitsSchema = Type.Object({
  memoryMiB: Type.Optional(Type.Integer({ minimum: 256, maximum: 4194304, description: 'Memory of a session: its agent, its commands and their scratch folders, MiB. Default: 8192.' })),
  processes: Type.Optional(Type.Integer({ minimum: MIN_PROCESSES, maximum: 4194304, description: 'Processes and threads of a session at once. Default: 4096.' })),
  cpus: Type.Optional(Type.Integer({ minimum: 1, maximum: 4096, description: 'Processors that a session may run on. Default: all.' })),
  diskMiB: Type.Optional(Type.Integer({ minimum: 16, maximum: 16777216, description: 'What a session may change in its workspace, MiB on disk. Default: 10240.' })),
  files: Type.Optional(Type.Integer({ minimum: 100, maximum: 100000000, description: 'Names that a session may make or change in its workspace. Default: 1000000.' })),
  scratchMiB: Type.Optional(Type.Integer({ minimum: 16, maximum: 1048576, description: 'Size of /tmp in each sandbox, MiB; it is memory and counts as such. Default: 1024.' })),
  command: Type.Optional(Type.String({ pattern: DURATION, description: 'Longest run of one command, at most 24h. Default: 10m.' })),
  session: Type.Optional(Type.String({ pattern: DURATION, description: 'Longest session, at most 480h; it is stopped and its changes are kept as at any stop. Default: 12h.' })),
}, { ...closed, description: 'What one session may use. A command that goes over is stopped; a session that stays over is.' })

const PoliciesFolderSchema = Type.String({ minLength: 1, description: 'Folder of Rego and data, relative to this file.' })

const PolicyBundleSchema = Type.Object({
  bundle: Type.String({ pattern: '^https?://', description: 'Address of a bundle on any OPA bundle server, e.g. https://bundles.acme.test/weir.tar.gz.' }),
  publicKey: Type.Optional(Type.String({ minLength: 1, description: 'Public key or certificate that bundles are checked with: a file, relative to this one, or the PEM text itself.' })),
  algorithm: Type.Optional(Type.Enum([...SIGNING_ALGORITHMS], { description: 'Algorithm of the signatures; any other is refused. Default: RS256.' })),
  keyId: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Name the signature must give its key. Default: any.' })),
  scope: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Scope the signature must be for. Default: none.' })),
  token: Type.Optional(Type.String({ pattern: '^env:[A-Za-z_][A-Za-z0-9_]*$', description: 'Environment variable with the server\'s bearer token, as env:NAME. Default: no token.' })),
  poll: Type.Optional(Type.Object({
    min: Type.Optional(Type.String({ pattern: DURATION, description: 'Shortest pause between two requests. Default: 60s.' })),
    max: Type.Optional(Type.String({ pattern: DURATION, description: 'Longest pause between two requests, also after failures. Default: 120s.' })),
  }, closed)),
  longPoll: Type.Optional(Type.Integer({ minimum: 0, maximum: 3600, description: 'Seconds that a server may hold a request until something changes; 0 for not at all. Default: 30.' })),
  allowUnsigned: Type.Optional(Type.Boolean({ description: 'Takes bundles without checking any signature, from whoever controls the server or the way to it. For trying out. Default: false.' })),
}, closed)

const TelemetrySchema = Type.Object({
  otlp: Type.Optional(Type.String({ pattern: '^https?://[^@?#\\s]+$', maxLength: 2000, description: 'Address of an OpenTelemetry collector, without /v1/traces, e.g. http://127.0.0.1:4318. Default: none. Env: OTEL_EXPORTER_OTLP_ENDPOINT.' })),
  serviceName: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Name of this gateway there. Default: weir. Env: OTEL_SERVICE_NAME.' })),
  sampleRatio: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Share of the traces that begin here which are sent. Default: 1. Env: OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG.' })),
  propagateTo: Type.Optional(Type.Array(Type.String({ pattern: NAME }), { maxItems: 256, description: 'Ids of providers that are told the trace of a request (traceparent). Default: none are.' })),
}, { ...closed, description: 'Traces and metrics over OpenTelemetry\'s protocol. Default: none are sent.' })

const commandSchema = (description: string) => Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), { minItems: 1, maxItems: 64, description })

/** What `weir.yaml` may say. Published as `weir.schema.json` for editors. */
export const ConfigSchema = Type.Object({
  listen: Type.Optional(Type.Object({
    host: Type.Optional(Type.String({ minLength: 1, description: 'Address to listen on; of a name, the first address that it stands for (the log says which others there are). Default: 127.0.0.1. Env: WEIR_HOST.' })),
    port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535, description: 'Port to listen on; 0 picks a free one. Default: 4000. Env: WEIR_PORT.' })),
    names: Type.Optional(Type.Array(Type.String({ pattern: '^[A-Za-z0-9]([A-Za-z0-9_-]{0,62})(\\.[A-Za-z0-9_-]{1,63})*$', maxLength: 253 }), { maxItems: 64, description: 'Host names, without ports, that clients and load balancers call the gateway by, beside localhost and those of host and publicUrl. A request for another name is refused unless it carries a bearer token: a web page can point a name of its own at any address (DNS rebinding). Addresses need not be named. Default: none.' })),
    drain: Type.Optional(Type.String({ pattern: DURATION, description: 'How long running requests may take to end when the gateway is told to stop, at most 10m. Default: 5s.' })),
  }, closed)),
  publicUrl: Type.Optional(Type.String({ pattern: '^https?://[^/?#@\\s]+/?$', maxLength: 200, description: 'Address at which clients reach the gateway, e.g. https://weir.acme.test. Default: the address it listens on.' })),
  dataDir: Type.Optional(Type.String({ minLength: 1, description: 'Folder of the ledger, keys and store, relative to this file. Default: .weir. Env: WEIR_DATA_DIR.' })),
  policies: Type.Optional(Type.Union([PoliciesFolderSchema, PolicyBundleSchema], { description: 'Folder of Rego and data, relative to this file, or a signed bundle on a server. Default: the rules Weir comes with. Env: WEIR_POLICIES.' })),
  shadow: Type.Optional(Type.Union([PoliciesFolderSchema, PolicyBundleSchema], { description: 'A second policy: a folder, or a signed bundle on a server. It is asked what the first was asked; differences are counted and recorded, and nothing of it is enforced. Default: none.' })),
  apps: Type.Optional(Type.Record(Type.String({ pattern: NAME }), AppSchema, { minProperties: 1, description: 'Apps under governance, by name. Default: the example app "shop".' })),
  providers: Type.Optional(Type.Record(Type.String({ pattern: NAME }), ProviderSchema, { description: 'Upstream model providers, by id; one that Weir knows by OpenCode\'s id needs neither format nor baseUrl. Default: none; a scripted demo model answers.' })),
  unpriced: Type.Optional(Type.Union([Type.Literal('deny'), RateSchema], { description: 'What is done with a model whose price is not known: deny, or the price to count it with (the dearest that is possible). Models of keyless providers cost nothing. Default: deny.' })),
  agent: Type.Optional(Type.Object({
    command: Type.Optional(Type.String({ minLength: 1, description: 'The OpenCode program. Default: opencode (the installed package, else PATH). Env: WEIR_AGENT.' })),
    sandbox: Type.Optional(Type.Enum([...SANDBOX_DRIVERS], { description: 'What makes the walls around an agent and its commands: bubblewrap, or OCI containers by podman. none: no walls at all, which weir start takes only together with --unsafe-run-agents-without-a-sandbox. Default: bubblewrap.' })),
    runtime: Type.Optional(Type.String({ pattern: '^(/[A-Za-z0-9._/-]+|[A-Za-z0-9][A-Za-z0-9._-]*)$', maxLength: 200, description: 'OCI runtime of the podman driver, by name or absolute path, e.g. crun. Default: podman\'s own choice.' })),
    idleStop: Type.Optional(Type.String({ pattern: DURATION, description: 'How long an unused agent runs on. Default: 15m.' })),
    conversations: Type.Optional(Type.String({ pattern: DURATION, description: 'How long an actor\'s conversations with the agent are kept in dataDir after they were last used, at most 8760h; with 0s they end with the session. Default: 720h.' })),
    limits: Type.Optional(AgentLimitsSchema),
  }, closed)),
  credits: Type.Optional(Type.Object({
    containerSecond: Type.Optional(credits('Credits for each second that an agent\'s container runs. At most three decimals. Default: 1.')),
    sessionSecond: Type.Optional(credits('Credits for each second from a session\'s start to its end, on top. At most three decimals. Default: 0.')),
  }, { ...closed, description: 'What the time of sessions costs, in credits: a unit of its own that is never added to money.' })),
  approvals: Type.Optional(Type.Object({
    hold: Type.Optional(Type.String({ pattern: DURATION, description: 'How long a call in a streamed answer waits for a second person, at most 1h: approved in time it passes at once, else it is answered with the id of its approval. Default: 0s, answered at once.' })),
    lifetime: Type.Optional(Type.String({ pattern: DURATION, description: 'How long a call can be approved and made after it was held, 1s to 30d and no shorter than hold. Default: 24h.' })),
    longest: Type.Optional(Type.String({ pattern: DURATION, description: 'The longest that an approval for more than one call (scope session or until) can stand, 1m to 30d. Default: 24h.' })),
  }, closed)),
  limits: Type.Optional(LimitsSchema),
  ledger: Type.Optional(Type.Object({
    checkpoint: Type.Optional(Type.String({ pattern: DURATION, description: 'Pause between two signed checkpoints of the ledger, 100ms to 24h; there is one at each stop as well. Default: 10s.' })),
    forward: Type.Optional(ForwardSchema),
    publish: Type.Optional(PublishSchema),
    retention: Type.Optional(RetentionSchema),
  }, closed)),
  terminals: Type.Optional(Type.Object({
    recordInput: Type.Optional(Type.Boolean({ description: 'Record what is typed beside what is shown: it may be passwords, which no screen shows. Default: false.' })),
    recordingBytes: Type.Optional(Type.Integer({ minimum: 65536, maximum: 1073741824, description: 'Size of its recording at which a terminal is ended, bytes. Default: 67108864.' })),
    keep: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,4}(h|d)$', description: 'How long a recording is kept after its last event, e.g. 90d; looked at every hour. Default: for ever.' })),
  }, { ...closed, description: 'Recordings of terminals: every one is recorded, as asciicast v2 in recordings/ of the data directory.' })),
  telemetry: Type.Optional(TelemetrySchema),
  vault: Type.Optional(Type.Object({
    masterKeyCommand: Type.Optional(commandSchema('Program and arguments that print the vault\'s master key, 32 bytes in hex or base64: e.g. a cloud KMS client. Run without a shell, for at most 15 s. Default: WEIR_MASTER_KEY, else master.key in the data directory.')),
    nextMasterKeyCommand: Type.Optional(commandSchema('The same for the key that weir keys rotate-master moves to. Default: WEIR_MASTER_KEY_NEXT.')),
  }, closed)),
  budgets: Type.Optional(Type.Object({
    firstOutputTokens: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000000, description: 'Tokens that a model is taken to answer until it has answered. Default: 256.' })),
    redisGrace: Type.Optional(Type.String({ pattern: DURATION, description: 'How long budgets go by what was last heard of the other gateways while Redis is away, at most 24h; after that, requests with a budget are refused. Default: 5m.' })),
  }, closed)),
  redis: Type.Optional(Type.Literal('env:WEIR_REDIS_URL', { description: 'Share budgets and revocations with other gateways through the Redis (or Valkey) that WEIR_REDIS_URL names. Default: this gateway is alone.' })),
  tokens: Type.Optional(Type.Object({
    serviceTtl: Type.Optional(Type.String({ pattern: DURATION, description: 'Longest life of tokens of service accounts (weir token create --service), at most 24h. Default: 1h.' })),
  }, closed)),
  oidc: Type.Optional(OidcSchema),
  hooks: Type.Optional(HooksSchema),
  mcp: Type.Optional(McpSchema),
  store: Type.Optional(Type.Object({
    postgres: Type.Optional(Type.Literal('env:WEIR_DATABASE_URL', { description: 'Use the PostgreSQL that WEIR_DATABASE_URL names. Default: the embedded store.' })),
  }, closed)),
}, { ...closed, $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Weir configuration', description: 'Settings of the Weir gateway (weir.yaml). Every key is optional.' })

export type ConfigFile = Static<typeof ConfigSchema>
