import Type, { type Static } from 'typebox'
import { Errors } from 'typebox/value'
import type { ClassifyData } from '../classify/classify-data.ts'
import { ENVIRONMENTS } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import { PATH_CLASSES, PERMISSIONS } from '../core/tool-call.ts'

const closed = { additionalProperties: false }
const Words = Type.Array(Type.String())
// An object is looked up in one step, where a list is searched: 140 names cost a decision 5 µs.
const Names = Type.Record(Type.String(), Type.Literal(true))
const WordLists = Type.Array(Type.Array(Type.String(), { minItems: 1 }))
const Permission = Type.Enum([...PERMISSIONS])
const ClassName = Type.Enum([...PATH_CLASSES])
const Grant = Type.Enum(['allow', 'queue'])

const perPermission = Type.Object({
  review: Type.Optional(Grant), chat: Type.Optional(Grant), edit: Type.Optional(Grant), dependency: Type.Optional(Grant), publish: Type.Optional(Grant),
}, closed)

/** What is known of one program. Absent lists mean: every environment, any subcommand, nothing refused. */
const Program = Type.Object({
  environments: Type.Optional(Type.Array(Type.Enum([...ENVIRONMENTS]))),
  /** The first operand must be one of these. */
  subcommands: Type.Optional(Words),
  /** Options that may stand before the subcommand, alone or with a value. */
  leading: Type.Optional(Words),
  leading_values: Type.Optional(Words),
  /** Beginnings of arguments that are refused: anywhere, or before the first operand. */
  refuse: Type.Optional(Words),
  refuse_leading: Type.Optional(Words),
  /** Beginnings of arguments that are no options and refused all the same. */
  refuse_words: Type.Optional(Words),
}, closed)

const Schema = Type.Object({
  roles: Type.Record(Type.String(), Type.Object({ description: Type.String() }, closed)),
  grants: Type.Record(Type.String(), Type.Object({
    DEV: Type.Optional(perPermission), TEST: Type.Optional(perPermission), PROD: Type.Optional(perPermission),
  }, closed)),
  approvers: Type.Record(Type.String(), Type.Array(Permission)),
  paths: Type.Object({
    classes: Type.Array(Type.Object({ class: ClassName, globs: Words }, closed)),
    needs: Type.Record(Type.String(), Permission),
    scratch: Words,
    harmless: Words,
  }, closed),
  programs: Type.Object({
    known: Type.Record(Type.String(), Program),
    unknown: Type.Object({ DEV: Type.Enum(['queue', 'deny']), TEST: Type.Enum(['queue', 'deny']), PROD: Type.Enum(['queue', 'deny']) }, closed),
    directories: Words,
    forbidden: Names,
    network: Names,
    install: WordLists,
    publish: WordLists,
    readonly: WordLists,
  }, closed),
  natives: Type.Object({ allow: Words }, closed),
  models: Type.Record(Type.String(), Type.Record(Type.String(), Words)),
  /** Route classes a role may use: with everything in sight, or with its own things alone. */
  routes: Type.Record(Type.String(), Type.Object({ all: Words, own: Words }, closed)),
  urls: Type.Object({ schemes: Words, addresses: Words, hosts: Words }, closed),
  limits: Type.Object({ model_request_bytes: Type.Integer({ minimum: 0 }) }, closed),
})

/** The data that rules and classification read: everything below `weir/data` in the policy folder. */
export type PolicyData = Omit<Static<typeof Schema>, 'programs'> & ClassifyData & {
  readonly programs: Omit<Static<typeof Schema>['programs'], 'network'> & ClassifyData['programs']
}

/**
 * The policy data in a bundle's data document.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD naming the place, when data are missing or of the wrong shape
 */
export function policyData (document: Readonly<Record<string, unknown>>): PolicyData {
  const weir = document['weir']
  const raw: unknown = typeof weir === 'object' && weir !== null && 'data' in weir ? weir.data : null
  const first = Errors(Schema, raw)[0]
  if (first !== undefined) {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The policy data weir/data${first.instancePath} are not valid: ${first.message}.`)
  }
  const data = raw as Static<typeof Schema>
  const stranger = Object.keys(data.grants).find((role) => !Object.hasOwn(data.roles, role))
  if (stranger !== undefined) throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The policy data weir/data/grants name the role ${stranger}, which weir/data/roles do not.`)
  return deepFreeze({ ...data, path_classes: data.paths.classes, programs: { ...data.programs, network: Object.keys(data.programs.network) } })
}

function deepFreeze<T> (value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
