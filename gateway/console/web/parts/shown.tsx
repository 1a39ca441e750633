import type { ComponentChildren, VNode } from 'preact'
import type { Verdict } from '../../../core/decision.ts'
import { ApiError } from '../api.ts'

const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' })

/** A moment in the viewer's zone; the one that is recorded, UTC, on hover. */
export function Time ({ at }: { readonly at: number | string | null }): VNode {
  if (at === null) return <span class='quiet'>–</span>
  const moment = new Date(at)
  return <time dateTime={moment.toISOString()} title={moment.toISOString()}>{TIME.format(moment)}</time>
}

const SIGNS: Readonly<Record<Verdict, string>> = { allow: '✓', pending: '…', deny: '✕' }

/** In words and by a sign, since colour alone tells not everybody. */
export function VerdictMark ({ verdict }: { readonly verdict: Verdict }): VNode {
  return <span class={`verdict ${verdict}`}><span aria-hidden='true'>{SIGNS[verdict]}</span> {verdict}</span>
}

/** What went wrong, and what can be done. */
export function Problem ({ error, onRetry }: { readonly error: unknown, readonly onRetry?: () => void }): VNode {
  const [title, text] = words(error)
  return (
    <div class='problem' role='alert'>
      <strong>{title}</strong>
      <p>{text}</p>
      {onRetry === undefined ? null : <button type='button' onClick={onRetry}>Try again</button>}
    </div>
  )
}

function words (error: unknown): readonly [string, string] {
  // What a browser throws for a request that did not come through.
  if (error instanceof TypeError) return ['The gateway could not be reached', 'It may be restarting, or the connection is lost. What is shown was true a moment ago.']
  if (!(error instanceof ApiError)) return ['That did not work', error instanceof Error ? error.message : 'The reason is not known.']
  const because = error.rule === null ? error.message : `${error.message} (rule ${error.rule})`
  if (error.status === 401) return ['You are signed out', 'The session has ended. Reload the page to sign in again.']
  if (error.status === 403) return ['Policy does not let you', because]
  return ['That did not work', because]
}

export function Empty ({ title, children }: { readonly title: string, readonly children?: ComponentChildren }): VNode {
  return <div class='empty'><strong>{title}</strong><p>{children}</p></div>
}

export function Loading (): VNode {
  return <p class='quiet' role='status'>Loading …</p>
}

/** Names and values, one line each. Values that are null are left out. */
export function Facts ({ of }: { readonly of: ReadonlyArray<readonly [string, ComponentChildren]> }): VNode {
  return <dl class='facts'>{of.map(([name, value]) => value === null || value === undefined ? null : <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
}

export function Json ({ value }: { readonly value: unknown }): VNode {
  return <pre class='code' tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
}

/** Text of an agent or a model, with what would turn or hide it made visible. */
export function Foreign ({ text }: { readonly text: string }): VNode {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return <bdi class='foreign'>{text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)}</bdi>
}
