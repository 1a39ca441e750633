import { GatewayError } from '../../core/errors.ts'
import { isName } from '../credential.ts'

const MAX_OPERATIONS = 1_000 // a directory moves whole departments at once

/** What a directory wants of a user; null where it says nothing of it. */
export interface UserChange { readonly active: boolean | null }

/** Who leaves a group: these members, or all there are. */
export type MembersLeft = readonly string[] | 'all'

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads a SCIM PATCH of a user (RFC 7644, 3.5.2). Only `active` matters here; what else a directory keeps of a person is passed over.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED
 */
export function readUserPatch (body: unknown): UserChange {
  let active: boolean | null = null
  for (const { op, path, value } of operationsOf(body)) {
    const said = path === 'active' ? value : path === null && isFields(value) ? value['active'] : undefined
    if (said === undefined) continue
    // What takes the account's state away leaves none that lets anybody in.
    active = op === 'remove' ? false : flagOf(said)
  }
  return { active }
}

/** The same of a whole user. @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
export function readUser (body: unknown): UserChange & { readonly userName: string | null } {
  const { active, userName } = fieldsOf(body)
  if (userName !== undefined && !isName(userName)) throw malformed('userName is not a name.')
  return { active: active === undefined ? null : flagOf(active), userName: userName ?? null }
}

/**
 * Reads who leaves by a PATCH of a group. Who joins is told by the identity provider with the next token.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED also for `replace`: who was a member is not known here
 */
export function readGroupPatch (body: unknown): MembersLeft {
  const left: string[] = []
  for (const { op, path, value } of operationsOf(body)) {
    const named = path === null ? null : /^members\[value eq "((?:[^"\\]|\\["\\])*)"\]$/i.exec(path)?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? null
    const isMembers = path?.toLowerCase() === 'members' || (path === null && isFields(value) && 'members' in value)
    if (named === null && !isMembers) continue
    if (op === 'replace') throw malformed('Members of a group cannot be replaced here, only removed: who they were is not known.')
    if (op !== 'remove') continue
    if (named === null && value === undefined) return 'all'
    left.push(...named === null ? membersOf(isFields(value) && !Array.isArray(value) ? value['members'] ?? [value] : value) : [nameOf(named)])
  }
  return left
}

/** The name that a list is asked for. @throws GatewayError WEIR_ERR_DECODE_MALFORMED for any filter but one of equality */
export function readFilter (filter: string | undefined): string | null {
  if (filter === undefined) return null
  const name = /^(?:userName|externalId|displayName) eq "((?:[^"\\]|\\["\\])*)"$/i.exec(filter)?.[1]?.replaceAll(/\\(["\\])/g, '$1')
  if (name === undefined) throw malformed('Only filters such as userName eq "alice" are answered.')
  return nameOf(name)
}

interface Operation { readonly op: string, readonly path: string | null, readonly value: unknown }

function operationsOf (body: unknown): readonly Operation[] {
  const operations = fieldsOf(body)['Operations']
  if (!Array.isArray(operations) || operations.length > MAX_OPERATIONS) throw malformed(`Operations is a list of at most ${MAX_OPERATIONS}.`)
  return operations.map((operation) => {
    const { op, path, value } = fieldsOf(operation)
    // Entra writes Replace.
    const name = typeof op === 'string' ? op.toLowerCase() : ''
    if (!['add', 'remove', 'replace'].includes(name) || (path !== undefined && typeof path !== 'string')) throw malformed('An operation is add, remove or replace, of a path.')
    return { op: name, path: path ?? null, value }
  })
}

function membersOf (value: unknown): readonly string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  return list.map((member) => nameOf(isFields(member) ? member['value'] : member))
}

// Entra writes "False".
function flagOf (value: unknown): boolean {
  const word = typeof value === 'string' ? value.toLowerCase() : value
  if (word === true || word === 'true') return true
  if (word === false || word === 'false') return false
  throw malformed('active is true or false.')
}

function nameOf (value: unknown): string {
  if (!isName(value)) throw malformed('A member is not a name.')
  return value
}

function fieldsOf (value: unknown): Fields {
  if (!isFields(value)) throw malformed('The body is not a SCIM resource.')
  return value
}

function isFields (value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed (message: string): GatewayError {
  return new GatewayError('WEIR_ERR_DECODE_MALFORMED', message)
}
