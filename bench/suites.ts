import { approvals } from './approvals.ts'
import { ask } from './ask.ts'
import { client } from './client.ts'
import { decisionSuite } from './decision.ts'
import type { Suite } from './figures.ts'
import { files } from './files.ts'
import { identity } from './identity.ts'
import { ledger } from './ledger-suite.ts'
import { model } from './model.ts'
import { protocol } from './protocol.ts'
import { replaySuite } from './replay.ts'
import { sandbox } from './sandbox.ts'
import { shellFacts } from './shell-facts.ts'
import { start } from './start.ts'
import { streams } from './streams.ts'
import { swap } from './swap.ts'

/** The only list of suites, in the order in which they run. */
export const SUITES: Readonly<Record<string, Suite>> = { decision: decisionSuite, shell: shellFacts, replay: replaySuite, swap, ledger, identity, ask, approvals, client, protocol, files, sandbox, start, model, streams }
