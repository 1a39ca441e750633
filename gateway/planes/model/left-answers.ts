import { createHash } from 'node:crypto'
import type { Context } from '../../core/actor.ts'
import type { Relayed } from './relay.ts'

/** The released calls of one answer for a client without a session, whose calls nobody follows. */
export interface ForeignAnswer {
  /** @returns the ledger entry of the call that this one repeats, null when it repeats none */
  released (digest: string, entry: number): number | null
  ended (relayed: Pick<Relayed, 'notes'>): void
}

/** Answers that did not reach their clients whole: who asks the same again may be given the same calls again. */
export interface LeftAnswers { watch (context: Context, body: Buffer): ForeignAnswer }

export const LEFT_LIMITS = {
  /** Clients whose answers are remembered; the one that left the longest ago is forgotten first. */
  clients: 512,
  /** Answers of one client. */
  answers: 8,
  /** Calls of one answer. */
  calls: 64,
  /** How long, ms: clients ask again within seconds, people within minutes. */
  ms: 600_000,
} as const

/** An answer that was left. `conversation` is the digest of the request, which holds the whole conversation; `calls` are entries by call digest. */
interface LeftAnswer { readonly conversation: string, readonly calls: Map<string, number>, readonly untilMs: number }

/**
 * Kept by the caller's token (its actor, where it has none) and the request's bytes: nobody's calls are taken for another's, nor calls of
 * one conversation for those of another. It is for the record alone, no decision depends on it. Requests are only hashed for clients that
 * left an answer lately.
 *
 * @param nowMs the clock, Unix ms
 */
export function createLeftAnswers (nowMs: () => number): LeftAnswers {
  const byClient = new Map<string, LeftAnswer[]>()

  function remember (client: string, conversation: string, calls: Map<string, number>): void {
    const now = nowMs()
    const known = (byClient.get(client) ?? []).filter(({ untilMs }) => untilMs > now)
    byClient.delete(client)
    const [oldest] = byClient.size < LEFT_LIMITS.clients ? [] : byClient.keys()
    if (oldest !== undefined) byClient.delete(oldest)
    byClient.set(client, [...known, { conversation, calls, untilMs: now + LEFT_LIMITS.ms }].slice(-LEFT_LIMITS.answers))
  }

  /** Takes the call out of what is remembered: one answer's call is repeated once. */
  function repeated (client: string, conversationOf: () => string, digest: string): number | null {
    const known = byClient.get(client)
    if (known === undefined) return null
    const now = nowMs()
    const conversation = conversationOf()
    for (const answer of known) {
      const entry = answer.conversation === conversation && answer.untilMs > now ? answer.calls.get(digest) : undefined
      if (entry === undefined) continue
      answer.calls.delete(digest)
      return entry
    }
    return null
  }

  return {
    watch (context, body) {
      const calls = new Map<string, number>()
      let hasLeft = false
      let isKept = false
      let conversation: string | null = null
      const conversationOf = (): string => {
        conversation ??= digestOf(body)
        return conversation
      }
      const keep = (): void => {
        if (!hasLeft || isKept || calls.size === 0) return
        isKept = true
        remember(clientOf(context), conversationOf(), calls)
      }
      return {
        released (digest, entry) {
          const repeats = byClient.size === 0 ? null : repeated(clientOf(context), conversationOf, digest)
          if (calls.size < LEFT_LIMITS.calls) calls.set(digest, entry)
          keep() // it was decided while the client left
          return repeats
        },
        ended ({ notes }) {
          hasLeft = notes.includes('client-left')
          if (hasLeft) conversationOf() // the body's memory is given back after this
          keep()
        },
      }
    },
  }
}

function clientOf ({ token, actor, app, environment }: Context): string {
  return JSON.stringify([token ?? null, actor.org, actor.id, app, environment])
}

function digestOf (body: Buffer): string {
  return createHash('sha256').update(body).digest('base64')
}
