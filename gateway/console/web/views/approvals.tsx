import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Approval } from '../../../approvals/approval.ts'
import { ApiError, get, post } from '../api.ts'
import type { ViewProps } from '../app.tsx'
import { Command } from '../parts/command.tsx'
import { Diff } from '../parts/diff.tsx'
import { patchOf } from '../parts/edit-patch.ts'
import { Empty, Facts, Foreign, Loading, Problem, Time } from '../parts/shown.tsx'
import { goTo, linkTo } from '../router.ts'
import { useResource } from '../use-resource.ts'

type Listed = Approval & { readonly useless: string | null }
type InFull = Listed & { readonly call: { readonly text: string, readonly whole: boolean } | null, readonly diff: string | null }

const LOOK_MS = 3_000
const STATES = ['waiting', 'given', 'refused', 'used', 'revoked'] as const

export function Approvals ({ place: { query }, session }: ViewProps): VNode {
  const state = query.get('state') ?? 'waiting'
  const id = query.get('id')
  const { data, error, isLoading, reload } = useResource(state, () => get<{ readonly approvals: readonly Listed[] }>('/approvals', { state, limit: 500 }))
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === 'visible') reload() }, LOOK_MS)
    return () => { clearInterval(timer) }
  }, [state])
  const rows = data?.approvals ?? []
  const open = (wanted: string): void => { goTo(linkTo(['approvals'], { state, id: wanted }), true) }
  useKeys({
    j: () => { const next = rows[rows.findIndex((row) => row.id === id) + 1]; if (next !== undefined) open(next.id) },
    k: () => { const before = rows[rows.findIndex((row) => row.id === id) - 1]; if (before !== undefined) open(before.id) },
  })
  return (
    <section class='grow' aria-labelledby='approvals-title'>
      <h1 id='approvals-title'>Approvals</h1>
      <div class='filters'>
        <label>State<select value={state} onChange={({ currentTarget }) => { goTo(linkTo(['approvals'], { state: currentTarget.value })) }}>{STATES.map((name) => <option key={name}>{name}</option>)}</select></label>
        <span class='quiet'>Keys: <kbd>j</kbd> next, <kbd>k</kbd> before, <kbd>a</kbd> approve, <kbd>d</kbd> deny</span>
      </div>
      {error === null ? null : <Problem error={error} onRetry={reload} />}
      {data === null && isLoading ? <Loading /> : null}
      {data !== null && rows.length === 0 ? <Empty title={state === 'waiting' ? 'Nothing waits for an answer' : `No approval is ${state}`}>A call that policy leaves to people appears here, with what it would do.</Empty> : null}
      <div class='split'>
        {rows.length === 0
          ? null
          : (
            <ul class='queue' aria-label='Approvals'>{rows.map((row) => (
              <li key={row.id}>
                <a href={linkTo(['approvals'], { state, id: row.id })} aria-current={row.id === id ? 'true' : undefined}>
                  <span class='what'><Foreign text={titleOf(row)} /></span>
                  <span class='quiet'>{row.requestedBy} · {row.app}/{row.environment} · <Time at={row.heldAtMs} /></span>
                </a>
              </li>
            ))}
            </ul>
            )}
        {id === null ? null : <Held key={id} id={id} actor={session.actor} onSaid={reload} />}
      </div>
    </section>
  )
}

function titleOf ({ command, release, targets, tool }: Listed): string {
  if (command !== null) return command
  if (release !== undefined) return `${release.action} ${release.id}`
  return `${tool?.native ?? ''} ${targets.map(({ path }) => path).join(' ')}`.trim()
}

function Held ({ id, actor, onSaid }: { readonly id: string, readonly actor: string, readonly onSaid: () => void }): VNode {
  const { data, error, reload } = useResource(id, () => get<InFull>(`/approvals/${encodeURIComponent(id)}`))
  if (error !== null) return <Problem error={error} onRetry={reload} />
  if (data === null) return <Loading />
  return (
    <article class='held' aria-labelledby='held-title'>
      <h2 id='held-title'><Foreign text={titleOf(data)} /></h2>
      <Facts of={[
        ['State', data.useless === null ? data.state : `${data.state}; it covers nothing any more: ${data.useless}`],
        ['Asked by', data.requestedBy === actor ? `${data.requestedBy} (you)` : data.requestedBy],
        ['For', `${data.app}/${data.environment}`],
        ['Session', data.session === null ? null : <a key='s' href={linkTo(['sessions', data.session])}>{data.session}</a>],
        ['Held by rule', <span key='r'>{data.rule}: <Foreign text={data.reason} /></span>],
        ['Files', data.targets.length === 0 ? null : <ul key='f'>{data.targets.map(({ path, class: name, access }) => <li key={`${access} ${path}`}><Foreign text={path} /> <span class='quiet'>{name}, {access}</span></li>)}</ul>],
        ['Programs', data.programs === undefined || data.programs.length === 0 ? null : <ul key='c'>{data.programs.map((words, place) => <li key={place}><code><Foreign text={words.join(' ')} /></code></li>)}</ul>],
        ['Expires', <Time key='e' at={data.expiresAtMs} />],
        ['Answered by', data.by],
        ['Note', data.note === null ? null : <Foreign key='n' text={data.note} />],
      ]}
      />
      {data.command === null ? null : <Command text={data.command} programs={data.programs ?? []} targets={data.targets} />}
      {data.diff === null ? null : <><h3>What it changes</h3><Diff text={data.diff} /></>}
      {data.diff === null && data.call?.whole === true ? <Edit text={data.call.text} /> : null}
      {data.call === null ? null : <details open={data.diff === null}><summary>The call</summary><pre class='code' tabIndex={0}><Foreign text={readable(data.call.text)} /></pre>{data.call.whole ? null : <p class='quiet'>Cut: the call is longer than what is kept to be shown.</p>}</details>}
      {data.state === 'waiting' ? <Answer id={id} by={data.requestedBy} isOwn={data.requestedBy === actor} onSaid={() => { reload(); onSaid() }} /> : null}
    </article>
  )
}

/** What the call puts into a file, as far as its arguments say it. */
function Edit ({ text }: { readonly text: string }): VNode | null {
  const patch = patchOf(text)
  return patch === null ? null : <><h3>What it writes</h3><Diff text={patch} /></>
}

// Arguments come as JSON in one line.
function readable (text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function Answer ({ id, by, isOwn, onSaid }: { readonly id: string, readonly by: string, readonly isOwn: boolean, readonly onSaid: () => void }): VNode {
  const [error, setError] = useState<unknown>(null)
  const [isSending, setSending] = useState(false)
  const [scope, setScope] = useState('once')
  const reason = useRef<HTMLTextAreaElement>(null)
  const say = (word: 'approve' | 'deny', body: object): void => {
    setSending(true)
    setError(null)
    post(`/approvals/${encodeURIComponent(id)}/${word}`, body).then(onSaid, setError).finally(() => { setSending(false) })
  }
  const approve = (): void => { say('approve', { scope }) }
  const deny = (): void => {
    const text = reason.current?.value.trim() ?? ''
    if (text === '') reason.current?.focus()
    else say('deny', { reason: text })
  }
  useKeys({ a: () => { if (!isSending) approve() }, d: () => { reason.current?.focus() } })
  return (
    <div class='answer'>
      {isOwn ? <p class='quiet'>You asked for this yourself: as a rule somebody else has to answer (four eyes). Whether you may is for policy to say.</p> : null}
      <label>It passes<select value={scope} onChange={({ currentTarget }) => { setScope(currentTarget.value) }}><option value='once'>once</option><option value='session'>as long as this session runs</option></select></label>
      <button type='button' class='primary' disabled={isSending} onClick={approve}>Approve</button>
      <label>Reason, which the agent reads<textarea ref={reason} rows={2} maxLength={1000} /></label>
      <button type='button' disabled={isSending} onClick={deny}>Deny</button>
      {error === null ? null : <Problem error={error} />}
      {isOwn && error instanceof ApiError && error.status === 403 ? <p class='quiet'>Four eyes: {by} asked for this call, so {by} is not the one to answer it. Somebody else whose role may approve here has to: it waits for them in this queue until it expires, which denies it. Their word is asked of the same policy, and both of you stand in the ledger.</p> : null}
    </div>
  )
}

/** Keys of the view, when nobody types. */
function useKeys (keys: Readonly<Record<string, () => void>>): void {
  const current = useRef(keys)
  current.current = keys
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select')
      if (isTyping || event.metaKey || event.ctrlKey || event.altKey) return
      const act = Object.hasOwn(current.current, event.key) ? current.current[event.key] : undefined
      if (act === undefined) return
      event.preventDefault()
      act()
    }
    addEventListener('keydown', pressed)
    return () => { removeEventListener('keydown', pressed) }
  }, [])
}
