import type { VNode } from 'preact'
import { get } from '../api.ts'
import { Empty, Loading, Problem, Time } from '../parts/shown.tsx'
import { useResource } from '../use-resource.ts'

interface Standing {
  readonly budget: string
  readonly account: string
  readonly limit: string
  readonly max: number
  readonly used: number | null
  readonly mode: 'hard' | 'warn'
  readonly period: { readonly sinceMs: number, readonly untilMs: number } | null
  readonly forecast: number | null
}

const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 6 })

/** Budgets with their use, and where they will be when the period ends. */
export function Budgets (): VNode {
  const { data, error, isLoading, reload } = useResource('budgets', () => get<{ readonly rows: readonly Standing[], readonly more: number }>('/usage/budgets'))
  return (
    <section aria-labelledby='budgets-title'>
      <h2 id='budgets-title'>Budgets</h2>
      {error === null ? null : <Problem error={error} onRetry={reload} />}
      {data === null && isLoading ? <Loading /> : null}
      {data?.rows.length === 0 ? <Empty title='No budget is shown to you'>Budgets are data of the policy (<code>budgets</code>). One appears here when something was spent of it.</Empty> : null}
      {data === null || data.rows.length === 0
        ? null
        : (
          <>
            <div class='scroll'>
              <table>
                <thead><tr><th>Budget</th><th>For</th><th>Limit</th><th>Use</th><th class='number'>Used</th><th class='number'>Of</th><th class='number'>Forecast</th><th>Ends</th></tr></thead>
                <tbody>{data.rows.map((row) => <Row key={`${row.budget} ${row.account} ${row.limit}`} row={row} />)}</tbody>
              </table>
            </div>
            {data.more === 0 ? null : <p class='quiet'>{data.more} more, less used</p>}
            <p class='quiet'>Forecast: what will be used up when the period ends, if it goes on at its pace so far (use divided by the share of the period that is over). Periods are in UTC.</p>
          </>
          )}
    </section>
  )
}

function Row ({ row: { budget, account, limit, max, used, mode, period, forecast } }: { readonly row: Standing }): VNode {
  const willExceed = forecast !== null && forecast > max
  return (
    <tr>
      <td>{budget}{mode === 'warn' ? <span class='quiet'> warns only</span> : null}</td><td>{account}</td><td>{limit}</td>
      <td>{used === null ? <span class='quiet'>being added up</span> : <meter min={0} max={max} value={used} aria-label={`${budget}, ${account}, ${limit}`} />}</td>
      <td class='number'>{used === null ? '–' : NUMBER.format(used)}</td><td class='number'>{NUMBER.format(max)}</td>
      <td class='number'>{forecast === null ? <span class='quiet'>–</span> : <span class={willExceed ? 'verdict deny' : undefined}>{NUMBER.format(forecast)}{willExceed ? ' too much' : ''}</span>}</td>
      <td>{period === null ? <span class='quiet'>never</span> : <Time at={period.untilMs} />}</td>
    </tr>
  )
}
