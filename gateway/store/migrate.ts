import { GatewayError } from '../core/errors.ts'
import { migrationScript, MIGRATIONS } from './migrations.ts'
import type { Connection } from './store.ts'

/**
 * Brings a database to the schema of this version, one step after the other; does nothing to one that has it.
 *
 * @throws GatewayError WEIR_ERR_STORE when a newer version was here; the database's own error when a step fails
 */
export async function migrate (connection: Connection): Promise<void> {
  // Asked first: a role that may only add rows may not make tables, not even one that is there.
  const [made] = await connection.query('SELECT to_regclass(\'weir_migrations\') IS NOT NULL AS made', [])
  if (made?.['made'] !== true) await connection.script('CREATE TABLE IF NOT EXISTS weir_migrations (id integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())')
  const applied = (await connection.query('SELECT id FROM weir_migrations', [])).map((row) => Number(row['id']))
  const newer = applied.find((id) => !MIGRATIONS.some((migration) => migration.id === id))
  if (newer !== undefined) throw new GatewayError('WEIR_ERR_STORE', `The store has migration ${newer}, which this version does not know. Start the newer version.`)
  for (const migration of MIGRATIONS.filter(({ id }) => !applied.includes(id))) await connection.script(migrationScript(migration))
}
