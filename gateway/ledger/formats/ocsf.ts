import type { LedgerEntry } from '../../core/ledger-entry.ts'
import type { PolicyInput } from '../../core/policy-input.ts'
import { about, type EntryAbout } from '../entry-about.ts'
import { resultOf, weightOf, whatOf, type LedgerSource, type OutwardEntry } from './outward-entry.ts'

/** The schema that events are written for. */
export const OCSF_VERSION = '1.8.0'

const APPLICATION_ACTIVITY = 6
const API_ACTIVITY = 6003
const ACTIVITIES = { create: 1, read: 2, update: 3, delete: 4, other: 99 } as const
type Activity = keyof typeof ACTIVITIES

const SHA256 = 3
const SEVERITIES = { info: 1, notice: 2, warning: 3 } as const
const ACTIONS = { allow: [1, 1], deny: [2, 2], pending: [99, 99] } as const // action_id, disposition_id; a call that waits is neither
const STATUSES: Readonly<Record<string, readonly [id: number, status: string]>> = {
  allow: [1, 'Success'], deny: [2, 'Failure'], pending: [99, 'pending'], done: [1, 'Success'], failed: [2, 'Failure'], unknown: [0, 'Unknown'],
}

/**
 * An entry as an OCSF event of the class API Activity (6003) with the profile security_control. `metadata.uid` names the entry in its
 * ledger, `raw_data` is the entry, and `metadata.correlation_uid` leads from an outcome to its decision.
 */
export function ocsfEvent ({ entry, of, hash }: OutwardEntry, source: LedgerSource): Readonly<Record<string, unknown>> {
  const known = about(entry, of)
  const [activity, activityName] = activityOf(entry)
  const raw = JSON.stringify(entry)
  return {
    category_uid: APPLICATION_ACTIVITY,
    category_name: 'Application Activity',
    class_uid: API_ACTIVITY,
    class_name: 'API Activity',
    activity_id: ACTIVITIES[activity],
    activity_name: activityName,
    type_uid: API_ACTIVITY * 100 + ACTIVITIES[activity],
    time: Math.round(entry.time),
    severity_id: SEVERITIES[weightOf(entry)],
    message: messageOf(entry, known),
    ...statusOf(entry),
    metadata: {
      version: OCSF_VERSION,
      profiles: ['security_control'],
      product: { name: 'Weir', vendor_name: 'Weir', version: source.version },
      log_name: source.origin,
      uid: `${source.origin}/${entry.index}`,
      sequence: entry.index,
      event_code: entry.kind === 'event' ? entry.name : entry.kind,
      ...(entry.kind === 'outcome' ? { correlation_uid: `${source.origin}/${entry.of}` } : {}),
    },
    actor: actorOf(entry, known),
    api: { operation: activityName, service: { name: 'weir' }, ...(known.request === null ? {} : { request: { uid: known.request } }) },
    src_endpoint: endpointOf(entry, known),
    ...resourcesOf(entry, known),
    ...controlOf(entry),
    ...(entry.containment === undefined ? {} : { unmapped: { containment: entry.containment } }),
    raw_data: raw,
    ...(hash === null ? {} : { raw_data_hash: { algorithm_id: SHA256, algorithm: 'SHA-256', value: hash } }),
  }
}

function activityOf (entry: LedgerEntry): readonly [Activity, string] {
  if (entry.kind === 'event') return ['other', entry.name]
  if (entry.kind === 'outcome') return ['other', 'outcome']
  const { tool, route, kind, targets } = entry.input
  const access = targets.some((target) => target.access === 'delete') ? 'delete' : targets.some((target) => target.access === 'write') ? 'update' : 'read'
  if (tool !== null) return [targets.length === 0 ? 'other' : access, tool.name]
  if (route !== null) return [ofMethod(route.method), `${route.method} ${route.path}`]
  return ['other', kind]
}

function ofMethod (method: string): Activity {
  switch (method) {
    case 'GET': case 'HEAD': case 'OPTIONS': return 'read'
    case 'POST': return 'create'
    case 'PUT': case 'PATCH': return 'update'
    case 'DELETE': return 'delete'
    default: return 'other'
  }
}

function messageOf (entry: LedgerEntry, known: EntryAbout): string {
  const who = known.actor ?? 'Weir'
  switch (entry.kind) {
    case 'decision': return `${entry.decision.verdict}: ${who}: ${whatOf(entry)} (${entry.decision.rule})`
    case 'outcome': return `${entry.status}: what entry ${entry.of} allowed ${who}`
    case 'event': return `${entry.name}: ${who}`
  }
}

function statusOf (entry: LedgerEntry): Readonly<Record<string, unknown>> {
  const [id, status] = (entry.kind === 'event' ? undefined : STATUSES[resultOf(entry)]) ?? [99, resultOf(entry)]
  const code = entry.kind === 'decision' ? entry.decision.rule : entry.detail['code']
  return {
    status_id: id,
    status,
    ...(code === undefined || code === null ? {} : { status_code: String(code) }),
    ...(entry.kind === 'decision' ? { status_detail: entry.decision.reason } : {}),
  }
}

function actorOf (entry: LedgerEntry, { actor, session }: EntryAbout): Readonly<Record<string, unknown>> {
  if (actor === null) return { app_name: 'weir' }
  const input = entry.kind === 'decision' ? entry.input : null
  return {
    user: {
      uid: actor,
      name: actor,
      ...(input === null ? {} : { type: input.actor.role, org: { name: input.actor.org }, groups: input.actor.groups.map((name) => ({ name })) }),
    },
    ...(session === null ? {} : { session: { uid: session } }),
  }
}

// The gateway does not record addresses: what is known of a source is which client's session it was, or which plane it came in by.
function endpointOf (entry: LedgerEntry, { session }: EntryAbout): Readonly<Record<string, unknown>> {
  const client = entry.kind === 'decision' ? entry.input.session?.client ?? entry.plane : 'weir'
  return { svc_name: client === '' ? 'weir' : client, ...(session === null ? {} : { uid: session }) }
}

function resourcesOf (entry: LedgerEntry, { app, environment }: EntryAbout): Readonly<Record<string, unknown>> {
  const place = environment === null ? {} : { namespace: environment }
  const resources = [
    ...(app === null || app === '' ? [] : [{ name: app, type: 'app', ...place }]),
    ...(entry.kind === 'decision' ? namedIn(entry.input) : []).map((resource) => ({ ...resource, ...place })),
  ]
  return resources.length === 0 ? {} : { resources }
}

function namedIn ({ targets, model, url, release }: PolicyInput): ReadonlyArray<{ readonly name: string, readonly type: string }> {
  return [
    ...targets.map(({ path, class: type }) => ({ name: path, type })),
    ...(model === null ? [] : [{ name: `${model.provider}/${model.id}`, type: 'model' }]),
    ...(url === null ? [] : [{ name: url.url, type: 'url' }]),
    ...(release === null ? [] : [{ name: release.id, type: 'release' }]),
  ].filter(({ name }) => name !== '')
}

function controlOf (entry: LedgerEntry): Readonly<Record<string, unknown>> {
  if (entry.kind !== 'decision') return {}
  const { verdict, rule, revision } = entry.decision
  const [action, disposition] = ACTIONS[verdict]
  return { action_id: action, disposition_id: disposition, ...(verdict === 'pending' ? { action: 'pending', disposition: 'pending' } : {}), policy: { uid: rule, name: rule, version: revision, is_applied: true } }
}
