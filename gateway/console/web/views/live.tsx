import type { VNode } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { LedgerEntry } from '../../../core/ledger-entry.ts'
import type { AgentState } from '../../../sessions/agent-activity.ts'
import { get, post } from '../api.ts'
import type { ViewProps } from '../app.tsx'
import { followLedger, type DecisionStream } from '../decision-stream.ts'
import { kindOf, lineOf } from '../entry-text.ts'
import { Empty, Foreign, Loading, Problem, Time, VerdictMark } from '../parts/shown.tsx'
import { VirtualRows } from '../parts/virtual-rows.tsx'
import { linkTo } from '../router.ts'
import { useResource } from '../use-resource.ts'

interface SessionRow {
  readonly session: string
  readonly state: 'running' | 'stopped' | 'unknown'
  readonly agent: AgentState | null
  /** Calls that wait for a second person. */
  readonly waiting: number
  readonly actor: string | null
  readonly app: string | null
  readonly environment: string | null
  readonly startedAt: string
  readonly requests: number
  readonly cost: string
  readonly credits: string | null
}

const ROW_HEIGHT = 36
const SESSIONS_MS = 5_000
const LOST_MS = 1_000

export function Live (_props: ViewProps): VNode {
  return (
    <>
      <Sessions />
      <Decisions />
    </>
  )
}

function Sessions (): VNode {
  const { data, error, isLoading, reload } = useResource('sessions', () => get<{ readonly sessions: readonly SessionRow[] }>('/sessions', { limit: 50 }))
  const isLost = error !== null
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === 'visible') reload() }, isLost ? LOST_MS : SESSIONS_MS)
    return () => { clearInterval(timer) }
  }, [isLost])
  const [stopping, setStopping] = useState<readonly string[]>([])
  const [refused, setRefused] = useState<unknown>(null)
  const stop = ({ session, actor }: SessionRow): void => {
    if (!confirm(`Stop session ${session} of ${actor ?? 'nobody'}? What its agent changed until now is judged and brought in as at any end.`)) return
    setStopping((before) => [...before, session])
    setRefused(null)
    post(`/sessions/${encodeURIComponent(session)}/stop`).catch(setRefused).finally(() => {
      setStopping((before) => before.filter((id) => id !== session))
      reload()
    })
  }
  const running = data?.sessions.filter(({ state }) => state === 'running') ?? []
  return (
    <section aria-labelledby='sessions-title'>
      <h1 id='sessions-title'>Sessions running now</h1>
      {error === null ? null : <Problem error={error} onRetry={reload} />}
      {refused === null ? null : <Problem error={refused} />}
      {data === null && isLoading ? <Loading /> : null}
      {data !== null && running.length === 0 ? <Empty title="Nobody's agent is running">A session appears here when an OpenCode client attaches: <code>opencode attach {location.origin}</code></Empty> : null}
      {running.length === 0
        ? null
        : (
          <div class='scroll'>
            <table>
              <thead><tr><th>Session</th><th>Actor</th><th>App</th><th>Environment</th><th>Agent</th><th>Since</th><th class='number'>Requests</th><th class='number'>Spend, USD</th><th class='number'>Credits</th><th><span class='hidden'>Stop</span></th></tr></thead>
              <tbody>{running.map((row) => (
                <tr key={row.session}>
                  <td><a href={linkTo(['sessions', row.session])}>{row.session}</a></td><td>{row.actor}</td><td>{row.app}</td><td>{row.environment}</td><td>{row.agent}{row.waiting === 0 ? null : <>, <a href={linkTo(['approvals'])}>{row.waiting} waiting</a></>}</td>
                  <td><Time at={row.startedAt} /></td><td class='number'>{row.requests}</td><td class='number'>{row.cost}</td><td class='number'>{row.credits ?? '–'}</td>
                  <td><button type='button' disabled={stopping.includes(row.session)} aria-label={`Stop session ${row.session}`} onClick={() => { stop(row) }}>{stopping.includes(row.session) ? 'Stopping …' : 'Stop'}</button></td>
                </tr>
              ))}
              </tbody>
            </table>
          </div>
          )}
    </section>
  )
}

const SHOWN_KINDS = ['tool-call', 'model-request', 'session', 'approval', 'release', 'route', 'outcome', 'event'] as const
const USUAL_KINDS: readonly string[] = ['tool-call', 'model-request', 'session', 'approval', 'release']

function Decisions (): VNode {
  const stream = useRef<DecisionStream | null>(null)
  const [, redraw] = useState(0)
  const [error, setError] = useState<unknown>(null)
  const [paused, setPaused] = useState<readonly LedgerEntry[] | null>(null)
  const [text, setText] = useState('')
  const [verdict, setVerdict] = useState('')
  const [kinds, setKinds] = useState(USUAL_KINDS)
  const follow = (): void => {
    setError(null)
    stream.current?.close()
    stream.current = followLedger(() => { redraw((times) => times + 1) }, setError)
  }
  useEffect(() => {
    follow()
    return () => { stream.current?.close() }
  }, [])
  const all = paused ?? stream.current?.entries() ?? []
  const rows = useMemo(() => all.filter((entry) => isWanted(entry, { text: text.toLowerCase(), verdict, kinds })), [all, text, verdict, kinds])
  const waiting = paused === null ? 0 : (stream.current?.entries()[0]?.index ?? 0) - (paused[0]?.index ?? 0)
  return (
    <section class='grow' aria-labelledby='decisions-title'>
      <h2 id='decisions-title'>Decisions as they happen <Connected stream={stream.current} /></h2>
      <div class='filters' role='group' aria-label='Filter'>
        <label>Search<input type='search' value={text} onInput={({ currentTarget }) => { setText(currentTarget.value) }} placeholder='path, command, actor, rule' /></label>
        <label>Verdict<select value={verdict} onChange={({ currentTarget }) => { setVerdict(currentTarget.value) }}><option value=''>any</option><option>allow</option><option>pending</option><option>deny</option></select></label>
        <fieldset><legend>Kinds</legend>{SHOWN_KINDS.map((kind) => (
          <label key={kind} class='check'><input type='checkbox' checked={kinds.includes(kind)} onChange={({ currentTarget }) => { setKinds(currentTarget.checked ? [...kinds, kind] : kinds.filter((name) => name !== kind)) }} />{kind}</label>
        ))}
        </fieldset>
        <button type='button' aria-pressed={paused !== null} onClick={() => { setPaused(paused === null ? all : null) }}>{paused === null ? 'Pause' : `Go on (${waiting} new)`}</button>
      </div>
      {error === null ? null : <Problem error={error} onRetry={follow} />}
      {rows.length === 0 && error === null ? <Empty title='Nothing to show'>Decisions appear here as agents ask. The filter may hide some: {all.length} entries are held.</Empty> : null}
      {rows.length === 0 ? null : <VirtualRows rows={rows} rowHeight={ROW_HEIGHT} keyOf={({ index }) => index} label='Decisions, newest first' render={(entry) => <DecisionRow entry={entry} />} />}
    </section>
  )
}

function Connected ({ stream }: { readonly stream: DecisionStream | null }): VNode {
  const state = stream?.connection() ?? 'connecting'
  return <span class={`connection ${state}`} role='status'>{state === 'lost' ? 'connection lost, trying again' : state}</span>
}

function DecisionRow ({ entry }: { readonly entry: LedgerEntry }): VNode {
  const { verdict, what, about, actor, environment } = lineOf(entry)
  return (
    <a class='line' href={linkTo(['audit', String(entry.index)])}>
      <Time at={entry.time} />
      {verdict === null ? <span class='quiet'>{entry.kind}</span> : <VerdictMark verdict={verdict} />}
      <span>{actor}</span><span>{environment}</span>
      <span class='what'><Foreign text={what} /></span>
      <span class='quiet'>{about}</span>
    </a>
  )
}

interface Wanted { readonly text: string, readonly verdict: string, readonly kinds: readonly string[] }

function isWanted (entry: LedgerEntry, { text, verdict, kinds }: Wanted): boolean {
  if (!kinds.includes(kindOf(entry))) return false
  const line = lineOf(entry)
  if (verdict !== '' && line.verdict !== verdict) return false
  return text === '' || [line.what, line.about, line.actor, line.session, line.app].some((part) => part?.toLowerCase().includes(text) === true)
}
