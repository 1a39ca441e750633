import type { Context } from './actor.ts'
import type { Subject } from './subject.ts'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = typeof WEEKDAYS[number]

/** What an actor used up of models on an app's environment since the period began. Requests of models without a known price cost 0 here. */
export interface Spent { readonly usd: number, readonly tokens: number, readonly requests: number }

/** The same in whole numbers, money in 10⁻⁹ US dollars: what is added up is not rounded. */
export interface Amount { readonly nanoUsd: number, readonly tokens: number, readonly requests: number }

/** What a decision may depend on besides the call and who makes it. `clock` is local, `HH:MM`; the periods are UTC days and months. */
export interface Circumstances {
  readonly time: { readonly day: Weekday, readonly clock: string } | null
  readonly usage: { readonly day: Spent, readonly month: Spent } | null
}

/** The circumstances that the data in force ask for; what they do not ask for is null. Synchronous and without effect. */
export type CircumstancesOf = (subject: Subject, context: Context, nowMs: number) => Circumstances
