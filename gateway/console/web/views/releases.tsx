import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { get, post } from '../api.ts'
import type { ViewProps } from '../app.tsx'
import { Empty, Foreign, Loading, Problem, Time } from '../parts/shown.tsx'
import { linkTo } from '../router.ts'
import { useResource } from '../use-resource.ts'

const ENVIRONMENTS = ['DEV', 'TEST', 'PROD'] as const
type Environment = typeof ENVIRONMENTS[number]

interface Release { readonly id: string, readonly madeAtMs: number, readonly madeBy: string, readonly environments: readonly Environment[], readonly checks: ReadonlyArray<{ readonly name: string, readonly passed: boolean }> }
interface Shown { readonly app: string, readonly environments: Readonly<Record<Environment, { readonly id: string } | null>>, readonly releases: readonly Release[] }
interface Pointed { readonly atMs: number, readonly environment: Environment, readonly action: string, readonly release: string, readonly by: string, readonly approvedBy: string | null, readonly rule: string | null, readonly decision: number }

export function Releases (_props: ViewProps): VNode {
  const { data, error, isLoading, reload } = useResource('releases', () => get<Shown>('/releases'))
  const history = useResource('history', () => get<{ readonly history: readonly Pointed[] }>('/releases/history', { limit: 50 }))
  const [said, setSaid] = useState<{ readonly error: unknown } | { readonly done: string } | null>(null)
  const act = (what: string, path: string, body: object): void => {
    if (!confirm(`${what}?`)) return
    setSaid(null)
    post(path, body).then(() => {
      setSaid({ done: what })
      reload()
      history.reload()
    }, (thrown: unknown) => { setSaid({ error: thrown }) })
  }
  return (
    <section aria-labelledby='releases-title'>
      <h1 id='releases-title'>Releases{data === null ? '' : ` of ${data.app}`}</h1>
      {error === null ? null : <Problem error={error} onRetry={reload} />}
      {data === null && isLoading ? <Loading /> : null}
      {said === null ? null : 'error' in said ? <Problem error={said.error} /> : <p role='status' class='verdict allow'><span aria-hidden='true'>✓</span> Done: {said.done}</p>}
      {data === null
        ? null
        : (
          <ul class='cards'>{ENVIRONMENTS.map((environment) => (
            <li key={environment}><h2>{environment}</h2><p>{data.environments[environment]?.id ?? <span class='quiet'>points at no release</span>}</p>
              {data.environments[environment] === null ? null : <button type='button' onClick={() => { act(`Roll ${environment} back to the release before`, '/releases/rollback', { env: environment }) }}>Roll back</button>}
            </li>
          ))}
          </ul>
          )}
      {data !== null && data.releases.length === 0 ? <Empty title='No release was made yet'>Make one with <code>weir releases make</code>.</Empty> : null}
      {data === null || data.releases.length === 0
        ? null
        : (
          <div class='scroll'>
            <table>
              <thead><tr><th>Release</th><th>Made</th><th>Checks that passed</th><th>Environments</th><th>Promote to</th></tr></thead>
              <tbody>{data.releases.toReversed().map((release) => (
                <tr key={release.id}>
                  <td>{release.id}</td><td><Time at={release.madeAtMs} /></td><td><Foreign text={[...new Set(release.checks.filter(({ passed }) => passed).map(({ name }) => name))].join(', ')} /></td><td>{release.environments.join(', ')}</td>
                  <td>{ENVIRONMENTS.filter((environment) => !release.environments.includes(environment)).map((environment) => (
                    <button key={environment} type='button' onClick={() => { act(`Promote ${release.id} to ${environment}`, `/releases/${encodeURIComponent(release.id)}/promote`, { env: environment }) }}>{environment}</button>
                  ))}
                  </td>
                </tr>
              ))}
              </tbody>
            </table>
          </div>
          )}
      {history.data === null || history.data.history.length === 0 ? null : <Pointings rows={history.data.history} />}
    </section>
  )
}

/** What ran where, and who let it. */
function Pointings ({ rows }: { readonly rows: readonly Pointed[] }): VNode {
  return (
    <>
      <h2>History</h2>
      <div class='scroll'>
        <table>
          <thead><tr><th>Time</th><th>Environment</th><th>What</th><th>Release</th><th>By</th><th>Approved by</th><th>Decision</th></tr></thead>
          <tbody>{rows.map((row) => (
            <tr key={row.decision}>
              <td><Time at={row.atMs} /></td><td>{row.environment}</td><td>{row.action}</td><td>{row.release}</td><td>{row.by}</td><td>{row.approvedBy ?? <span class='quiet'>nobody had to</span>}</td>
              <td><a href={linkTo(['audit', String(row.decision)])}>{row.decision}</a> <span class='quiet'>{row.rule}</span></td>
            </tr>
          ))}
          </tbody>
        </table>
      </div>
    </>
  )
}
