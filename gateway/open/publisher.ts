import { join } from 'node:path'
import type { Config } from '../config.ts'
import { GatewayError } from '../core/errors.ts'
import type { GatewayLog } from '../governance.ts'
import type { Journal } from '../ledger/journal.ts'
import { openDestination } from '../publish/destinations.ts'
import { createPublisher, type Publisher } from '../publish/publisher.ts'
import { METRICS } from '../telemetry/metrics-list.ts'
import type { MetricRegistry } from '../telemetry/registry.ts'
import { parseWitnessKey } from '../transparency/cosignature.ts'
import type { TransparencyLog } from '../transparency/transparency-log.ts'
import { openWitness } from '../transparency/witness.ts'

interface OpenPublisherPorts {
  readonly config: Config
  readonly env: NodeJS.ProcessEnv
  readonly journal: Journal
  readonly ledgerLog: Pick<TransparencyLog, 'read' | 'signedSize'>
  readonly metrics: MetricRegistry
  readonly log: GatewayLog
}

/** What publishes signed checkpoints; null when nothing does. @throws GatewayError WEIR_ERR_CONFIG_INVALID (a variable, a key) */
export function openConfiguredPublisher ({ config, env, journal, ledgerLog, metrics, log }: OpenPublisherPorts): Publisher | null {
  const { publish } = config
  if (publish === undefined) return null
  const { timeoutMs, quorum, everyMs } = publish
  const ports = { env, timeoutMs, nowMs: Date.now, folder: join(config.dataDir, 'publish') }
  const witness = (name: string, { url, key: text }: { readonly url: string, readonly key: string }) => {
    const key = parseWitnessKey(text)
    if (key === null) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `The key of the witness ${name} is none.`)
    return openWitness({ url, key, timeoutMs, nowMs: Date.now })
  }
  const publisher = createPublisher({
    everyMs,
    quorum,
    witnesses: Object.fromEntries(Object.entries(publish.witnesses).map(([name, one]) => [name, witness(name, one)])),
    destinations: Object.fromEntries(Object.entries(publish.to).map(([name, to]) => [name, openDestination(name, to, ports)])),
    read: async () => ledgerLog.signedSize() === 0 ? null : await ledgerLog.read(),
    record: (body) => journal.record(body),
    onWarning: (message, cause) => log.warn({ err: cause }, message),
  })
  metrics.values(METRICS.publishLag, () => publisher.list().map(({ kind, name, size }) => [[kind, name], Math.max(0, journal.head().index + 1 - size)]))
  metrics.values(METRICS.publishFailing, () => publisher.list().map(({ kind, name, problem }) => [[kind, name], problem === null ? 0 : 1]))
  return publisher
}
