import type { Context } from '../../../core/actor.ts'
import { numbered, type SessionLog } from '../session-log.ts'
import type { TerminalWindow } from '../terminal-window.ts'
import type { SessionTools } from '../tool-plane.ts'
import type { Id, Render } from './messages.ts'

/** One open request: where its answers go, and what ends it. */
export interface Exchange {
  readonly id: Id | null
  readonly signal: AbortSignal
  /** As `ToolIo.isCancelled`. */
  readonly isCancelled: () => boolean
  readonly renders: ReadonlySet<Render>
  /** Sends a message. Resolves when more may be sent. */
  say (message: object): Promise<void>
  /** Sends a message that is JSON text already. */
  sayText (text: string): Promise<void>
  /** As `ToolIo.onTerminal`. Default: nobody changes the size of a terminal. */
  readonly onTerminal?: TerminalWindow['onTerminal']
}

/** A request about a session, with what its calls are decided under. */
export interface SessionExchange extends Exchange { readonly tools: SessionTools, readonly context: Context }

/** Sends an event and keeps it in the session's log, there as `kept` (default: the same): what was in a file is not kept. */
export async function tell (exchange: Exchange, log: SessionLog, event: object, kept?: object): Promise<void> {
  const { seq, text } = log.add(kept ?? event)
  await exchange.sayText(kept === undefined ? text : numbered(event, seq))
}
