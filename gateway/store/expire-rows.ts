import { GatewayError } from '../core/errors.ts'
import type { Store } from './store.ts'

const MAX_ROWS = 10_000 // of one statement

/**
 * Deletes the rows of entries that expired. The database does it only for decisions and outcomes of a segment of which an entry that it holds says so.
 *
 * @param segment first index of the segment @throws GatewayError WEIR_ERR_STORE
 */
export async function expireRows (store: Store, segment: number, indexes: readonly number[]): Promise<void> {
  for (let from = 0; from < indexes.length; from += MAX_ROWS) {
    await store.query('SELECT weir_ledger_expire($1::bigint, $2::text::jsonb)', [String(segment), JSON.stringify(indexes.slice(from, from + MAX_ROWS))])
  }
}

/**
 * Asked before anything goes: a journal without what the store still shows would be neither kept nor expired.
 *
 * @throws GatewayError WEIR_ERR_STORE, which says what to grant, when the role of this gateway may not have rows expire
 */
export async function assertMayExpireRows (store: Store): Promise<void> {
  const [row] = await store.query('SELECT current_user AS role, has_function_privilege(\'weir_ledger_expire(bigint, jsonb)\', \'EXECUTE\') AS may')
  if (row?.['may'] === true) return
  throw new GatewayError('WEIR_ERR_STORE', `Nothing expires: the database role ${String(row?.['role'])} may not have rows expire. Run as the owner of the tables: GRANT EXECUTE ON FUNCTION weir_ledger_expire(bigint, jsonb) TO ${String(row?.['role'])}`)
}

/**
 * The fifth step of the schema: the one way in which a row may go. The function runs with the owner's rights, so that the role of a gateway needs none to
 * delete; the setting it makes ends with its transaction. The setting is a mark, not a guard: who may delete from the tables can make it as well (docs/store.md). A month's table goes
 * when nothing is left in it.
 */
export const expiringLedger = `
        CREATE OR REPLACE FUNCTION weir_ledger_refuse () RETURNS trigger LANGUAGE plpgsql AS $refuse$
        BEGIN
          IF TG_OP = 'DELETE' AND current_setting('weir.expiring', true) = 'on' THEN RETURN OLD; END IF;
          RAISE EXCEPTION 'An entry of the ledger stays as it is.' USING ERRCODE = 'insufficient_privilege';
        END $refuse$;
        CREATE INDEX ledger_expiries ON ledger (index) WHERE name = 'entries-expired';

        CREATE FUNCTION weir_ledger_expire (of_segment bigint, indexes jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $expire$
        DECLARE
          upto bigint;
          of_month regclass;
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
          FOR of_month IN SELECT relid FROM pg_partition_tree('ledger') WHERE isleaf
            AND right(relid::regclass::text, 7) < to_char(now() AT TIME ZONE 'UTC' - interval '1 month', 'YYYY_MM') LOOP
            EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', of_month) INTO is_empty;
            IF is_empty THEN EXECUTE format('DROP TABLE %s', of_month); END IF;
          END LOOP;
        END $expire$;
        REVOKE EXECUTE ON FUNCTION weir_ledger_expire FROM PUBLIC;
`
