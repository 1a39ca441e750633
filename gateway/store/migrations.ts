import { expiringLedger } from './expire-rows.ts'
import { ledgerTerms } from './ledger-terms.ts'
import { partitionedLedger } from './partitioned-ledger.ts'
import { placesOfSessions } from './session-places.ts'

/** One step of the schema. Applied once, in order; a published one is never changed. */
export interface Migration { readonly id: number, readonly name: string, readonly sql: string }

// `json` text of the journal is stored as jsonb: member order and number spelling may differ, so hashes are the journal's.
export const MIGRATIONS: readonly Migration[] = [
  {
    id: 1,
    name: 'ledger and mirror cursor',
    sql: `
      CREATE TABLE ledger (
        index bigint PRIMARY KEY,
        time bigint NOT NULL,
        kind text NOT NULL,
        name text,
        plane text,
        actor text,
        app text,
        environment text,
        session text,
        verdict text,
        rule text,
        revision text,
        tool text,
        of_index bigint,
        status text,
        entry jsonb NOT NULL
      );
      CREATE INDEX ledger_time ON ledger (time);
      CREATE INDEX ledger_actor ON ledger (actor, index);
      CREATE INDEX ledger_session ON ledger (session, index);
      CREATE INDEX ledger_rule ON ledger (rule, index) WHERE rule IS NOT NULL;
      CREATE INDEX ledger_of ON ledger (of_index) WHERE of_index IS NOT NULL;
      CREATE INDEX ledger_usage ON ledger (time) WHERE kind = 'outcome' AND entry -> 'detail' ? 'usage';
      CREATE TABLE mirror_cursor (
        id integer PRIMARY KEY CHECK (id = 1),
        next bigint NOT NULL,
        head text NOT NULL
      );
      INSERT INTO mirror_cursor (id, next, head) VALUES (1, 0, repeat('0', 64));
    `,
  },
  {
    id: 2,
    name: 'request ids',
    sql: `
      ALTER TABLE ledger ADD COLUMN request text;
      CREATE INDEX ledger_request ON ledger (request) WHERE request IS NOT NULL;
    `,
  },
  { id: 3, name: 'ledger by environment and month, rows that stay as they are', sql: partitionedLedger },
  { id: 4, name: 'index of words and path classes', sql: ledgerTerms },
  { id: 5, name: 'rows that expire', sql: expiringLedger },
  { id: 6, name: 'environments and months of sessions', sql: placesOfSessions },
]

const LOCK = 0x77656972 // "weir": any constant will do, as long as every gateway takes the same

/** One migration as one transaction that does nothing when another gateway was faster. */
export function migrationScript ({ id, name, sql }: Migration): string {
  return `
    SELECT pg_advisory_xact_lock(${LOCK});
    DO $weir$ BEGIN
      IF NOT EXISTS (SELECT 1 FROM weir_migrations WHERE id = ${id}) THEN
        ${sql}
        INSERT INTO weir_migrations (id, name) VALUES (${id}, '${name}');
      END IF;
    END $weir$;
  `
}
