import type { Environment } from '../core/actor.ts'
import type { ServiceAccount } from '../identity/service-account.ts'
import type { RoleCell } from '../policy/roles/explain-role.ts'
import { aligned } from './aligned.ts'
import { printable } from './entry-format.ts'

const COLUMNS = ['may', 'in', 'gets', 'rule', 'data']

export interface ExplainedRole {
  readonly actor: string | null
  readonly role: string
  /** What makes it the actor's role, when a token does not name it. */
  readonly by: string | null
  readonly description: string
  readonly cells: readonly RoleCell[]
}

/** One role for people: a row per permission and environment. What nobody gets by default (to approve, to promote) is shown where it is given. */
export function roleTable ({ actor, role, by, description, cells }: ExplainedRole): string {
  const shown = cells.filter(({ ability, gets }) => gets !== 'nothing' || !(ability === 'promote' || ability.startsWith('approve ')))
  const rows = shown.map((cell) => [cell.ability, cell.environment, cell.gets, cell.rule, dataText(cell)])
  return [
    `${printable(actor === null ? `role ${role}` : `${actor}: role ${role}`)}${description === '' ? '' : ` (${printable(description)})`}\n`,
    ...by === null ? [] : [`by ${printable(by)}\n`],
    ...aligned([COLUMNS, ...rows], COLUMNS.length),
  ].join('')
}

function dataText ({ data, given, dataAt }: RoleCell): string {
  const place = dataAt === null ? '' : `${dataAt.file}:${dataAt.row} `
  return given ? `${place}${data.replace('weir/data/', '')}` : `${place}no ${data.replace('weir/data/', '')}`
}

/** The roles of a policy for people, one a line. */
export function roleList (rows: ReadonlyArray<{ readonly role: string, readonly description: string, readonly starts: readonly Environment[] }>): string {
  return aligned([['role', 'starts in', 'description'], ...rows.map(({ role, starts, description }) => [role, starts.length === 0 ? 'nowhere' : starts.join(','), description])], 3).join('')
}

/** Service accounts for people, one a line. */
export function serviceList (accounts: readonly ServiceAccount[]): string {
  const rows = accounts.map(({ actor, role, app, environment, tokens, untilMs }) => [actor, role ?? '(none)', app ?? '', environment ?? '', String(tokens), new Date(untilMs).toISOString()])
  return aligned([['service account', 'role', 'app', 'in', 'tokens', 'until'], ...rows], 6).join('')
}
