import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { eventBody, type EntryBody } from '../core/ledger-entry.ts'
import type { HookConfig } from './hook-config.ts'
import { testEvent, type EventPorts, type HookEvent } from './hook-event.ts'
import { openHookFiles, type DeadLetter } from './hook-files.ts'
import type { HookNews } from './hook-news.ts'
import { createHookWorker, type HookCounts, type HookWorker } from './hook-worker.ts'
import { createSender, type Sent } from './send.ts'
import { secretKey } from './signature.ts'

/** A hook as it is listed. `origin` is its address without path and query, which can be a secret. */
export interface ListedHook extends HookCounts {
  readonly name: string
  readonly origin: string
  readonly events: readonly string[]
  readonly apps: readonly string[] | null
  readonly environments: readonly string[] | null
  readonly dead: number
  readonly trying: ReturnType<HookWorker['trying']>
}

/** Everything that is told to other systems. Decisions never wait for it. */
export interface Hooks {
  /** Begins to deliver: once, when people can reach what events link to. */
  start (): void
  list (): readonly ListedHook[]
  /** What was put aside, oldest first. @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN (no such hook) */
  dead (name: string): readonly DeadLetter[]
  /** Sends a `hook.test` once. Throws as `dead` does. */
  test (name: string): Promise<Sent & { readonly id: string, readonly ms: number }>
  /** Sends what was put aside once more; all of it when `ids` is null. Throws as `dead` does. */
  retry (name: string, ids: ReadonlySet<string> | null): ReturnType<HookWorker['retry']>
  close (): Promise<void>
}

export interface HooksOptions extends EventPorts {
  readonly hooks: Readonly<Record<string, HookConfig>>
  readonly env: NodeJS.ProcessEnv
  /** Folder of their files. */
  readonly folder: string
  readonly journalDir: string
  readonly head: () => number
  readonly record: (body: EntryBody) => void
  readonly news: HookNews
  readonly onWarning: (message: string, cause: unknown) => void
}

interface Open { readonly name: string, readonly config: HookConfig, readonly url: URL, readonly worker: HookWorker }

/** Opens every configured hook; delivers nothing yet. @throws GatewayError WEIR_ERR_CONFIG_INVALID (a variable), WEIR_ERR_STORE (its files) */
export function openHooks (options: HooksOptions): Hooks {
  // All of them are read before the first one starts: a bad one must leave none behind.
  const ready = Object.entries(options.hooks).map(([name, config]) => ({ name, config, ...addressAndKeys(name, config, options.env), files: openHookFiles(options.folder, name) }))
  const open = new Map(ready.map((hook): [string, Open] => [hook.name, { ...hook, worker: workerOf(hook, options) }]))
  function known (name: string): Open {
    const hook = open.get(name)
    if (hook === undefined) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such hook.')
    return hook
  }
  return {
    start () { for (const { worker } of open.values()) worker.start() },
    list: () => [...open.values()].map(({ name, config: { events, apps, environments }, url, worker }) => ({ name, origin: url.origin, events, apps, environments, ...worker.counts(), dead: worker.dead().length, trying: worker.trying() })),
    dead: (name) => known(name).worker.dead(),
    async test (name) {
      const { worker } = known(name)
      const event = testEvent(name, `evt_${randomBytes(16).toString('hex')}`, Date.now())
      const beganAt = performance.now()
      const sent = await worker.sendNow(event)
      return { ...sent, id: event.id, ms: Math.round(performance.now() - beganAt) }
    },
    retry: (name, ids) => known(name).worker.retry(ids),
    async close () {
      await Promise.all([...open.values()].map(({ worker }) => worker.close()))
      options.news.close()
    },
  }
}

/** Where the files of hooks are. */
export function hooksDirOf (dataDir: string): string {
  return join(dataDir, 'hooks')
}

type Ready = Omit<Open, 'worker'> & { readonly keys: readonly Buffer[], readonly files: ReturnType<typeof openHookFiles> }

function workerOf ({ name, config, url, keys, files }: Ready, options: HooksOptions): HookWorker {
  const { approvalNow, masked, journalDir, head, news, record, onWarning } = options
  return createHookWorker({
    approvalNow,
    masked,
    journalDir,
    head,
    news,
    files,
    keys,
    sender: createSender({ url, allowPrivate: config.allowPrivate, timeoutMs: config.timeoutMs }),
    isWanted: (event) => isWanted(event, config),
    attempts: config.attempts,
    giveUpMs: config.giveUpMs,
    nowMs: Date.now,
    onPutAside: ({ id, entry, type, attempts, problem }) => record(eventBody('hook-gave-up', null, { hook: name, event: id, of: entry, type, attempts, problem })),
    onTrouble: (cause) => onWarning(`the hook ${name} cannot go on for now; what it has to tell stays in the ledger`, cause),
  })
}

function isWanted ({ type, data: { app, environment } }: HookEvent, { events, apps, environments }: HookConfig): boolean {
  if (!events.includes(type)) return false
  return (app === null || apps === null || apps.includes(app)) && (environment === null || environments === null || environments.some((wanted) => wanted === environment))
}

function addressAndKeys (name: string, config: HookConfig, env: NodeJS.ProcessEnv): { readonly url: URL, readonly keys: readonly Buffer[] } {
  const text = config.url.startsWith('env:') ? valueOf(config.url.slice('env:'.length), name, env) : config.url
  const url = URL.canParse(text) ? new URL(text) : null
  const isSpoken = url?.protocol === 'https:' || (url?.protocol === 'http:' && config.allowPrivate)
  // The address may be a secret itself: the message does not repeat it.
  if (url === null || !isSpoken || url.username !== '' || url.password !== '') throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `The address of the hook ${name} must be https (http only with allowPrivate), without a user in it.`)
  return { url, keys: config.secretVariables.map((variable) => secretKey(valueOf(variable, name, env), variable)) }
}

function valueOf (variable: string, hook: string, env: NodeJS.ProcessEnv): string {
  const value = env[variable] ?? ''
  if (value === '') throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `The hook ${hook} needs the environment variable ${variable}, which is not set.`)
  return value
}
