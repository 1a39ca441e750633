import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { LedgerEntry } from '../../../core/ledger-entry.ts'
import { ApiError, get, getText } from '../api.ts'
import { lineOf } from '../entry-text.ts'
import { Empty, Facts, Foreign, Json, Loading, Problem, Time, VerdictMark } from '../parts/shown.tsx'
import { checkProof, type Checked } from '../proof.ts'
import { linkTo } from '../router.ts'
import { useResource } from '../use-resource.ts'
import { Entries, type AuditPage } from './audit.tsx'

export function Entry ({ index }: { readonly index: string }): VNode {
  const { data: text, error, isLoading, reload } = useResource(index, () => getText(`/audit/entries/${encodeURIComponent(index)}`))
  if (error instanceof ApiError && error.status === 404) return <Empty title={`Entry ${index} is not shown`}>{error.message} <a href={linkTo(['audit'])}>Newest entries</a></Empty>
  if (error !== null) return <Problem error={error} onRetry={reload} />
  if (text !== null) return <Shown text={text} />
  return isLoading ? <Loading /> : <Empty title={`Entry ${index}`} />
}

// What is shown is what was hashed: one text, from which both are made.
function Shown ({ text }: { readonly text: string }): VNode {
  const entry = JSON.parse(text) as LedgerEntry
  const { verdict, what, about, actor, app, environment, session } = lineOf(entry)
  return (
    <article>
      <h1>Entry {entry.index} {verdict === null ? null : <VerdictMark verdict={verdict} />}</h1>
      <p class='what large'><Foreign text={what} /></p>
      <Facts of={[
        ['Time', <Time key='t' at={entry.time} />],
        [entry.kind === 'decision' ? 'Rule' : 'Event', about],
        ['Actor', actor],
        ['App', app],
        ['Environment', environment],
        ['Session', session === null ? null : <a key='s' href={linkTo(['sessions', session])}>{session}</a>],
        ...entry.kind === 'decision' ? decisionFacts(entry) : [],
      ]}
      />
      <Proof index={entry.index} text={text} />
      {entry.kind === 'decision' && entry.request != null ? <Together request={entry.request} index={entry.index} /> : null}
      <h2>As recorded</h2>
      <Json value={entry} />
    </article>
  )
}

function decisionFacts ({ input, decision, approval }: Extract<LedgerEntry, { kind: 'decision' }>): ReadonlyArray<readonly [string, VNode | string | null]> {
  const { explanation } = decision
  return [
    ['Role', input.actor.role],
    ['Permission', input.permission],
    ['Reason', <Foreign key='r' text={decision.reason} />],
    ['The rule', explanation === undefined ? null : `${explanation.title}. ${explanation.description}`],
    ['What to do', explanation === undefined ? null : explanation.remedy],
    ['Other rules', decision.also.length === 0 ? null : decision.also.join(', ')],
    ['Paths', input.targets.length === 0 ? null : <ul key='p'>{input.targets.map(({ path, class: name, access }) => <li key={`${access} ${path}`}><Foreign text={path} /> <span class='quiet'>{name}, {access}</span></li>)}</ul>],
    ['Programs', input.command === null ? null : <ul key='c'>{input.command.programs.map((program, place) => <li key={place}><Foreign text={program.argv.join(' ')} /></li>)}</ul>],
    ['Approval', approval === null ? null : <a key='a' href={linkTo(['approvals'], { id: approval })}>{approval}</a>],
    ['Policy revision', decision.revision],
  ]
}

/** What belongs to the same request: the effect of this decision among it. */
function Together ({ request, index }: { readonly request: string, readonly index: number }): VNode | null {
  const { data } = useResource(request, () => get<AuditPage>('/audit', { request, order: 'oldest', limit: 50 }))
  const others = data?.entries.filter((entry) => entry.index !== index) ?? []
  return others.length === 0 ? null : <><h2>Of the same request</h2><Entries entries={others} /></>
}

type Proving = { readonly state: 'asked' } | { readonly state: 'holds', readonly checked: Checked } | { readonly state: 'fails', readonly error: unknown } | null

function Proof ({ index, text }: { readonly index: number, readonly text: string }): VNode {
  const [proving, setProving] = useState<Proving>(null)
  const [own, setOwn] = useState('')
  const check = (): void => {
    setProving({ state: 'asked' })
    const checking = async (): Promise<Checked> => {
      const [proof, key] = await Promise.all([getText(`/audit/proof/${index}`), own === '' ? getText('/audit/key') : own])
      return await checkProof(text, proof, key.trim())
    }
    checking().then((checked) => { setProving({ state: 'holds', checked }) }, (error: unknown) => { setProving({ state: 'fails', error }) })
  }
  return (
    <section aria-labelledby='proof-title'>
      <h2 id='proof-title'>Proof</h2>
      <p>That this entry is in the signed ledger, checked here in the browser.</p>
      <div class='filters'>
        <label>Verifier key of your own keeping<input value={own} onInput={({ currentTarget }) => { setOwn(currentTarget.value.trim()) }} placeholder='by default the one that this gateway names' spellcheck={false} /></label>
        <button type='button' onClick={check} disabled={proving?.state === 'asked'}>Check the proof</button>
      </div>
      <div role='status'>
        {proving?.state === 'holds'
          ? (
            <>
              <p class='verdict allow'><span aria-hidden='true'>✓</span> The proof holds{own === '' ? ', by the key that this gateway names' : ', by your key'}.</p>
              <Facts of={[['Entry', proving.checked.entryHash], ['Tree', `${proving.checked.size} entries, root ${proving.checked.root}`], ['Signed by', proving.checked.key]]} />
            </>
            )
          : null}
        {proving?.state === 'fails' ? <p class='verdict deny'><span aria-hidden='true'>✕</span> {proving.error instanceof Error ? proving.error.message : 'The proof does not hold.'}</p> : null}
      </div>
    </section>
  )
}
