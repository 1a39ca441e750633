import type { VNode } from 'preact'
import type { LedgerEntry } from '../../../core/ledger-entry.ts'
import { get } from '../api.ts'
import type { ViewProps } from '../app.tsx'
import { lineOf } from '../entry-text.ts'
import { Empty, Foreign, Loading, Problem, Time, VerdictMark } from '../parts/shown.tsx'
import { goTo, linkTo } from '../router.ts'
import { useResource } from '../use-resource.ts'

export interface AuditPage { readonly entries: readonly LedgerEntry[], readonly nextCursor: number | null, readonly head: { readonly index: number }, readonly mirrored: number }

const PAGE = 100
const FIELDS = ['env', 'kind', 'verdict', 'actor', 'app', 'session', 'rule', 'since', 'until', 'before'] as const
const CHOICES: Readonly<Record<string, readonly string[]>> = { env: ['DEV', 'TEST', 'PROD'], kind: ['decision', 'outcome', 'event'], verdict: ['allow', 'pending', 'deny'] }
const HINTS: Readonly<Record<string, string>> = { since: '12h, or 2026-11-20', until: 'the same', rule: 'package.rule', actor: 'name@example.org' }
const TITLES: Readonly<Record<string, string>> = { env: 'Environment' }

export function Audit ({ place: { query } }: ViewProps): VNode {
  const wanted = Object.fromEntries(FIELDS.map((name) => [name, query.get(name) ?? undefined]))
  const { data, error, isLoading, reload } = useResource(query.toString(), () => get<AuditPage>('/audit', { ...wanted, limit: PAGE }))
  const csv = data === null ? null : data.entries
  return (
    <section class='grow' aria-labelledby='audit-title'>
      <h1 id='audit-title'>Ledger</h1>
      <Filters key={query.toString()} wanted={wanted} />
      {error === null ? null : <Problem error={error} onRetry={reload} />}
      {data === null && isLoading ? <Loading /> : null}
      {data?.entries.length === 0 ? <Empty title='No entry matches'>Widen the filter, or look at <a href={linkTo(['audit'])}>the newest entries</a>. What policy does not show you is not found either.</Empty> : null}
      {data !== null && data.entries.length > 0 ? <Entries entries={data.entries} /> : null}
      {data === null
        ? null
        : (
          <p class='pager'>
            {data.nextCursor === null ? null : <a class='button' href={linkTo(['audit'], { ...wanted, before: String(data.nextCursor) })}>Older</a>}
            {csv === null ? null : <Download entries={csv} />}
            <span class='quiet'>{data.head.index + 1} entries in the ledger{data.mirrored < data.head.index ? `; searched up to ${data.mirrored}` : ''}</span>
          </p>
          )}
    </section>
  )
}

function Filters ({ wanted }: { readonly wanted: Readonly<Record<string, string | undefined>> }): VNode {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget
    if (!(form instanceof HTMLFormElement)) return
    const given = [...new FormData(form)].map(([name, value]) => [name, String(value).trim()] as const)
    goTo(linkTo(['audit'], Object.fromEntries(given)))
  }
  return (
    <form class='filters' onSubmit={submit} role='search' aria-label='Ledger'>
      {FIELDS.filter((name) => name !== 'before').map((name) => {
        const choices = CHOICES[name]
        const title = TITLES[name] ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`
        return (
          <label key={name}>{title}{choices === undefined
            ? <input name={name} value={wanted[name] ?? ''} placeholder={HINTS[name] ?? ''} maxLength={256} />
            : <select name={name} value={wanted[name] ?? ''}><option value=''>any</option>{choices.map((choice) => <option key={choice}>{choice}</option>)}</select>}
          </label>
        )
      })}
      <button type='submit'>Search</button>
    </form>
  )
}

export function Entries ({ entries }: { readonly entries: readonly LedgerEntry[] }): VNode {
  return (
    <div class='scroll'>
      <table>
        <thead><tr><th class='number'>Index</th><th>Time</th><th>Verdict</th><th>Actor</th><th>Environment</th><th>What</th><th>Rule or event</th></tr></thead>
        <tbody>{entries.map((entry) => {
          const { verdict, what, about, actor, environment } = lineOf(entry)
          return (
            <tr key={entry.index}>
              <td class='number'><a href={linkTo(['audit', String(entry.index)])}>{entry.index}</a></td>
              <td><Time at={entry.time} /></td>
              <td>{verdict === null ? <span class='quiet'>{entry.kind}</span> : <VerdictMark verdict={verdict} />}</td>
              <td>{actor}</td><td>{environment}</td><td class='what'><Foreign text={what} /></td><td>{about}</td>
            </tr>
          )
        })}
        </tbody>
      </table>
    </div>
  )
}

// Made here: an address that answers with a file could be linked to from elsewhere.
function Download ({ entries }: { readonly entries: readonly LedgerEntry[] }): VNode {
  const save = (): void => {
    const url = URL.createObjectURL(new Blob(entries.map((entry) => `${JSON.stringify(entry)}\n`), { type: 'application/x-ndjson' }))
    const link = document.createElement('a')
    link.href = url
    link.download = 'ledger.jsonl'
    link.click()
    URL.revokeObjectURL(url)
  }
  return <button type='button' onClick={save}>Save these as JSON lines</button>
}
