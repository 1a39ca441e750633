// The names of what each environment's entries are in; entries that are of none, such as a new policy, are in the last.
const ENVIRONMENT_TABLES = "ARRAY['ledger_dev', 'ledger_test', 'ledger_prod', 'ledger_none']"

/**
 * The third step of the schema: the ledger in one table for each environment and, below it, for each month of UTC, so that who
 * may read one environment needs no grant for another, and a month can go without touching a row. Triggers refuse to change
 * or delete rows, for the owner too. A month's tables are made by `weir_ledger_month`, with the rights of the owner, so that the
 * role of a gateway needs none but to add rows.
 *
 * Uniqueness of `index` holds within a month's table; over all of them it comes from the cursor, which every batch moves.
 */
export const partitionedLedger = `
        ALTER TABLE ledger RENAME TO ledger_flat;
        ALTER INDEX ledger_pkey RENAME TO ledger_flat_pkey;
        DROP INDEX ledger_time, ledger_actor, ledger_session, ledger_rule, ledger_of, ledger_usage, ledger_request;
        CREATE TABLE ledger (LIKE ledger_flat) PARTITION BY LIST (environment);
        CREATE TABLE ledger_dev PARTITION OF ledger FOR VALUES IN ('DEV') PARTITION BY RANGE (time);
        CREATE TABLE ledger_test PARTITION OF ledger FOR VALUES IN ('TEST') PARTITION BY RANGE (time);
        CREATE TABLE ledger_prod PARTITION OF ledger FOR VALUES IN ('PROD') PARTITION BY RANGE (time);
        CREATE TABLE ledger_none PARTITION OF ledger DEFAULT PARTITION BY RANGE (time);
        CREATE INDEX ledger_time ON ledger (time);
        CREATE INDEX ledger_actor ON ledger (actor, index);
        CREATE INDEX ledger_session ON ledger (session, index);
        CREATE INDEX ledger_rule ON ledger (rule, index) WHERE rule IS NOT NULL;
        CREATE INDEX ledger_of ON ledger (of_index) WHERE of_index IS NOT NULL;
        CREATE INDEX ledger_usage ON ledger (time) WHERE kind = 'outcome' AND entry -> 'detail' ? 'usage';
        CREATE INDEX ledger_request ON ledger (request) WHERE request IS NOT NULL;

        CREATE FUNCTION weir_ledger_refuse () RETURNS trigger LANGUAGE plpgsql AS $refuse$
        BEGIN
          RAISE EXCEPTION 'An entry of the ledger stays as it is.' USING ERRCODE = 'insufficient_privilege';
        END $refuse$;
        CREATE TRIGGER ledger_rows_stay BEFORE UPDATE OR DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION weir_ledger_refuse();

        CREATE FUNCTION weir_month_start (at_ms bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
        RETURN extract(epoch FROM date_trunc('month', to_timestamp(at_ms / 1000.0) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')::bigint * 1000;

        CREATE FUNCTION weir_ledger_month (at_ms bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $month$
        DECLARE
          first bigint := weir_month_start(at_ms);
          next bigint := weir_month_start(first + 32 * 86400000::bigint);
          of_environment text;
          of_month text;
        BEGIN
          FOREACH of_environment IN ARRAY ${ENVIRONMENT_TABLES} LOOP
            of_month := of_environment || to_char(to_timestamp(first / 1000) AT TIME ZONE 'UTC', '_YYYY_MM');
            CONTINUE WHEN to_regclass(of_month) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)', of_month, of_environment, first, next);
            EXECUTE format('CREATE UNIQUE INDEX ON %I (index)', of_month);
            EXECUTE format('CREATE TRIGGER ledger_stays BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION weir_ledger_refuse()', of_month);
          END LOOP;
        END $month$;
        REVOKE EXECUTE ON FUNCTION weir_ledger_month FROM PUBLIC;

        CREATE FUNCTION weir_ledger_forget () RETURNS void LANGUAGE plpgsql AS $forget$
        DECLARE
          of_month regclass;
        BEGIN
          FOR of_month IN SELECT relid FROM pg_partition_tree('ledger') WHERE isleaf LOOP
            EXECUTE format('DROP TABLE %s', of_month);
          END LOOP;
          UPDATE mirror_cursor SET next = 0, head = repeat('0', 64);
        END $forget$;
        REVOKE EXECUTE ON FUNCTION weir_ledger_forget FROM PUBLIC;

        PERFORM weir_ledger_month(month) FROM (SELECT DISTINCT weir_month_start(time) AS month FROM ledger_flat) AS months;
        INSERT INTO ledger SELECT * FROM ledger_flat ORDER BY index;
        DROP TABLE ledger_flat;
`
