import type { LedgerEntry } from '../core/ledger-entry.ts'
import { ofDecision, type EntryAbout } from '../ledger/entry-about.ts'
import { PAGE_ENTRIES, type EntryFilter } from '../ledger/entry-filter.ts'
import { wordsOfSearch } from '../ledger/entry-words.ts'
import { sessionPlaces, type SessionPlaces } from './session-places.ts'
import type { Row, Store } from './store.ts'

/** Entries as the store has them: the same JSON as the journal's, member order aside. */
export interface AuditPage {
  readonly entries: readonly LedgerEntry[]
  /** What is known of the decision behind each entry that is an outcome, in the order of `entries`. */
  readonly decisions: ReadonlyArray<EntryAbout | null>
  /** Cursor of the next page in the same order, null at the end. */
  readonly nextCursor: number | null
}

/**
 * One page of entries. An outcome is found by the actor, app, environment, session and request of its decision.
 *
 * @throws GatewayError WEIR_ERR_STORE
 */
export async function auditQuery (store: Store, filter: EntryFilter): Promise<AuditPage> {
  const limit = Math.min(Math.max(filter.limit ?? PAGE_ENTRIES.usual, 1), PAGE_ENTRIES.most)
  const places = filter.session === undefined ? undefined : await sessionPlaces(store, filter.session)
  if (places === null) return { entries: [], decisions: [], nextCursor: null }
  const { where, params } = conditions(filter, places)
  const direction = filter.order === 'oldest' ? 'ASC' : 'DESC'
  const rows = await store.query(`SELECT entry, actor, app, environment, session, request FROM ledger ${where} ORDER BY index ${direction} LIMIT ${limit + 1}`, params)
  const shown = rows.slice(0, limit)
  const entries = shown.map(entryOf)
  return { entries, decisions: shown.map(decisionOf), nextCursor: rows.length > limit ? entries.at(-1)?.index ?? null : null }
}

// As the index has it, which is of decisions alone.
const TERMS = 'kind = \'decision\' AND weir_terms(entry)'

// What has no words to look for finds nothing, and no word is a colon.
function searched (text: string): string {
  return wordsOfSearch(text)?.join(' ') ?? ':'
}

// Column names and operators come from here alone; only values come from the caller.
function conditions (filter: EntryFilter, places: SessionPlaces | undefined): { where: string, params: readonly unknown[] } {
  const wanted: readonly (readonly [string, string | number | undefined])[] = [
    ['environment = ?', filter.env], ['actor = ?', filter.actor], ['app = ?', filter.app], ['session = ?', filter.session], ['request = ?', filter.request],
    ['verdict = ?', filter.verdict], ['rule = ?', filter.rule], ['kind = ?', filter.kind],
    ['jsonb_path_match(entry, \'$.detail.keyId == $key || $.detail.attempts[*].keyId == $key\', jsonb_build_object(\'key\', ?::text), true)', filter.key],
    [`${TERMS} @> ARRAY['class:' || ?::text]`, filter.pathClass], [`${TERMS} @> string_to_array(?::text, ' ')`, filter.text === undefined ? undefined : searched(filter.text)],
    ['time >= ?::bigint', filter.sinceMs], ['time < ?::bigint', filter.untilMs],
    ['time >= ?::bigint', places?.sinceMs], ['time < ?::bigint', places?.untilMs], ['environment = ANY(string_to_array(?, \',\'))', places?.environments?.join()],
    ['index < ?::bigint', filter.before], ['index > ?::bigint', filter.after],
  ]
  const given = wanted.filter(([, value]) => value !== undefined)
  const clauses = given.map(([clause], place) => clause.replace('?', `$${place + 1}`))
  return { where: clauses.length === 0 ? '' : `WHERE ${clauses.join(' AND ')}`, params: given.map(([, value]) => String(value)) }
}

function entryOf (row: Row): LedgerEntry {
  return row['entry'] as LedgerEntry
}

function decisionOf (row: Row): EntryAbout | null {
  const text = (column: string): string | null => typeof row[column] === 'string' ? row[column] : null
  return entryOf(row).kind === 'outcome' ? ofDecision({ actor: text('actor'), app: text('app'), environment: text('environment'), session: text('session'), request: text('request') }) : null
}
