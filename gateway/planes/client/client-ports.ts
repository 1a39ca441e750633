import type { IncomingHttpHeaders } from 'node:http'
import type { LimitsConfig } from '../../config.ts'
import type { Govern } from '../../core/govern.ts'
import type { EntryBody } from '../../core/ledger-entry.ts'
import type { Ledger } from '../../core/ports.ts'
import type { AssertKnownHost } from '../../http/own-pages.ts'
import type { RefusedConnections } from '../../http/refused-connections.ts'
import type { Authenticator, Caller } from '../../identity/caller.ts'
import type { Recordings } from '../../recordings/recordings.ts'
import type { Observing } from '../../sessions/observing.ts'
import type { Scope, Sessions } from '../../sessions/session.ts'
import type { OwnAskPorts } from './answer-own-ask.ts'
import type { WebFiles } from './web-files.ts'

/** What the client plane needs from the rest of the gateway. */
export interface ClientPlaneOptions {
  readonly govern: Govern
  readonly ledger: Pick<Ledger, 'settle'> & { record (body: EntryBody): void }
  readonly sessions: Pick<Sessions, 'open' | 'list'>
  /** Which sessions of others may be read. */
  readonly observing: Observing
  /** Where terminals are recorded: none opens unrecorded. */
  readonly recordings: Recordings
  /** Terminal sockets do not pass through the framework's hooks, so they are authenticated here. */
  readonly authenticator: Authenticator
  readonly assertKnownHost: AssertKnownHost
  /** The app and environment a request is for. @throws GatewayError WEIR_ERR_AUTH_SCOPE */
  readonly scopeFor: (caller: Caller, headers: IncomingHttpHeaders) => Scope
  readonly limits: Pick<LimitsConfig, 'bodyBytes'>
  /** What the caller may answer for themselves. */
  readonly ownAsks: OwnAskPorts
  /** The agent's web interface. Default: none. */
  readonly web?: WebFiles
  /** What went wrong where nobody is told. */
  readonly log: { warn (detail: object, message: string): void }
  /** Counts what was refused with nothing decided. */
  readonly refused: Pick<RefusedConnections, 'undecided'>
  /** The document at `/.well-known/opencode`. */
  readonly wellKnown: () => unknown
}
