import { WORD_LIMITS } from '../ledger/entry-words.ts'

const TARGETS = 'CASE WHEN jsonb_typeof(entry #> \'{input,targets}\') = \'array\' THEN entry #> \'{input,targets}\' ELSE \'[]\'::jsonb END'

/**
 * The fourth step of the schema: an index of the words in a decision's reason and paths, and of the classes of these paths (`class:secret`; no word has a
 * colon). Words as `wordsOfEntry` has them rather than as a text search configuration would, so that the journal and every database find the same,
 * whatever their locale; and bounded, because an index refuses a row whose word is too long.
 */
export const ledgerTerms = `
        CREATE FUNCTION weir_terms (entry jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN (
          SELECT coalesce(array_agg(DISTINCT term), '{}')
          FROM (
            SELECT left(word, ${WORD_LIMITS.word}) AS term
            FROM regexp_split_to_table(translate(left(
              coalesce(entry #>> '{decision,reason}', '') || ' ' ||
                coalesce((SELECT string_agg(target ->> 'path', ' ' ORDER BY place) FROM jsonb_array_elements(${TARGETS}) WITH ORDINALITY AS targets (target, place)), ''),
              ${WORD_LIMITS.entry}), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), '[\\u0001-/:-\`{-\\u007f]+') AS word
            WHERE word <> ''
            UNION ALL
            SELECT left('class:' || (target ->> 'class'), ${WORD_LIMITS.word}) FROM jsonb_array_elements(${TARGETS}) AS target WHERE target ->> 'class' IS NOT NULL
          ) AS terms
        );
        CREATE INDEX ledger_terms ON ledger USING gin (weir_terms(entry)) WHERE kind = 'decision';
`
