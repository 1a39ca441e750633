import type { Static, TSchema } from 'typebox'
import { WEEKDAYS } from '../../core/circumstances.ts'
import { BUDGET_DIMENSIONS, BUDGET_MODES } from '../../core/budget.ts'
import { ENVIRONMENTS } from '../../core/actor.ts'
import { PRIVATE_RULES, type PrivateRuleName } from '../../core/finding.ts'
import { FLAG } from '../../core/obligations.ts'
import { Type } from '../../core/schema-type.ts'
import { PATH_CLASSES, PERMISSIONS } from '../../core/tool-call.ts'

/** What can be done with a request in which something was found. */
const OUTGOING_ACTIONS = ['block', 'redact', 'record'] as const

/** Whose sessions an observer may read. */
const OBSERVED = ['all', 'groups'] as const

const closed = { additionalProperties: false }
const BUDGET_NAME = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'
const NO_LIMIT = 'Default: no limit.'

const words = (description: string) => Type.Array(Type.String(), { description })
const someWords = (description: string) => Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description })
const wordLists = (description: string) => Type.Array(Type.Array(Type.String(), { minItems: 1 }), { description })
// An object is looked up in one step, where a list is searched: 140 names cost a decision 5 µs.
const names = (description: string) => Type.Record(Type.String(), Type.Literal(true), { description })
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema)
const perEnvironment = <T extends TSchema>(schema: T) => Type.Object({ DEV: optional(schema), TEST: optional(schema), PROD: optional(schema) }, closed)
const perRole = <T extends TSchema>(schema: T, description: string) => Type.Record(Type.String({ minLength: 1 }), schema, { description })

const permission = (description: string) => Type.Enum([...PERMISSIONS], { description })
const environments = (description: string) => Type.Array(Type.Enum([...ENVIRONMENTS]), { description })
const consent = (description: string) => Type.Enum(['allow', 'queue'], { description })
const limit = (description: string) => optional(Type.Number({ minimum: 0, description: `${description} ${NO_LIMIT}` }))
const minutes = (what: string) => optional(Type.Integer({ minimum: 0, maximum: 1440, description: `For ${what}. Default: 1440, the lifetime of a held call.` }))
const standing = (what: string) => optional(Type.Integer({ minimum: 0, maximum: 43_200, description: `For ${what}. Default: none, so that until is refused.` }))
const scopes = () => optional(Type.Array(Type.Enum(['session', 'until'], { description: 'session: the same call again in its session; until: the same call until a time, in any session of who asked.' }), { description: 'How far an approval may reach beyond one call. Default: not at all.' }))
const unknownProgram = (environment: string) => Type.Enum(['queue', 'deny'], { description: `Whether a program that is not listed waits for a second person in ${environment}, or is denied.` })

const Grants = Type.Object({
  review: optional(consent('Reading and explaining.')),
  chat: optional(consent('Asking models, fetching listed pages.')),
  edit: optional(consent('Changing files, running programs.')),
  dependency: optional(consent('Changing what the project depends on.')),
  publish: optional(consent('Changing pipelines and policy, making something visible outside.')),
}, { ...closed, description: 'A permission that is left out is not granted.' })

const Program = Type.Object({
  environments: optional(environments('Where it may run. Default: everywhere.')),
  subcommands: optional(words('The first operand must be one of these. Default: any.')),
  packages: optional(Type.Literal(true, { description: 'The first operand must be one of the list packages. Default: see subcommands.' })),
  leading: optional(words('Options that may stand before the subcommand. Default: none.')),
  leading_values: optional(words('The same for options that are followed by a value. Default: none.')),
  refuse: optional(words('Beginnings of options that are refused anywhere. Default: none.')),
  refuse_leading: optional(words('Beginnings of options that are refused before the first operand. Default: none.')),
  refuse_words: optional(words('Beginnings of arguments that are no options and refused all the same. Default: none.')),
  spare: optional(words('Whole options, without their values, that begin as a refused one and are not meant. Default: none.')),
}, { ...closed, description: 'What is known of one program, by its base name.' })

const Budget = Type.Object({
  per: optional(Type.Array(Type.Enum([...BUDGET_DIMENSIONS]), { uniqueItems: true, description: 'Each combination of these has an account of its own: "key" is the provider\'s stored key, "token" the caller\'s token, "model" is PROVIDER/MODEL. Default: one account for everybody.' })),
  match: optional(Type.Object({
    orgs: optional(someWords('Organisations.')),
    groups: optional(someWords('Groups; a caller fits who is in one of them.')),
    actors: optional(someWords('Actor ids.')),
    roles: optional(someWords('Roles.')),
    apps: optional(someWords('Apps.')),
    environments: optional(environments('Environments.')),
    models: optional(someWords('PROVIDER/MODEL, PROVIDER/* or *.')),
    keys: optional(someWords('Ids of stored keys of providers.')),
  }, { ...closed, description: 'Whom it is for: all that is named here must fit. Default: every request.' })),
  limits: Type.Object({
    usd_per_hour: limit('US dollars per UTC hour. Models without a known price count as 0: limit them by tokens.'),
    usd_per_day: limit('US dollars per UTC day.'),
    usd_per_month: limit('US dollars per UTC month.'),
    usd_per_total: limit('US dollars, ever.'),
    tokens_per_hour: limit('Input and output tokens per UTC hour.'),
    tokens_per_day: limit('Input and output tokens per UTC day.'),
    tokens_per_month: limit('Input and output tokens per UTC month.'),
    tokens_per_total: limit('Input and output tokens, ever.'),
    requests_per_hour: limit('Answered model requests per UTC hour.'),
    requests_per_day: limit('Answered model requests per UTC day.'),
    requests_per_month: limit('Answered model requests per UTC month.'),
    requests_per_total: limit('Answered model requests, ever.'),
    concurrent: limit('Model requests at the same time.'),
  }, { ...closed, minProperties: 1 }),
  mode: optional(Type.Enum([...BUDGET_MODES], { description: 'hard refuses what would exceed a limit, warn only says so. Default: hard.' })),
}, closed)

const Window = Type.Object({
  days: Type.Array(Type.Enum([...WEEKDAYS]), { minItems: 1 }),
  from: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', description: 'First minute, HH:MM.' }),
  to: Type.String({ pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$', description: 'First minute that is no longer in it, HH:MM; 24:00 is the end of the day. Hours past midnight are two windows.' }),
}, closed)

const Paths = Type.Object({
  classes: Type.Array(Type.Object({
    class: Type.Enum([...PATH_CLASSES]),
    globs: words('Globs of workspace-relative paths; with a leading / of absolute paths. Case is ignored, * matches a leading dot.'),
  }, closed), { description: 'The class of a path is that of the first entry with a glob that matches.' }),
  needs: Type.Object({
    source: permission('Default: edit.'),
    test: permission('Default: edit.'),
    docs: permission('Default: edit.'),
    config: permission('Default: edit.'),
    generated: permission('Default: edit.'),
    dependency: permission('Default: dependency.'),
    ci: permission('Default: publish.'),
    policy: permission('Default: publish.'),
  }, { ...closed, description: 'The permission that changing a path of a class needs. Secrets are out of reach whatever is granted.' }),
  scratch: words('Beginnings of absolute paths outside the workspace that may be used as scratch space.'),
  harmless: words('Absolute paths outside the workspace that hold nothing.'),
  readable: Type.Optional(words('Absolute paths outside the workspace that tell no more than which system this is, and may be read. Default: none.')),
}, closed)

const Programs = Type.Object({
  known: Type.Record(Type.String(), Program, { description: 'Programs that may run.' }),
  packages: optional(words('Packages whose programs a package manager may start by name. Default: none.')),
  unlisted: optional(Type.Object({
    environments: environments('Where a program that is not listed may do what the words say.'),
    words: words('First arguments of which one says all that is asked of it.'),
    except: words('Programs of which that proves nothing: they start others, hold secrets or speak to somebody.'),
    fetched_by: words('Programs that fetch what is not installed: with one of them in the command no such program runs.'),
  }, { ...closed, description: 'What may be asked of a program that no list knows. Default: nothing.' })),
  unknown: Type.Object({ DEV: unknownProgram('DEV'), TEST: unknownProgram('TEST'), PROD: unknownProgram('PROD') }, closed),
  directories: words('Folders in which a program of a known name is the known program.'),
  forbidden: names('Programs that never run.'),
  network: names('Programs that speak to the network, which commands do not have.'),
  install: wordLists('Beginnings of commands that change dependencies.'),
  publish: wordLists('Beginnings of commands that make something visible outside.'),
  readonly: wordLists('Beginnings of commands that only read.'),
}, closed)

const Check = Type.Object({
  words: optional(words('The first operands. Default: any.')),
  options: optional(words('Options that it may have, also with = and a value; letters also written together. Default: none.')),
  values: optional(words('Options that are followed by a value. Default: none.')),
  needs: optional(words('One of these options must be there. Default: none is needed.')),
  operands: optional(words('What further operands there may be. Default: any.')),
}, { ...closed, description: 'A form in which the program changes nothing.' })

const Checks = Type.Object({
  commands: Type.Record(Type.String({ minLength: 1 }), Type.Array(Check), { description: 'Forms by the base name of the program. An option that is not named here makes it a command like any other.' }),
  starters: wordLists('Beginnings of commands that start the program behind them and do nothing else.'),
}, { ...closed, description: 'Commands that look at the project or check it, so that they need no more than review. Default: those of programs.readonly.' })

const Mcp = Type.Object({
  tools: Type.Record(Type.String({ minLength: 1 }), Type.Object({
    server: Type.String({ minLength: 1, description: 'Name of its server, a key of servers.' }),
    permission: permission('What a call needs. Weir does not see what the server does: choose by the worst of it.'),
  }, closed), { description: 'MCP tools by the name the agent calls them (OpenCode: SERVER_TOOL). A tool that is not listed is denied, also one that a server adds later.' }),
  servers: Type.Record(Type.String({ minLength: 1 }), perRole(environments('Where the role may use the server.'), 'By role; "*" is every role that has no entry of its own.')),
}, { ...closed, description: 'Default: no MCP tool is allowed.' })

const Seats = Type.Object({
  max: Type.Integer({ minimum: 0, description: 'How many seats.' }),
  release_after_days: optional(Type.Integer({ minimum: 1, maximum: 30, description: 'After so many whole days without a session a member\'s seat is released when another member asks for one and all are taken. Default: idle seats are not released.' })),
}, closed)

const Releases = Type.Object({
  order: Type.Array(Type.Enum([...ENVIRONMENTS]), { uniqueItems: true, description: 'The way of a release. It enters an environment only from the one before.' }),
  four_eyes: environments('Where a second person must agree who did not make the release, whatever the role may do.'),
  promoters: perRole(perEnvironment(consent('Alone, or after a second person agreed.')), 'Who may point an environment at a release.'),
  makers: optional(perRole(perEnvironment(consent('Alone, or after a second person agreed.')), 'Who may make a release of what an environment\'s branch holds, and have it checked. Default: nobody.')),
  checks: optional(perEnvironment(Type.Array(Type.String({ minLength: 1 }), { uniqueItems: true, description: 'Names of the checks that a release must have passed before this environment may point at it.' }))),
}, { ...closed, description: 'Default: nobody promotes anything.' })

const action = (what: string) => optional(Type.Enum([...OUTGOING_ACTIONS], { description: `${what} Default: block.` }))

const PRIVATE_TEXTS: Readonly<Record<PrivateRuleName, string>> = {
  email: 'E-mail addresses.',
  iban: 'Bank accounts (IBAN).',
  card: 'Numbers of payment cards.',
  'br-cpf': 'Brazilian CPF.',
  'de-tax-id': 'German tax id.',
  'es-dni': 'Spanish DNI and NIE.',
  'fr-nir': 'French NIR.',
  'it-fiscal-code': 'Italian fiscal code.',
  'pl-pesel': 'Polish PESEL.',
}

const found = (name: PrivateRuleName) => optional(Type.Boolean({ description: `${PRIVATE_TEXTS[name]} Default: not looked for.` }))
const privateRules = Object.fromEntries(PRIVATE_RULES.map((name) => [name, found(name)])) as { readonly [name in PrivateRuleName]: ReturnType<typeof found> }

const Private = Type.Object({
  ...privateRules,
  own: optional(Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }), Type.Object({
    pattern: Type.String({ minLength: 1, maxLength: 256, description: 'Characters, \\d, classes such as [A-Z0-9], each with ?, {n} or {m,n}; groups of words such as (DE|AT). It matches what stands alone, without a letter or digit before or behind it.' }),
  }, closed), { ...closed, maxProperties: 32, description: 'The company\'s own, by the name they are found under.' })),
}, { ...closed, description: 'Private data that are looked for. Default: none.' })

const Outgoing = Type.Object({
  actions: perRole(perEnvironment(Type.Object({
    secret: action('What is done with a request that holds a credential: it is not sent, it is sent without, or it is sent and recorded.'),
    private: action('What is done with a request that holds private data.'),
    unscanned: optional(Type.Enum(['block', 'record'], { description: 'What is done with a request that could not be looked through. Default: block.' })),
  }, closed)), 'By role; "*" is every role that has no entry of its own.'),
  private: optional(Private),
}, { ...closed, description: 'What may leave in requests to models. Default: requests are not looked through.' })

/** The data that rules and classification read. Published as `policies/data.schema.json`. */
export const DataSchema = Type.Object({
  roles: Type.Record(Type.String({ minLength: 1 }), Type.Object({ description: Type.String() }, closed), { description: 'The roles there are. Every other section may name only these, and "*" where it says so.' }),
  grants: perRole(perEnvironment(Grants), 'What a role may do where. Nothing is granted by default.'),
  groups: optional(Type.Object({
    roles: Type.Array(Type.Object({
      group: Type.String({ minLength: 1, maxLength: 256, description: 'Group as the identity provider names it.' }),
      role: Type.String({ minLength: 1, description: 'Role of its members.' }),
    }, closed), { maxItems: 1_000, description: 'In this order: of several groups of an actor the first one counts.' }),
  }, { ...closed, description: 'Which groups of the identity provider make which role. An actor without such a group has the role nobody, which is granted nothing. Tokens that name a role themselves keep it. Default: nobody has a role by a group.' })),
  environments: optional(Type.Object({
    read_only: environments('Where nothing is changed by a role that has no grant for it, whatever path classes need.'),
    uncontained: optional(environments('Where a gateway that runs agents without a sandbox may serve them. Default: nowhere.')),
  }, { ...closed, description: 'Default: none is read-only by itself; grants decide.' })),
  approvers: perRole(perEnvironment(Type.Array(permission('May be approved.'))), 'The permissions whose waiting calls a role may approve, where. One\'s own call only where approvals.own says so.'),
  approvals: optional(Type.Object({
    max_age_minutes: optional(Type.Object({
      review: minutes('review'), chat: minutes('chat'), edit: minutes('edit'), dependency: minutes('dependency'), publish: minutes('publish'),
    }, { ...closed, description: 'How long after it was held a call can be approved and made, by its permission, in minutes. Default: 1,440 for every permission.' })),
    scopes: optional(perEnvironment(Type.Object({
      review: scopes(), chat: scopes(), edit: scopes(), dependency: scopes(), publish: scopes(),
    }, closed))),
    own: optional(perEnvironment(Type.Array(permission('May be answered alone.'), { description: 'Permissions whose waiting calls who asked for them may answer themselves, if their role is an approver of them: a confirmation, not a second pair of eyes. Default: none.' }))),
    max_standing_minutes: optional(Type.Object({
      review: standing('review'), chat: standing('chat'), edit: standing('edit'), dependency: standing('dependency'), publish: standing('publish'),
    }, { ...closed, description: 'The longest that an approval with the scope until may stand, by permission, in minutes.' })),
  }, { ...closed, description: 'What approvals may be. Default: each is for one call.' })),
  paths: Paths,
  programs: Programs,
  checks: optional(Checks),
  natives: Type.Object({ allow: words('Native tools of the agent without effects of their own.') }, closed),
  mcp: optional(Mcp),
  models: Type.Object({
    DEV: optional(perRole(words('PROVIDER/MODEL, PROVIDER/* or *.'), 'By role; "*" is every role that has no entry of its own.')),
    TEST: optional(perRole(words('PROVIDER/MODEL, PROVIDER/* or *.'), 'By role; "*" is every role that has no entry of its own.')),
    PROD: optional(perRole(words('PROVIDER/MODEL, PROVIDER/* or *.'), 'By role; "*" is every role that has no entry of its own.')),
  }, { ...closed, description: 'The models that may be asked. An environment or role that is left out may ask none.' }),
  budgets: optional(Type.Record(Type.String({ pattern: BUDGET_NAME }), Budget, { ...closed, description: 'What may be spent on models, by a name for each budget. Every budget that is for a request must have room for it. A limit stops the next request, not those that run. Default: nothing is limited.' })),
  flags: optional(Type.Object({
    always: Type.Array(Type.Object({
      program: Type.String({ minLength: 1, description: 'Base name of the program.' }),
      flag: Type.String({ pattern: FLAG, description: 'The option that the command always has.' }),
      subcommands: optional(words('Only with one of these among its arguments. Default: always.')),
      environments: optional(environments('Only there. Default: everywhere.')),
    }, closed)),
  }, { ...closed, description: 'Options that commands always have: they are added to a model\'s call, and asked for everywhere else. Default: none.' })),
  hours: optional(Type.Object({
    zone: optional(Type.String({ minLength: 1, maxLength: 64, description: 'IANA time zone of the windows, such as Europe/Berlin. Default: UTC.' })),
    windows: perRole(perEnvironment(Type.Array(Window)), 'By role; "*" is every role that has no entry of its own. A role without an entry works at any time, one with an empty list never.'),
  }, { ...closed, description: 'Default: no hours, and rules are not given the time.' })),
  observers: optional(perRole(perEnvironment(Type.Enum([...OBSERVED], { description: 'Whose sessions may be read there: of all in the organisation, or of those who share a group.' })), 'Who may read the running sessions of others, and the recordings of their terminals. Default: nobody.')),
  outgoing: optional(Outgoing),
  releases: optional(Releases),
  routes: perRole(Type.Object({ all: words('Classes of routes with everything in sight.'), own: words('Classes of routes with only the actor\'s own things in sight.') }, closed), 'The classes of routes a role may use.'),
  delegation: optional(Type.Object({
    max_running: optional(Type.Integer({ minimum: 0, description: 'Subagents of one session at once, those of subagents included: 1 lets none start another. Default: no limit.' })),
    max_total: optional(Type.Integer({ minimum: 0, description: 'Subagents of one session while it runs. Default: no limit.' })),
  }, { ...closed, description: 'How many subagents a session may start. Default: nothing is limited.' })),
  seats: optional(Type.Record(Type.String({ minLength: 1 }), Type.Union([Type.Integer({ minimum: 0 }), Seats]), { description: 'How many members of an organisation may start sessions in a UTC month, by organisation: a number, or an object that also says when a seat is released; "*" is every organisation that has no entry of its own, each counted by itself. One without an entry has no limit. Default: nothing is limited.' })),
  urls: Type.Object({
    schemes: words('Schemes that may be fetched.'),
    addresses: words('Kinds of addresses that may be fetched; private, loopback and link-local ones are kinds of their own.'),
    hosts: words('Hosts that may be fetched; with a leading dot every host below.'),
  }, closed),
  limits: Type.Object({ model_request_bytes: Type.Integer({ minimum: 0, description: 'Largest request to a model, bytes.' }) }, closed),
}, { ...closed, $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Weir policy data', description: 'Everything below weir/data in a policy folder: one data.json per section, or any split by folder. Sections that are not required may be left out.' })

export type DataDocument = Static<typeof DataSchema>

/** The JSON Schema of the policy data, for editors and reviewers. */
export function dataJsonSchema (): string {
  return `${JSON.stringify(DataSchema, null, 2)}\n`
}
