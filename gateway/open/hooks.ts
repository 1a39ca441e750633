import type { Approvals } from '../approvals/approvals.ts'
import type { Config } from '../config.ts'
import { openApprovalLinks, type ApprovalLinks } from '../hooks/approval-links.ts'
import { createHookNews, type HookNews } from '../hooks/hook-news.ts'
import { hooksDirOf, openHooks, type Hooks } from '../hooks/hooks.ts'
import { journalDirOf, type Journal, type JournalOptions } from '../ledger/journal.ts'
import { createSecretRules, type FindSecrets } from '../outgoing/secret-rules.ts'
import type { MetricRegistry } from '../telemetry/registry.ts'
import { METRICS } from '../telemetry/metrics-list.ts'

const REDACTED = '[redacted]'

type LedgerWatch = NonNullable<JournalOptions['watch']>

/** What the journal tells of its entries; of a gateway without hooks nobody is told but the meters. */
export interface HookWatch { readonly watch: LedgerWatch, readonly news: HookNews | null }

/** For opening the journal, which comes before everything that hooks need. */
export function hookWatch ({ hooks = {} }: Config, meters: LedgerWatch): HookWatch {
  if (Object.keys(hooks).length === 0) return { watch: meters, news: null }
  const news = createHookNews()
  return {
    news,
    watch: {
      queued (body) {
        meters.queued(body)
        news.queued(body)
      },
      committed: (ms) => meters.committed(ms),
    },
  }
}

export interface OpenHooksPorts {
  readonly config: Config
  readonly env: NodeJS.ProcessEnv
  readonly journal: Journal
  readonly approvals: Pick<Approvals, 'get'>
  readonly news: HookNews | null
  readonly metrics: MetricRegistry
  /** Keys of providers: they are taken out of what is told, whatever they look like. */
  readonly keys: () => readonly string[]
  readonly links: ApprovalLinks | null
  readonly onWarning: (message: string, cause: unknown) => void
}

/** Links in events to the page where an approval is answered; null when no hook is told of any. @throws GatewayError WEIR_ERR_STORE */
export function openLinks ({ dataDir, hooks = {} }: Config, baseUrl: () => string): ApprovalLinks | null {
  const isTold = Object.values(hooks).some(({ events }) => events.includes('approval.pending'))
  return isTold ? openApprovalLinks({ folder: hooksDirOf(dataDir), baseUrl, nowMs: Date.now }) : null
}

/** The configured hooks; null when there are none. @throws GatewayError WEIR_ERR_CONFIG_INVALID, WEIR_ERR_STORE as `openHooks` */
export function openConfiguredHooks ({ config, env, journal, approvals, news, metrics, keys, links, onWarning }: OpenHooksPorts): Hooks | null {
  if (news === null) return null
  const hooks = openHooks({
    hooks: config.hooks ?? {},
    env,
    folder: hooksDirOf(config.dataDir),
    journalDir: journalDirOf(config.dataDir),
    head: () => journal.head().index,
    record: (body) => journal.record(body),
    news,
    approvalNow (id) {
      const approval = approvals.get(id)
      return approval?.state === 'waiting' ? { expiresAtMs: approval.expiresAtMs, links: links?.of(id, approval.expiresAtMs) ?? null } : null
    },
    masked: createMask(keys),
    onWarning,
  })
  metrics.values(METRICS.hookAttempts, () => hooks.list().flatMap(({ name, delivered, failed, putAside }) => Object.entries({ delivered, failed, 'gave-up': putAside }).map(([result, count]): [string[], number] => [[name, result], count])))
  metrics.values(METRICS.hookDead, () => hooks.list().map(({ name, dead }) => [[name], dead]))
  metrics.values(METRICS.hookWaiting, () => hooks.list().map(({ name, trying }) => [[name], trying === null ? 0 : Math.max(0, (Date.now() - trying.sinceMs) / 1_000)]))
  return hooks
}

/** Takes out what looks like a secret. The rules are made at the first event: they take some time to set up. */
function createMask (keys: () => readonly string[]): (text: string) => string {
  let rules: FindSecrets | null = null
  return (given) => {
    const text = keys().reduce((rest, key) => key === '' ? rest : rest.replaceAll(key, REDACTED), given)
    rules ??= createSecretRules()
    const spans = [...rules(text)].sort((a, b) => a.start - b.start)
    let out = ''
    let from = 0
    for (const { start, end } of spans) {
      if (end <= from) continue
      out += start < from ? '' : `${text.slice(from, start)}${REDACTED}`
      from = end
    }
    return out + text.slice(from)
  }
}
