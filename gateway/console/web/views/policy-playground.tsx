import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { Decision } from '../../../core/decision.ts'
import { get, post } from '../api.ts'
import { Facts, Foreign, Json, Problem, VerdictMark } from '../parts/shown.tsx'
import { useResource } from '../use-resource.ts'
import type { AuditPage } from './audit.tsx'

/** Why a rule did not fire: the expression that did not hold, and what its names stood for. */
interface Blocked { readonly file: string, readonly row: number, readonly expression: string, readonly values: Readonly<Record<string, string>>, readonly within: readonly Blocked[] }
interface RuleOutcome { readonly rule: string, readonly set: string, readonly fired: boolean, readonly blocked: Blocked | null }
interface Explained { readonly rules: readonly RuleOutcome[], readonly unexplained: string | null }

const KIND = 'input.kind'

/** A question of one's own to the policy in force. It is recorded as asked, and nothing happens by it. */
export function Playground (): VNode {
  const [text, setText] = useState('')
  const [asked, setAsked] = useState<{ readonly input: unknown, readonly answer: Decision } | null>(null)
  const [error, setError] = useState<unknown>(null)
  const lastQuestion = (): void => {
    get<AuditPage>('/audit', { kind: 'decision', limit: 100 }).then(({ entries }) => {
      const found = entries.find((entry) => entry.kind === 'decision' && entry.input.kind === 'tool-call') ?? entries[0]
      if (found?.kind === 'decision') setText(JSON.stringify(found.input, null, 2))
    }, setError)
  }
  const ask = (): void => {
    setError(null)
    setAsked(null)
    const asking = async (): Promise<void> => {
      const input = JSON.parse(text) as unknown
      const answer = await post<{ readonly decision: Decision }>('/policy/evaluate', { input })
      if (answer !== undefined) setAsked({ input, answer: answer.decision })
    }
    asking().catch((thrown: unknown) => { setError(thrown) })
  }
  return (
    <details class='playground'>
      <summary>Playground: ask the policy a question</summary>
      <label>Input (JSON)<textarea class='code' rows={14} value={text} onInput={({ currentTarget }) => { setText(currentTarget.value) }} spellcheck={false} /></label>
      <p class='pager'><button type='button' onClick={lastQuestion}>Take the last tool call</button><button type='button' class='primary' onClick={ask} disabled={text.trim() === ''}>Ask</button></p>
      {error instanceof SyntaxError ? <p class='verdict deny'>That is not JSON: {error.message}</p> : error === null ? null : <Problem error={error} />}
      {asked === null
        ? null
        : (
          <div role='status'>
            <Facts of={[
              ['Verdict', <VerdictMark key='v' verdict={asked.answer.verdict} />],
              ['Rule', asked.answer.rule],
              ['Reason', <Foreign key='r' text={asked.answer.reason} />],
              ['Rules that fired besides', asked.answer.also.length === 0 ? null : asked.answer.also.join(', ')],
            ]}
            />
            <Why input={asked.input} />
            <details><summary>The whole answer</summary><Json value={asked.answer} /></details>
          </div>
          )}
    </details>
  )
}

/** Every rule by itself: which fired, and at which expression each of the others stopped. */
function Why ({ input }: { readonly input: unknown }): VNode {
  const { data, error, reload } = useResource(JSON.stringify(input), async () => await post<Explained>('/policy/explain', { input }))
  if (error !== null) return <Problem error={error} onRetry={reload} />
  if (data === null) return <p class='quiet'>Asking the rules one by one …</p>
  if (data === undefined || data.unexplained !== null) return <p class='quiet'>{data?.unexplained}</p>
  const fired = data.rules.filter((rule) => rule.fired)
  // Rules about other kinds of questions stop at their first line: they did not nearly fire.
  const nearly = data.rules.filter(({ fired: did, blocked }) => !did && !(blocked?.expression.startsWith(KIND) === true && KIND in blocked.values))
  return (
    <>
      <h3>Rules that fired</h3>
      <ul>{fired.map(({ rule, set }) => <li key={`${rule} ${set}`}>{rule} <span class='quiet'>{set}</span></li>)}</ul>
      <h3>Rules that nearly fired</h3>
      <ul>{nearly.map(({ rule, set, blocked }) => <li key={`${rule} ${set}`}>{rule} <span class='quiet'>{set}</span>{blocked === null ? null : <Stopped blocked={blocked} />}</li>)}</ul>
      <p class='quiet'>{data.rules.length - fired.length - nearly.length} rules are about other kinds of questions.</p>
    </>
  )
}

function Stopped ({ blocked: { file, row, expression, values, within } }: { readonly blocked: Blocked }): VNode {
  const saw = Object.entries(values).map(([name, value]) => `${name} is ${value}`).join(', ')
  return (
    <p class='stopped'>
      <code><Foreign text={expression} /></code> <span class='quiet'>{file}:{row}{saw === '' ? '' : <>; <Foreign text={saw} /></>}</span>
      {within.map((inner, place) => <Stopped key={place} blocked={inner} />)}
    </p>
  )
}
