import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Test } from 'tap'
import { openApprovals } from '../../../../gateway/approvals/approvals.ts'
import { createOwnAsks, type OwnAsks } from '../../../../gateway/approvals/own-asks.ts'
import type { EntryBody } from '../../../../gateway/core/ledger-entry.ts'
import { buildApp } from '../../../../gateway/http/app.ts'
import { createHostCheck } from '../../../../gateway/http/own-pages.ts'
import type { RefusedConnections } from '../../../../gateway/http/refused-connections.ts'
import type { Authenticator, Caller } from '../../../../gateway/identity/caller.ts'
import { createClientPlane } from '../../../../gateway/planes/client/client-plane.ts'
import { createRecordings, type RecordingsOptions } from '../../../../gateway/recordings/recordings.ts'
import { createObserving } from '../../../../gateway/sessions/observing.ts'
import type { AgentSession } from '../../../../gateway/sessions/session.ts'
import type { Governed } from '../../../adapters/opencode/fixtures/governed.ts'
import type { TestSession } from '../../../adapters/opencode/fixtures/session.ts'

export interface ClientGatewayOptions {
  readonly session: TestSession
  readonly gate: Governed
  readonly authenticator: Authenticator
  /** Largest body a client may send, bytes. Default 1 MiB. */
  readonly bodyBytes?: number
  readonly wellKnown?: () => unknown
  /** All that run in this gateway, the caller's own among them. Default: the caller's own. */
  readonly running?: () => readonly AgentSession[]
  /** Which of several is the caller's own. Default: `session`. */
  readonly ownOf?: (caller: Caller) => AgentSession
  /** Hears when the caller's own session is opened. */
  readonly onOpen?: () => void
  /** What callers may answer themselves. Default: nothing. */
  readonly asks?: OwnAsks
  /** Hears what was refused with nothing decided. Default: nobody does. */
  readonly refused?: Pick<RefusedConnections, 'note' | 'undecided'>
  /** Hears what happens beside the decisions. */
  readonly onEvent?: (body: EntryBody) => void
  /** How terminals are recorded, where not as by default. */
  readonly terminals?: Partial<RecordingsOptions>
}

/** The client plane on a free port of loopback, in front of the session's agent. It closes, and the session ends, with the test. */
export async function openClientGateway (t: Test, options: ClientGatewayOptions): Promise<{ readonly base: string, readonly port: number, readonly dataDir: string }> {
  const { session, gate, authenticator, bodyBytes = 1_048_576, wellKnown = () => ({}), terminals = {}, running = () => [session], ownOf = () => session, onOpen = () => {}, onEvent = () => {}, refused = { note () {}, undecided () {} }, asks = createOwnAsks() } = options
  const sessions = { list: running, open: async (caller: Caller) => { onOpen(); return ownOf(caller) } }
  const dataDir = mkdtempSync(join(tmpdir(), 'weir-rec-'))
  const recordings = createRecordings({
    dataDir, input: false, maxBytes: 1_048_576, ledger: { append: async (body) => gate.entries.push(body) - 1 }, keys: () => [], nowMs: Date.now, onWarning: () => {}, ...terminals,
  })
  const approvals = openApprovals({ file: join(dataDir, 'approvals.jsonl'), nowMs: Date.now, revision: () => 'r1', onWarning: () => {} })
  const assertKnownHost = createHostCheck(['weir'])
  const log = pino({ level: 'silent' })
  const plane = createClientPlane({
    govern: gate.govern,
    ledger: { ...gate.ledger, record: onEvent },
    recordings,
    sessions,
    observing: createObserving({ governor: gate.governor, sessions }),
    authenticator,
    assertKnownHost,
    refused,
    scopeFor: () => ({ app: 'shop', environment: 'DEV' }),
    limits: { bodyBytes },
    log,
    wellKnown,
    ownAsks: { governor: gate.governor, ledger: { ...gate.ledger, record: () => {} }, approvals, asks },
  })
  const app = await buildApp({ log, authenticator, assertKnownHost, refused, direct: [plane.direct], plugins: [plane.plugin] })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(async () => {
    session.end()
    await app.close()
    approvals.close()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const { port } = app.server.address() as AddressInfo
  return { base: `http://127.0.0.1:${port}`, port, dataDir }
}
