import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { Verdict } from '../../../core/decision.ts'
import { get } from '../api.ts'
import type { ViewProps } from '../app.tsx'
import { Empty, Facts, Loading, Problem, Time, VerdictMark } from '../parts/shown.tsx'
import { linkTo } from '../router.ts'
import { useResource } from '../use-resource.ts'
import { Playground } from './policy-playground.tsx'
import { Replay } from './policy-replay.tsx'

interface RuleText { readonly id: string, readonly title: string, readonly description: string, readonly verdict: Verdict, readonly file: string, readonly row: number }
interface Shown { readonly revision: string, readonly rules: readonly RuleText[], readonly shadow: { readonly revision: string } | null }
interface Hits { readonly hits: ReadonlyArray<{ readonly rule: string, readonly count: number, readonly lastMs: number }>, readonly counted: number, readonly isWhole: boolean }
interface Change { readonly index: number, readonly timeMs: number, readonly event: string, readonly revision: string, readonly rules: number | null, readonly code: string | null }

const PERIODS: ReadonlyArray<readonly [string, string]> = [['24h', 'last 24 hours'], ['7d', 'last 7 days'], ['30d', 'last 30 days']]
const NUMBER = new Intl.NumberFormat()

export function Policy ({ place: { query } }: ViewProps): VNode {
  const { data, error, isLoading, reload } = useResource('policy', () => get<Shown>('/policy'))
  return (
    <section aria-labelledby='policy-title'>
      <h1 id='policy-title'>Policy</h1>
      {error === null ? null : <Problem error={error} onRetry={reload} />}
      {data === null && isLoading ? <Loading /> : null}
      {data === null
        ? null
        : (
          <>
            <Facts of={[['Revision in force', data.revision], ['Shadow', data.shadow?.revision ?? null], ['Rules', data.rules.length]]} />
            <Playground />
            <Replay />
            <History inForce={data.revision} />
            <Rules rules={data.rules} search={query.get('search') ?? ''} />
          </>
          )}
    </section>
  )
}

function Rules ({ rules, search }: { readonly rules: readonly RuleText[], readonly search: string }): VNode {
  const [text, setText] = useState(search)
  const [since, setSince] = useState('7d')
  const { data, error, reload } = useResource(`hits ${since}`, () => get<Hits>('/policy/hits', { since }))
  const wanted = text.toLowerCase()
  const shown = rules.filter(({ id, title, description }) => `${id} ${title} ${description}`.toLowerCase().includes(wanted))
  return (
    <>
      <h2>Rules</h2>
      <div class='filters'>
        <label>Search<input type='search' value={text} onInput={({ currentTarget }) => { setText(currentTarget.value) }} /></label>
        <label>Hits of the<select value={since} onChange={({ currentTarget }) => { setSince(currentTarget.value) }}>{PERIODS.map(([value, title]) => <option key={value} value={value}>{title}</option>)}</select></label>
        {data === null ? null : <span class='quiet'>{data.isWhole ? '' : 'the newest '}{NUMBER.format(data.counted)} decisions counted</span>}
      </div>
      {error === null ? null : <Problem error={error} onRetry={reload} />}
      {shown.length === 0 ? <Empty title='No rule matches' /> : null}
      <ul class='rules'>{shown.map((rule) => (
        <li key={rule.id}>
          <VerdictMark verdict={rule.verdict} /> <strong>{rule.title}</strong> <a class='quiet' href={linkTo(['audit'], { rule: rule.id })} title='Decisions of this rule'>{rule.id}</a>
          {data === null ? null : <Hit id={rule.id} of={data} />}
          <p>{rule.description}</p>
          <p class='quiet'>{rule.file}:{rule.row}</p>
        </li>
      ))}
      </ul>
    </>
  )
}

function Hit ({ id, of: { hits } }: { readonly id: string, readonly of: Hits }): VNode {
  const own = hits.filter(({ rule }) => rule === id)
  const count = own.reduce((sum, hit) => sum + hit.count, 0)
  if (count === 0) return <span class='hits quiet'>no hits</span>
  return <span class='hits'>{NUMBER.format(count)} {count === 1 ? 'hit' : 'hits'}, last <Time at={Math.max(...own.map(({ lastMs }) => lastMs))} /></span>
}

/** What was in force when, and what was refused. */
function History ({ inForce }: { readonly inForce: string }): VNode {
  const { data, error, reload } = useResource('policy-history', () => get<{ readonly history: readonly Change[] }>('/policy/history'))
  return (
    <details class='playground'>
      <summary>History of revisions</summary>
      {error === null ? null : <Problem error={error} onRetry={reload} />}
      {data === null
        ? <Loading />
        : (
          <div class='scroll'>
            <table>
              <thead><tr><th>Time</th><th>What</th><th>Revision</th><th class='number'>Rules</th><th>Entry</th></tr></thead>
              <tbody>{data.history.map(({ index, timeMs, event, revision, rules, code }) => (
                <tr key={index}>
                  <td><Time at={timeMs} /></td>
                  <td>{event === 'policy-loaded' ? `loaded${revision === inForce ? ', in force now' : ''}` : `refused: ${code ?? ''}; this one stayed`}</td>
                  <td class='what'>{revision}</td><td class='number'>{rules ?? '–'}</td><td><a href={linkTo(['audit', String(index)])}>{index}</a></td>
                </tr>
              ))}
              </tbody>
            </table>
          </div>
          )}
    </details>
  )
}
