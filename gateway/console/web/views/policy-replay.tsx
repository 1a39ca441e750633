import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { Verdict } from '../../../core/decision.ts'
import { post } from '../api.ts'
import { Empty, Facts, Foreign, Problem, Time, VerdictMark } from '../parts/shown.tsx'
import { linkTo } from '../router.ts'

interface Answer { readonly verdict: Verdict, readonly rule: string }
interface Group {
  readonly from: Answer
  readonly to: Answer
  readonly direction: 'looser' | 'stricter' | 'same-verdict'
  readonly count: number
  readonly actors: ReadonlyArray<{ readonly actor: string, readonly count: number }>
  readonly others: number
  readonly examples: ReadonlyArray<{ readonly index: number, readonly timeMs: number, readonly actor: string, readonly app: string, readonly environment: string, readonly what: string }>
}
interface Report {
  readonly revision: string
  readonly entries: number
  readonly replayed: number
  readonly changed: number
  readonly looser: number
  readonly stricter: number
  readonly unreplayable: ReadonlyArray<{ readonly problem: string, readonly count: number }>
  readonly groups: readonly Group[]
  readonly ungrouped: number
}

const MAX_BYTES = 12 * 1024 * 1024 // what the gateway takes
const EXAMPLES = 3
const DAY_MS = 86_400_000
const PERIODS: ReadonlyArray<readonly [number, string]> = [[1, 'last day'], [7, 'last 7 days'], [30, 'last 30 days'], [0, 'all time']]

/** What a policy that is not in force would have said to what was asked. It is sent to be tried, and comes into force by nothing here. */
export function Replay (): VNode {
  const file = useRef<HTMLInputElement>(null)
  const [days, setDays] = useState(7)
  const [state, setState] = useState<{ readonly report: Report } | { readonly error: unknown } | 'running' | null>(null)
  const run = (): void => {
    const chosen = file.current?.files?.[0]
    if (chosen === undefined) return file.current?.focus()
    setState('running')
    replayOf(chosen, days).then((report) => { setState({ report }) }, (error: unknown) => { setState({ error }) })
  }
  return (
    <details class='playground'>
      <summary>Replay: what another policy would have decided</summary>
      <p class='quiet'>A bundle as <code>weir policy build</code> writes it (<code>bundle.tar.gz</code>, 12 MiB at most). It decides what the ledger recorded again, apart from the gateway's own work, for two minutes at most. It is not put in force.</p>
      <div class='filters'>
        <label>Bundle<input ref={file} type='file' accept='.tar.gz,.tgz,application/gzip' /></label>
        <label>Decisions of the<select value={days} onChange={({ currentTarget }) => { setDays(Number(currentTarget.value)) }}>{PERIODS.map(([value, title]) => <option key={value} value={value}>{title}</option>)}</select></label>
        <button type='button' class='primary' disabled={state === 'running'} onClick={run}>Replay</button>
      </div>
      <div role='status'>
        {state === 'running' ? <p class='quiet'>Deciding again …</p> : null}
        {state !== null && typeof state === 'object' && 'report' in state ? <Result report={state.report} /> : null}
      </div>
      {state !== null && typeof state === 'object' && 'error' in state ? <Problem error={state.error} /> : null}
    </details>
  )
}

async function replayOf (file: File, days: number): Promise<Report> {
  if (file.size > MAX_BYTES) throw new RangeError('This file is larger than 12 MiB.')
  const bytes = new Uint8Array(await file.arrayBuffer())
  const report = await post<Report>('/policy/replay', { bundle: base64(bytes), examples: EXAMPLES, ...(days === 0 ? {} : { since: Date.now() - days * DAY_MS }) })
  if (report === undefined) throw new Error('The gateway gave no report.')
  return report
}

function base64 (bytes: Uint8Array): string {
  const parts: string[] = []
  const piece = 0x8000 // more arguments than a call takes, at once
  for (let at = 0; at < bytes.length; at += piece) parts.push(String.fromCharCode(...bytes.subarray(at, at + piece)))
  return btoa(parts.join(''))
}

function Result ({ report }: { readonly report: Report }): VNode {
  return (
    <>
      <Facts of={[
        ['Candidate', report.revision],
        ['Decided again', `${report.replayed} of ${report.entries} entries`],
        ['Would change', `${report.changed}: ${report.looser} looser, ${report.stricter} stricter, ${report.changed - report.looser - report.stricter} by another rule`],
        ['Could not be replayed', report.unreplayable.length === 0 ? null : report.unreplayable.map(({ problem, count }) => `${problem} (${count})`).join('; ')],
      ]}
      />
      {report.groups.length === 0 ? <Empty title={report.replayed === 0 ? 'Nothing was recorded in this time' : 'Every decision would be the same'} /> : null}
      {report.groups.length === 0
        ? null
        : (
          <div class='scroll'>
            <table>
              <thead><tr><th>Decided</th><th>Would be</th><th class='number'>How often</th><th>Whose</th><th>For example</th></tr></thead>
              <tbody>{report.groups.map((group, place) => (
                <tr key={place}>
                  <td><VerdictMark verdict={group.from.verdict} /> {group.from.rule}</td><td><VerdictMark verdict={group.to.verdict} /> {group.to.rule}</td><td class='number'>{group.count}</td>
                  <td>{group.actors.slice(0, EXAMPLES).map(({ actor, count }) => `${actor} (${count})`).join(', ')}{group.actors.length > EXAMPLES || group.others > 0 ? ' and others' : ''}</td>
                  <td><ul>{group.examples.map(({ index, timeMs, environment, what }) => <li key={index}><a href={linkTo(['audit', String(index)])}>{index}</a> <Time at={timeMs} /> {environment} <span class='what'><Foreign text={what} /></span></li>)}</ul></td>
                </tr>
              ))}
              </tbody>
            </table>
          </div>
          )}
      {report.ungrouped === 0 ? null : <p class='quiet'>{report.ungrouped} further changes are counted and in no group.</p>}
    </>
  )
}
