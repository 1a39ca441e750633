import { ask } from './ask.ts'
import { decisionSuite } from './decision.ts'
import type { Suite } from './figures.ts'
import { ledger } from './ledger-suite.ts'
import { model } from './model.ts'
import { start } from './start.ts'

/** The only list of suites, in the order in which they run. */
export const SUITES: Readonly<Record<string, Suite>> = { decision: decisionSuite, ledger, ask, start, model }
