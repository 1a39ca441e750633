import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { Decision, Verdict } from '../../../core/decision.ts'
import { get, post } from '../api.ts'
import type { ViewProps } from '../app.tsx'
import { Empty, Facts, Foreign, Json, Loading, Problem, VerdictMark } from '../parts/shown.tsx'
import { linkTo } from '../router.ts'
import { useResource } from '../use-resource.ts'
import type { AuditPage } from './audit.tsx'

interface RuleText { readonly id: string, readonly title: string, readonly description: string, readonly verdict: Verdict, readonly file: string, readonly row: number }
interface Shown { readonly revision: string, readonly rules: readonly RuleText[], readonly shadow: { readonly revision: string } | null }

export function Policy ({ place: { query } }: ViewProps): VNode {
  const { data, error, isLoading, reload } = useResource('policy', () => get<Shown>('/policy'))
  const [text, setText] = useState(query.get('search') ?? '')
  const wanted = text.toLowerCase()
  const rules = data?.rules.filter(({ id, title, description }) => `${id} ${title} ${description}`.toLowerCase().includes(wanted)) ?? []
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
            <h2>Rules</h2>
            <div class='filters'><label>Search<input type='search' value={text} onInput={({ currentTarget }) => { setText(currentTarget.value) }} /></label></div>
            {rules.length === 0 ? <Empty title='No rule matches' /> : null}
            <ul class='rules'>{rules.map((rule) => (
              <li key={rule.id}>
                <VerdictMark verdict={rule.verdict} /> <strong>{rule.title}</strong> <a class='quiet' href={linkTo(['audit'], { rule: rule.id })} title='Decisions of this rule'>{rule.id}</a>
                <p>{rule.description}</p>
                <p class='quiet'>{rule.file}:{rule.row}</p>
              </li>
            ))}
            </ul>
          </>
          )}
    </section>
  )
}

/** A question of one's own to the policy in force. It is recorded as asked, and nothing happens by it. */
function Playground (): VNode {
  const [text, setText] = useState('')
  const [answer, setAnswer] = useState<Decision | null>(null)
  const [error, setError] = useState<unknown>(null)
  const lastQuestion = (): void => {
    get<AuditPage>('/audit', { kind: 'decision', limit: 100 }).then(({ entries }) => {
      const found = entries.find((entry) => entry.kind === 'decision' && entry.input.kind === 'tool-call') ?? entries[0]
      if (found?.kind === 'decision') setText(JSON.stringify(found.input, null, 2))
    }, setError)
  }
  const ask = (): void => {
    setError(null)
    setAnswer(null)
    const asking = async (): Promise<Decision | null> => (await post<{ readonly decision: Decision }>('/policy/evaluate', { input: JSON.parse(text) as unknown }))?.decision ?? null
    asking().then(setAnswer, (thrown: unknown) => { setError(thrown) })
  }
  return (
    <details class='playground'>
      <summary>Playground: ask the policy a question</summary>
      <label>Input (JSON)<textarea class='code' rows={14} value={text} onInput={({ currentTarget }) => { setText(currentTarget.value) }} spellcheck={false} /></label>
      <p class='pager'><button type='button' onClick={lastQuestion}>Take the last tool call</button><button type='button' class='primary' onClick={ask} disabled={text.trim() === ''}>Ask</button></p>
      {error instanceof SyntaxError ? <p class='verdict deny'>That is not JSON: {error.message}</p> : error === null ? null : <Problem error={error} />}
      {answer === null
        ? null
        : (
          <div role='status'>
            <Facts of={[
              ['Verdict', <VerdictMark key='v' verdict={answer.verdict} />],
              ['Rule', answer.rule],
              ['Reason', <Foreign key='r' text={answer.reason} />],
              ['Rules that fired besides', answer.also.length === 0 ? null : answer.also.join(', ')],
            ]}
            />
            <Json value={answer} />
          </div>
          )}
    </details>
  )
}
