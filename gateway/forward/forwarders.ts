import { readFileSync } from 'node:fs'
import { GatewayError } from '../core/errors.ts'
import { eventBody, type EntryBody } from '../core/ledger-entry.ts'
import { secretKey } from '../hooks/signature.ts'
import type { ForwarderConfig } from './forward-config.ts'
import { openForwardFiles, type PutAside } from './forward-files.ts'
import { createForwarder, type Forwarder, type ForwarderOptions, type ForwardState } from './forwarder.ts'
import { createHttpSink } from './http-sink.ts'
import type { Resent } from './resend.ts'
import type { Sink, TlsFiles } from './sink.ts'
import { createSyslogSink } from './syslog-sink.ts'

const SAY_EVERY_MS = 3_600_000 // an entry about entries that were refused goes out too, and may be refused as well

/** Everything that the ledger is sent to. */
export interface Forwarders {
  start (): void
  list (): ReadonlyArray<ForwardState & { readonly name: string }>
  /** As `Forwarder.resend`. @throws also GatewayError WEIR_ERR_ROUTE_UNKNOWN (no such forwarder) */
  resend (name: string, most: number): Promise<Resent>
  close (): Promise<void>
}

export interface ForwardersOptions extends Pick<ForwarderOptions, 'journalDir' | 'head' | 'origin' | 'version'> {
  readonly forwarders: Readonly<Record<string, ForwarderConfig>>
  readonly env: NodeJS.ProcessEnv
  /** Folder of their files. */
  readonly folder: string
  readonly record: (body: EntryBody) => void
  readonly onWarning: (message: string, cause: unknown) => void
}

/** Opens every configured forwarder; sends nothing yet. @throws GatewayError WEIR_ERR_CONFIG_INVALID (a variable, a PEM file), WEIR_ERR_STORE (its files) */
export async function openForwarders (options: ForwardersOptions): Promise<Forwarders> {
  const { journalDir, head, origin, version, env, folder, onWarning } = options
  const open: Array<{ readonly name: string, readonly forwarder: Forwarder }> = []
  for (const [name, config] of Object.entries(options.forwarders)) {
    const sink = sinkOf(name, config, env)
    const files = await openForwardFiles(folder, name)
    open.push({
      name,
      forwarder: createForwarder({
        config, journalDir, head, origin, version, files, sink, nowMs: Date.now, onPutAside: createSaying(name, options.record), onTrouble: (problem, cause) => onWarning(`the forwarder ${name} cannot go on for now: ${problem}; what it has to send stays in the ledger`, cause),
      }),
    })
  }
  return {
    start () { for (const { forwarder } of open) forwarder.start() },
    list: () => open.map(({ name, forwarder }) => ({ name, ...forwarder.state() })),
    async resend (name, most) {
      const found = open.find((one) => one.name === name)
      if (found === undefined) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such forwarder.')
      return await found.forwarder.resend(most)
    },
    async close () { await Promise.all(open.map(({ forwarder }) => forwarder.close())) },
  }
}

function createSaying (name: string, record: (body: EntryBody) => void): (letter: PutAside) => void {
  let saidMs = -Infinity
  return ({ from, to, count, problem }) => {
    if (performance.now() - saidMs < SAY_EVERY_MS) return
    saidMs = performance.now()
    record(eventBody('forward-put-aside', null, { forwarder: name, from, to, count, problem }))
  }
}

function sinkOf (name: string, config: ForwarderConfig, env: NodeJS.ProcessEnv): Sink {
  const { to, format, timeoutMs } = config
  const url = new URL(config.url)
  const tls = tlsOf(name, config.tls)
  if (to === 'syslog') return createSyslogSink({ url, format, tls, timeoutMs })
  return createHttpSink({
    url,
    form: to === 'otlp' ? 'otlp' : format,
    headers: Object.fromEntries(Object.entries(config.headerVariables).map(([header, variable]) => [header.toLowerCase(), valueOf(variable, name, env)])),
    keys: config.secretVariable === null ? [] : [secretKey(valueOf(config.secretVariable, name, env), config.secretVariable)],
    tls,
    timeoutMs,
    nowMs: Date.now,
  })
}

function tlsOf (name: string, { ca, certificate, privateKey }: ForwarderConfig['tls']): TlsFiles {
  return { ...(ca === null ? {} : { ca: pemOf(ca, name) }), ...(certificate === null ? {} : { cert: pemOf(certificate, name) }), ...(privateKey === null ? {} : { key: pemOf(privateKey, name) }) }
}

function pemOf (file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `The forwarder ${name} needs the file ${file}, which cannot be read.`, { cause })
  }
}

function valueOf (variable: string, name: string, env: NodeJS.ProcessEnv): string {
  const value = env[variable] ?? ''
  // A line break in a header would end it, and begin another.
  if (value === '' || /[\r\n\0]/.test(value)) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `The forwarder ${name} needs the environment variable ${variable}, which is not set or holds more than one line.`)
  return value
}
