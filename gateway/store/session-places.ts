import type { Store } from './store.ts'

/** Where the entries of a session are. Times from the start of its first month to the end of its last one, Unix milliseconds. */
export interface SessionPlaces {
  /** Null when some are of no environment. */
  readonly environments: readonly string[] | null
  readonly sinceMs: number
  readonly untilMs: number
}

const PLACES = `
  SELECT array_agg(DISTINCT environment) AS environments, min(month)::float8 AS since, weir_month_start(max(month) + 32 * 86400000::bigint)::float8 AS until
  FROM ledger_sessions WHERE session = $1`

/** Null for a session that has no entry. @throws GatewayError WEIR_ERR_STORE */
export async function sessionPlaces (store: Store, session: string): Promise<SessionPlaces | null> {
  const [row] = await store.query(PLACES, [session])
  if (row === undefined || !Array.isArray(row['environments'])) return null
  const environments = row['environments'].map(String)
  return { environments: environments.includes('') ? null : environments, sinceMs: Number(row['since']), untilMs: Number(row['until']) }
}

/**
 * The sixth step of the schema: the environments and months in which a session has entries, so that a question about one is put to their tables and no
 * others. To plan it over the tables of a year took longer than to answer it, and a tenth of a second of a connection that had not seen them before.
 *
 * A trigger with the owner's rights fills it, in the transaction of the entries: the role of a gateway needs no grant to add to it, and who reads the
 * whole ledger reads it too. The function of the step before is as it was, and has the sessions of a table go with it.
 */
export const placesOfSessions = `
        CREATE TABLE ledger_sessions (session text NOT NULL, environment text NOT NULL, month bigint NOT NULL, PRIMARY KEY (session, environment, month));
        INSERT INTO ledger_sessions SELECT DISTINCT session, coalesce(environment, ''), weir_month_start(day * 86400000)
          FROM (SELECT DISTINCT session, environment, time / 86400000 AS day FROM ledger WHERE session IS NOT NULL) AS days;

        CREATE FUNCTION weir_ledger_sessions () RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $sessions$
        BEGIN
          INSERT INTO ledger_sessions SELECT DISTINCT session, coalesce(environment, ''), weir_month_start(time) FROM added WHERE session IS NOT NULL ON CONFLICT DO NOTHING;
          RETURN NULL;
        END $sessions$;
        CREATE TRIGGER ledger_sessions AFTER INSERT ON ledger REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION weir_ledger_sessions();

        DECLARE
          reader text;
        BEGIN
          FOR reader IN SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END FROM pg_class, aclexplode(relacl) WHERE oid = 'ledger'::regclass AND privilege_type = 'SELECT' LOOP
            EXECUTE format('GRANT SELECT ON ledger_sessions TO %s', reader);
          END LOOP;
        END;

        CREATE OR REPLACE FUNCTION weir_ledger_expire (of_segment bigint, indexes jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $expire$
        DECLARE
          upto bigint;
          of_month text;
          is_empty boolean;
        BEGIN
          SELECT max((entry #>> '{detail,last}')::bigint) INTO upto FROM ledger
            WHERE name = 'entries-expired' AND kind = 'event' AND (entry #>> '{detail,segment}')::bigint = of_segment;
          IF upto IS NULL THEN
            RAISE EXCEPTION 'No entry of the ledger says that these expired.' USING ERRCODE = 'insufficient_privilege';
          END IF;
          PERFORM set_config('weir.expiring', 'on', true);
          DELETE FROM ledger WHERE index BETWEEN of_segment AND upto AND kind IN ('decision', 'outcome')
            AND index IN (SELECT value::bigint FROM jsonb_array_elements_text(indexes));
          PERFORM set_config('weir.expiring', 'off', true);
          FOR of_month IN SELECT relid::regclass::text FROM pg_partition_tree('ledger') WHERE isleaf
            AND right(relid::regclass::text, 7) < to_char(now() AT TIME ZONE 'UTC' - interval '1 month', 'YYYY_MM') LOOP
            EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', of_month) INTO is_empty;
            CONTINUE WHEN NOT is_empty;
            EXECUTE format('DROP TABLE %s', of_month);
            DELETE FROM ledger_sessions WHERE of_month =
              'ledger_' || CASE WHEN environment IN ('DEV', 'TEST', 'PROD') THEN lower(environment) ELSE 'none' END || to_char(to_timestamp(month / 1000) AT TIME ZONE 'UTC', '_YYYY_MM');
          END LOOP;
        END $expire$;
`
