import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { LedgerEntry } from '../../../core/ledger-entry.ts'
import { get } from '../api.ts'
import type { ViewProps } from '../app.tsx'
import { lineOf } from '../entry-text.ts'
import { Empty, Foreign, Loading, Problem, Time, VerdictMark } from '../parts/shown.tsx'
import { goTo, linkTo } from '../router.ts'
import { useResource } from '../use-resource.ts'

export interface AuditPage { readonly entries: readonly LedgerEntry[], readonly nextCursor: number | null, readonly head: { readonly index: number }, readonly mirrored: number }

const PAGE = 100
const FIELDS = ['env', 'kind', 'verdict', 'class', 'actor', 'app', 'session', 'rule', 'since', 'until', 'before'] as const
const ENVIRONMENTS = ['DEV', 'TEST', 'PROD'] as const
const CLASSES = ['source', 'test', 'docs', 'config', 'dependency', 'ci', 'policy', 'secret', 'generated', 'outside', 'unknown'] as const
const CHOICES: Readonly<Record<string, readonly string[]>> = { class: CLASSES, kind: ['decision', 'outcome', 'event'], verdict: ['allow', 'pending', 'deny'] }
const HINTS: Readonly<Record<string, string>> = { since: '12h, or 2026-11-20', until: 'the same', rule: 'package.rule', actor: 'name@example.org' }
const TITLES: Readonly<Record<string, string>> = { class: 'Path class' }

export function Audit ({ place: { query } }: ViewProps): VNode {
  const wanted = Object.fromEntries(FIELDS.map((name) => [name, query.get(name) ?? undefined]))
  const { data, error, isLoading, reload } = useResource(query.toString(), () => get<AuditPage>('/audit', { ...wanted, limit: PAGE }))
  return (
    <section class='grow' aria-labelledby='audit-title'>
      <h1 id='audit-title'>Ledger</h1>
      <Environments wanted={wanted} />
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
            <Download wanted={wanted} />
            <span class='quiet'>{data.head.index + 1} entries in the ledger{data.mirrored < data.head.index ? `; searched up to ${data.mirrored}` : ''}</span>
          </p>
          )}
    </section>
  )
}

/** What happened in DEV is not looked at beside what happened in PROD, unless somebody wants it so. */
function Environments ({ wanted }: { readonly wanted: Readonly<Record<string, string | undefined>> }): VNode {
  const link = (env: string | undefined, title: string): VNode => <a key={title} href={linkTo(['audit'], { ...wanted, before: undefined, env })} aria-current={wanted['env'] === env ? 'true' : undefined}>{title}</a>
  return <nav class='tabs' aria-label='Environment'>{link(undefined, 'All')}{ENVIRONMENTS.map((name) => link(name, name))}</nav>
}

function Filters ({ wanted }: { readonly wanted: Readonly<Record<string, string | undefined>> }): VNode {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget
    if (!(form instanceof HTMLFormElement)) return
    const given = [...new FormData(form)].map(([name, value]) => [name, String(value).trim()] as const)
    goTo(linkTo(['audit'], { env: wanted['env'], ...Object.fromEntries(given) }))
  }
  return (
    <form class='filters' onSubmit={submit} role='search' aria-label='Ledger'>
      {FIELDS.filter((name) => name !== 'before' && name !== 'env').map((name) => {
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

const FORMATS = ['JSON lines', 'CSV'] as const
type Format = typeof FORMATS[number]
const MOST_EXPORTED = 10_000
const EXPORT_PAGE = 1_000

// Made here: an address that answers with a file could be linked to from elsewhere.
function Download ({ wanted }: { readonly wanted: Readonly<Record<string, string | undefined>> }): VNode {
  const [state, setState] = useState<{ readonly said: string } | { readonly error: unknown } | null>(null)
  const save = (format: Format): void => {
    setState({ said: 'Exporting …' })
    const saving = async (): Promise<string> => {
      const { entries, isWhole } = await everyEntry(wanted)
      give(entries, format)
      return `${entries.length} entries exported${isWhole ? '' : ': the newest. For more use weir audit export'}.`
    }
    saving().then((said) => { setState({ said }) }, (error: unknown) => { setState({ error }) })
  }
  return (
    <>
      {FORMATS.map((format) => <button key={format} type='button' onClick={() => { save(format) }}>Export as {format}</button>)}
      <span role='status' class='quiet'>{state !== null && 'said' in state ? state.said : ''}</span>
      {state !== null && 'error' in state ? <Problem error={state.error} /> : null}
    </>
  )
}

async function everyEntry (wanted: Readonly<Record<string, string | undefined>>): Promise<{ readonly entries: readonly LedgerEntry[], readonly isWhole: boolean }> {
  const entries: LedgerEntry[] = []
  let before = wanted['before']
  while (entries.length < MOST_EXPORTED) {
    const page = await get<AuditPage>('/audit', { ...wanted, before, limit: EXPORT_PAGE })
    entries.push(...page.entries)
    if (page.nextCursor === null) return { entries, isWhole: true }
    before = String(page.nextCursor)
  }
  return { entries, isWhole: false }
}

function give (entries: readonly LedgerEntry[], format: Format): void {
  const parts = format === 'CSV' ? [CSV_HEAD, ...entries.map(csvOf)] : entries.map((entry) => `${JSON.stringify(entry)}\n`)
  const url = URL.createObjectURL(new Blob(parts, { type: format === 'CSV' ? 'text/csv' : 'application/x-ndjson' }))
  const link = document.createElement('a')
  link.href = url
  link.download = format === 'CSV' ? 'ledger.csv' : 'ledger.jsonl'
  link.click()
  URL.revokeObjectURL(url)
}

const CSV_HEAD = 'index,time,kind,verdict,rule_or_event,actor,app,environment,session,what\r\n'

function csvOf (entry: LedgerEntry): string {
  const { verdict, what, about, actor, app, environment, session } = lineOf(entry)
  return `${[String(entry.index), new Date(entry.time).toISOString(), entry.kind, verdict, about, actor, app, environment, session, what].map((cell) => csvCell(cell ?? '')).join(',')}\r\n`
}

// A table program takes what begins so for a formula, and what agents write is no formula.
function csvCell (text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
