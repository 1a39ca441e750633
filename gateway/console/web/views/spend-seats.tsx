import type { VNode } from 'preact'
import { get } from '../api.ts'
import { Problem } from '../parts/shown.tsx'
import { useResource } from '../use-resource.ts'

interface SeatRow { readonly org: string, readonly month: string, readonly seats: number, readonly limit: number | null, readonly released: number }

/** Members who were let start a session, by month. */
export function Seats (): VNode | null {
  const { data, error, reload } = useResource('seats', () => get<{ readonly rows: readonly SeatRow[] }>('/usage', { report: 'seats', since: '365d' }))
  if (error !== null) return <Problem error={error} onRetry={reload} />
  if (data === null || data.rows.length === 0) return null
  return (
    <section aria-labelledby='seats-title'>
      <h2 id='seats-title'>Seats</h2>
      <div class='scroll'>
        <table>
          <thead><tr><th>Month</th><th>Organisation</th><th class='number'>Seats taken</th><th class='number'>Limit</th><th class='number'>Released</th></tr></thead>
          <tbody>{data.rows.map(({ org, month, seats, limit, released }) => <tr key={`${month} ${org}`}><td>{month}</td><td>{org}</td><td class='number'>{seats}</td><td class='number'>{limit ?? 'none'}</td><td class='number'>{released}</td></tr>)}</tbody>
        </table>
      </div>
      <p class='pager'><a class='button' href='/weir/api/v1/usage?report=seat-members&since=365d&format=csv' download='seats.csv'>Members as CSV</a></p>
    </section>
  )
}
