import type { VNode } from 'preact'
import { get } from '../api.ts'
import type { ViewProps } from '../app.tsx'
import { Empty, Loading, Problem } from '../parts/shown.tsx'
import { goTo, linkTo } from '../router.ts'
import { useResource } from '../use-resource.ts'

interface UsageRow {
  readonly group: Readonly<Record<string, string | null>>
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costNanoUsd: number
  readonly cost: string
  readonly unpricedRequests: number
  readonly sessions: number
  readonly sessionSeconds: number
  readonly credits: string
}

const GROUPS = ['actor', 'app', 'environment', 'model', 'provider', 'session', 'group', 'org', 'key'] as const
const PERIODS: ReadonlyArray<readonly [string, string]> = [['24h', 'last 24 hours'], ['7d', 'last 7 days'], ['30d', 'last 30 days'], ['', 'all time']]
const NUMBER = new Intl.NumberFormat()

export function Spend ({ place: { query } }: ViewProps): VNode {
  const group = query.get('group') ?? 'actor'
  const since = query.get('since') ?? '30d'
  const wanted = { group, since }
  const { data, error, isLoading, reload } = useResource(`${group} ${since}`, () => get<{ readonly rows: readonly UsageRow[], readonly currency: string }>('/usage', wanted))
  const go = (change: Readonly<Record<string, string>>): void => { goTo(linkTo(['spend'], { ...wanted, ...change })) }
  const rows = data?.rows ?? []
  const most = Math.max(1, ...rows.map(({ costNanoUsd }) => costNanoUsd))
  return (
    <section aria-labelledby='spend-title'>
      <h1 id='spend-title'>Spend</h1>
      <div class='filters'>
        <label>By<select value={group} onChange={({ currentTarget }) => { go({ group: currentTarget.value }) }}>{GROUPS.map((name) => <option key={name}>{name}</option>)}</select></label>
        <label>Period<select value={since} onChange={({ currentTarget }) => { go({ since: currentTarget.value }) }}>{PERIODS.map(([value, title]) => <option key={value} value={value}>{title}</option>)}</select></label>
        <a class='button' href={`/weir/api/v1/usage?${new URLSearchParams({ ...wanted, format: 'csv' }).toString()}`} download='usage.csv'>CSV</a>
      </div>
      {error === null ? null : <Problem error={error} onRetry={reload} />}
      {data === null && isLoading ? <Loading /> : null}
      {data !== null && rows.length === 0 ? <Empty title='Nothing was spent in this time'>Choose a longer period. Requests to models and the time of sessions are counted here.</Empty> : null}
      {rows.length === 0
        ? null
        : (
          <div class='scroll'>
            <table>
              <thead><tr><th>{group}</th><th>Share</th><th class='number'>Spend, {data?.currency}</th><th class='number'>Requests</th><th class='number'>Input tokens</th><th class='number'>Output tokens</th><th class='number'>Sessions</th><th class='number'>Session seconds</th><th class='number'>Credits</th></tr></thead>
              <tbody>{rows.map((row, place) => (
                <tr key={place}>
                  <td>{row.group[group] ?? <span class='quiet'>none</span>}</td>
                  <td><meter min={0} max={most} value={row.costNanoUsd} aria-label={`spend of ${row.group[group] ?? 'none'}`} /></td>
                  <td class='number' title={row.unpricedRequests === 0 ? undefined : `${row.unpricedRequests} requests had no known price`}>{row.cost}{row.unpricedRequests === 0 ? '' : ' *'}</td>
                  <td class='number'>{NUMBER.format(row.requests)}</td><td class='number'>{NUMBER.format(row.inputTokens)}</td><td class='number'>{NUMBER.format(row.outputTokens)}</td>
                  <td class='number'>{NUMBER.format(row.sessions)}</td><td class='number'>{NUMBER.format(row.sessionSeconds)}</td><td class='number'>{row.credits}</td>
                </tr>
              ))}
              </tbody>
            </table>
          </div>
          )}
      {rows.some(({ unpricedRequests }) => unpricedRequests > 0) ? <p class='quiet'>* without requests whose price is not known</p> : null}
    </section>
  )
}
