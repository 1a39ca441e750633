import type { Config } from '../config.ts'
import { forwardDirOf } from '../forward/forward-files.ts'
import { openForwarders, type Forwarders } from '../forward/forwarders.ts'
import type { GatewayLog } from '../governance.ts'
import { journalDirOf, type Journal } from '../ledger/journal.ts'
import { packageVersion } from '../package-root.ts'
import { METRICS } from '../telemetry/metrics-list.ts'
import type { MetricRegistry } from '../telemetry/registry.ts'
import { originOf } from '../transparency/log-place.ts'

interface OpenForwardersPorts { readonly config: Config, readonly env: NodeJS.ProcessEnv, readonly journal: Journal, readonly metrics: MetricRegistry, readonly log: GatewayLog }

/** The configured forwarders of the ledger; null when there are none. @throws GatewayError as `openForwarders` */
export async function openConfiguredForwarders ({ config, env, journal, metrics, log }: OpenForwardersPorts): Promise<Forwarders | null> {
  const { forward = {} } = config
  if (Object.keys(forward).length === 0) return null
  const journalDir = journalDirOf(config.dataDir)
  const head = (): number => journal.head().index
  const forwarders = await openForwarders({
    forwarders: forward,
    env,
    folder: forwardDirOf(config.dataDir),
    journalDir,
    head,
    origin: () => originOf(journalDir),
    version: packageVersion(),
    record: (body) => journal.record(body),
    onWarning: (message, cause) => log.warn({ err: cause }, message),
  })
  metrics.values(METRICS.forwardEntries, () => forwarders.list().flatMap(({ name, delivered, failed, putAside }) => Object.entries({ delivered, failed, 'put-aside': putAside }).map(([result, count]): [string[], number] => [[name, result], count])))
  metrics.values(METRICS.forwardLag, () => forwarders.list().map(({ name, next }) => [[name], Math.max(0, head() + 1 - next)]))
  metrics.values(METRICS.forwardDead, () => forwarders.list().map(({ name, dead }) => [[name], dead]))
  return forwarders
}
