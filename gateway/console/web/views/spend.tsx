import type { VNode } from 'preact'
import { get } from '../api.ts'
import type { ViewProps } from '../app.tsx'
import { lazy } from '../parts/lazy.tsx'
import { Empty, Loading, Problem } from '../parts/shown.tsx'
import { goTo, linkTo } from '../router.ts'
import { dailyOf, type Daily, type UsageRow } from '../usage.ts'
import { useResource } from '../use-resource.ts'
import { Budgets } from './spend-budgets.tsx'
import { Seats } from './spend-seats.tsx'

const DayChart = lazy(async () => (await import('../parts/day-chart.tsx')).DayChart)

const GROUPS = ['actor', 'app', 'environment', 'model', 'provider', 'session', 'group', 'org', 'key'] as const
const PERIODS: ReadonlyArray<readonly [string, string]> = [['24h', 'last 24 hours'], ['7d', 'last 7 days'], ['30d', 'last 30 days'], ['365d', 'last year'], ['', 'all time']]
const NUMBER = new Intl.NumberFormat()
const NANO = 1_000_000_000

interface Report { readonly rows: readonly UsageRow[], readonly currency: string }
interface Measure { readonly title: string, readonly unit: string, readonly of: (row: UsageRow) => number }

const SPEND: Measure = { title: 'Spend on models by day', unit: 'USD', of: ({ costNanoUsd }) => costNanoUsd / NANO }
const CREDITS: Measure = { title: 'Credits for the time of sessions by day', unit: 'credits', of: ({ milliCredits }) => milliCredits / 1_000 }

export function Spend ({ place: { query } }: ViewProps): VNode {
  const group = query.get('group') ?? 'actor'
  const since = query.get('since') ?? '30d'
  const wanted = { group, since }
  const { data, error, isLoading, reload } = useResource(`${group} ${since}`, () => get<Report>('/usage', wanted))
  const daily = useResource(`daily ${group} ${since}`, () => get<Report>('/usage', { since, group: `${group},day` }))
  const go = (change: Readonly<Record<string, string>>): void => { goTo(linkTo(['spend'], { ...wanted, ...change })) }
  const rows = data?.rows ?? []
  return (
    <section aria-labelledby='spend-title'>
      <h1 id='spend-title'>Spend</h1>
      <div class='filters'>
        <label>By<select value={group} onChange={({ currentTarget }) => { go({ group: currentTarget.value }) }}>{GROUPS.map((name) => <option key={name}>{name}</option>)}</select></label>
        <label>Period<select value={since} onChange={({ currentTarget }) => { go({ since: currentTarget.value }) }}>{PERIODS.map(([value, title]) => <option key={value} value={value}>{title}</option>)}</select></label>
        <a class='button' href={`/weir/api/v1/usage?${new URLSearchParams({ ...wanted, format: 'csv' }).toString()}`} download='usage.csv'>CSV</a>
        <a class='button' href={`/weir/api/v1/usage?${new URLSearchParams({ since, group: `${group},day`, format: 'csv' }).toString()}`} download='usage-by-day.csv'>CSV by day</a>
      </div>
      {error === null ? null : <Problem error={error} onRetry={reload} />}
      {data === null && isLoading ? <Loading /> : null}
      {data !== null && rows.length === 0 ? <Empty title='Nothing was spent in this time'>Choose a longer period. Requests to models and the time of sessions are counted here.</Empty> : null}
      {rows.length === 0 ? null : <Models rows={rows} group={group} />}
      {daily.data === null ? null : <ByDay rows={daily.data.rows} group={group} measure={SPEND} />}
      {rows.every(({ sessions }) => sessions === 0) ? null : <Platform rows={rows} group={group} />}
      {daily.data === null ? null : <ByDay rows={daily.data.rows} group={group} measure={CREDITS} />}
      <Budgets />
      <Seats />
    </section>
  )
}

interface TableProps { readonly rows: readonly UsageRow[], readonly group: string }

function Models ({ rows, group }: TableProps): VNode {
  const used = rows.filter(({ requests }) => requests > 0)
  const most = Math.max(1, ...used.map(({ costNanoUsd }) => costNanoUsd))
  return (
    <>
      <h2>Models</h2>
      <div class='scroll'>
        <table>
          <thead><tr><th>{group}</th><th>Share</th><th class='number'>Spend, USD</th><th class='number'>Requests</th><th class='number'>Input tokens</th><th class='number'>Output tokens</th></tr></thead>
          <tbody>{used.map((row, place) => (
            <tr key={place}>
              <td>{row.group[group] ?? <span class='quiet'>none</span>}</td>
              <td><meter min={0} max={most} value={row.costNanoUsd} aria-label={`spend of ${row.group[group] ?? 'none'}`} /></td>
              <td class='number' title={doubtOf(row)}>{row.cost}{row.unpricedRequests === 0 ? '' : ' *'}{row.guessedRequests === 0 ? '' : ' †'}</td>
              <td class='number'>{NUMBER.format(row.requests)}</td><td class='number'>{NUMBER.format(row.inputTokens)}</td><td class='number'>{NUMBER.format(row.outputTokens)}</td>
            </tr>
          ))}
          </tbody>
        </table>
      </div>
      {used.some(({ unpricedRequests }) => unpricedRequests > 0) ? <p class='quiet'>* without requests whose price is not known</p> : null}
      {used.some(({ guessedRequests }) => guessedRequests > 0) ? <p class='quiet'>† with requests that are counted by a worst rate</p> : null}
    </>
  )
}

/** The time of sessions, in units of its own: never a part of what models cost. */
function Platform ({ rows, group }: TableProps): VNode {
  return (
    <>
      <h2>Sessions and credits</h2>
      <div class='scroll'>
        <table>
          <thead><tr><th>{group}</th><th class='number'>Sessions that ended</th><th class='number'>Session seconds</th><th class='number'>Credits</th></tr></thead>
          <tbody>{rows.filter(({ sessions }) => sessions > 0).map((row, place) => (
            <tr key={place}><td>{row.group[group] ?? <span class='quiet'>none</span>}</td><td class='number'>{NUMBER.format(row.sessions)}</td><td class='number'>{NUMBER.format(row.sessionSeconds)}</td><td class='number'>{row.credits}</td></tr>
          ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

function ByDay ({ rows, group, measure: { title, unit, of } }: { readonly rows: readonly UsageRow[], readonly group: string, readonly measure: Measure }): VNode | null {
  const daily = dailyOf(rows, group, of)
  if (daily.series.length === 0) return null
  return (
    <>
      <h2>{title}</h2>
      <DayChart {...daily} unit={unit} label={`${title} and ${group}, ${unit}; the same numbers are in the table below`} />
      <details><summary>As a table</summary><DayTable daily={daily} /></details>
    </>
  )
}

function DayTable ({ daily: { days, series } }: { readonly daily: Daily }): VNode {
  return (
    <div class='scroll'>
      <table>
        <thead><tr><th>Day (UTC)</th>{series.map(({ name }) => <th key={name} class='number'>{name}</th>)}</tr></thead>
        <tbody>{days.map((day, place) => <tr key={day}><td>{day}</td>{series.map(({ name, values }) => <td key={name} class='number'>{(values[place] ?? 0).toFixed(6)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  )
}

function doubtOf ({ unpricedRequests, guessedRequests }: UsageRow): string | undefined {
  const doubts = [...(unpricedRequests === 0 ? [] : [`${unpricedRequests} requests had no known price`]), ...(guessedRequests === 0 ? [] : [`${guessedRequests} are counted by a worst rate`])]
  return doubts.length === 0 ? undefined : doubts.join('; ')
}
