import type { Context } from '../core/actor.ts'
import type { CircumstancesOf, Circumstances } from '../core/circumstances.ts'
import type { ModelRequestSubject } from '../core/subject.ts'
import type { PolicyData } from './data/data.ts'
import { createLocalTime } from './local-time.ts'

export interface CircumstancesPorts {
  /** The data in force; what they ask for is worked out again when they are another object. */
  readonly data: () => PolicyData
  /** What is used up of the budgets that are for a request; null when it cannot be said. */
  readonly usage: (subject: ModelRequestSubject, context: Context, nowMs: number) => Circumstances['usage']
  /** Where the seats of the actor's organisation stand. */
  readonly seats: (context: Context, nowMs: number) => Circumstances['seats']
  /** The subagents of the context's session; null when they cannot be seen. Default: none can, and where data limit them none is let start. */
  readonly delegation?: (context: Context) => Circumstances['delegation']
  /** Default: agents run in sandboxes. */
  readonly containment?: Circumstances['containment']
}

interface Asked {
  readonly data: PolicyData
  readonly hours: ((nowMs: number) => NonNullable<Circumstances['time']>) | null
  readonly budgets: boolean
  readonly seats: boolean
  readonly delegation: boolean
}

/** Tells rules the time only when data have working hours, spending only for requests that spend when data have budgets, seats only for the start of sessions, subagents only for calls that start one. */
export function createCircumstances (ports: CircumstancesPorts): CircumstancesOf {
  let asked: Asked | null = null
  return (subject, context, nowMs) => {
    const data = ports.data()
    if (asked?.data !== data) asked = askedOf(data)
    return {
      time: asked.hours === null ? null : asked.hours(nowMs),
      usage: asked.budgets && subject.kind === 'model-request' ? subject.usage ?? ports.usage(subject, context, nowMs) : null,
      seats: asked.seats && subject.kind === 'session' ? ports.seats(context, nowMs) : null,
      delegation: asked.delegation && subject.kind === 'tool-call' && subject.call.readable && subject.call.tool === 'delegate' ? ports.delegation?.(context) ?? null : null,
      containment: ports.containment ?? null,
    }
  }
}

function askedOf (data: PolicyData): Asked {
  const { hours, budgets, seats, delegation } = data
  return {
    data,
    hours: hours === undefined || Object.keys(hours.windows).length === 0 ? null : createLocalTime(hours.zone ?? 'UTC'),
    budgets: budgets !== undefined && Object.keys(budgets).length > 0,
    seats: seats !== undefined && Object.keys(seats).length > 0,
    delegation: delegation !== undefined && Object.keys(delegation).length > 0,
  }
}
