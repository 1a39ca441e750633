import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { LedgerEntry } from '../../../core/ledger-entry.ts'
import { get } from '../api.ts'
import { lineOf } from '../entry-text.ts'
import { Diff } from '../parts/diff.tsx'
import { lazy } from '../parts/lazy.tsx'
import { Empty, Foreign, Loading, Problem, Time, VerdictMark } from '../parts/shown.tsx'
import { linkTo } from '../router.ts'
import { useResource } from '../use-resource.ts'
import type { AuditPage } from './audit.tsx'

const TerminalPlayer = lazy(async () => (await import('../parts/terminal-player.tsx')).TerminalPlayer)

const PAGE = 500

/** What happened in a session, from its start on. */
export function SessionTimeline ({ id }: { readonly id: string }): VNode {
  const [after, setAfter] = useState(-1)
  const { data, error, isLoading, reload } = useResource(`${id} ${after}`, () => get<AuditPage>('/audit', { session: id, order: 'oldest', limit: PAGE, ...(after === -1 ? {} : { after }) }))
  const entries = data?.entries.filter(isShown) ?? []
  return (
    <section aria-labelledby='timeline-title'>
      <h1 id='timeline-title'>Session {id}</h1>
      {error === null ? null : <Problem error={error} onRetry={reload} />}
      {data === null && isLoading ? <Loading /> : null}
      {data !== null && entries.length === 0 ? <Empty title='Nothing of it is shown to you'>The session has no entries yet, or policy does not show them to you.</Empty> : null}
      <ol class='timeline'>{entries.map((entry) => <Step key={entry.index} entry={entry} />)}</ol>
      <p class='pager'>
        {after === -1 ? null : <button type='button' onClick={() => { setAfter(-1) }}>From the start</button>}
        {data?.nextCursor == null ? null : <button type='button' onClick={() => { setAfter(data.nextCursor ?? -1) }}>Later</button>}
      </p>
    </section>
  )
}

// Reads of the client's own screens are most of a ledger, and no step of the work.
function isShown (entry: LedgerEntry): boolean {
  return entry.kind !== 'decision' || entry.input.kind !== 'route' || entry.decision.verdict !== 'allow'
}

function Step ({ entry }: { readonly entry: LedgerEntry }): VNode {
  const { verdict, what, about } = lineOf(entry)
  const recording = entry.kind === 'event' && entry.name === 'terminal-opened' ? entry.detail['recording'] : undefined
  return (
    <li>
      <Time at={entry.time} />
      {verdict === null ? <span class='quiet'>{about}</span> : <VerdictMark verdict={verdict} />}
      <a href={linkTo(['audit', String(entry.index)])}><Foreign text={what === '' ? about : what} /></a>
      {verdict === null ? null : <span class='quiet'>{about}</span>}
      {typeof recording === 'string' ? <Recording id={recording} /> : null}
      {entry.kind === 'decision' && entry.approval !== null ? <Opened title='What was approved'>{() => <Held approval={entry.approval ?? ''} />}</Opened> : null}
      {entry.kind === 'event' && entry.name === 'change-set-committed' ? <Opened title='What was changed'>{() => <Committed index={entry.index} />}</Opened> : null}
    </li>
  )
}

/** Asked for when somebody looks: each look is recorded. */
function Opened ({ title, children }: { readonly title: string, readonly children: () => VNode }): VNode {
  const [isOpen, setOpen] = useState(false)
  return <details class='wide' onToggle={({ currentTarget }) => { setOpen(currentTarget.open) }}><summary>{title}</summary>{isOpen ? children() : null}</details>
}

/** What the files of a change set had before and have since, as the project keeps them. */
function Committed ({ index }: { readonly index: number }): VNode {
  const { data, error, reload } = useResource(String(index), () => get<{ readonly diff: string, readonly isWhole: boolean }>(`/audit/entries/${index}/diff`))
  if (error !== null) return <Problem error={error} onRetry={reload} />
  if (data === null) return <Loading />
  return <><Diff text={data.diff} />{data.isWhole ? null : <p class='quiet'>Cut: there is more than is shown.</p>}</>
}

/** What an approval was of, when the gateway still has it. */
function Held ({ approval }: { readonly approval: string }): VNode {
  const { data, error, reload } = useResource(approval, () => get<{ readonly diff: string | null, readonly call: { readonly text: string } | null }>(`/approvals/${encodeURIComponent(approval)}`))
  if (error !== null) return <Problem error={error} onRetry={reload} />
  if (data === null) return <Loading />
  return data.diff === null ? <pre class='code' tabIndex={0}><Foreign text={data.call?.text ?? 'It is not kept any more.'} /></pre> : <Diff text={data.diff} />
}

function Recording ({ id }: { readonly id: string }): VNode {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <button type='button' aria-expanded={isOpen} onClick={() => { setOpen(!isOpen) }}>{isOpen ? 'Close the recording' : 'Play the terminal'}</button>
      <a href={`/weir/api/v1/audit/recordings/${encodeURIComponent(id)}`} download={`${id}.cast`}>download (asciicast)</a>
      {isOpen ? <TerminalPlayer recording={id} /> : null}
    </>
  )
}
