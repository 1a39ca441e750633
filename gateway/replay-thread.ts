import { parentPort, workerData } from 'node:worker_threads'
import { readEntries } from './ledger/read-entries.ts'
import { openBundle } from './policy/bundle/bundle.ts'
import { createEvaluator } from './policy/evaluator.ts'
import { replay } from './policy/replay/replay.ts'
import type { ReplayTask } from './replays.ts'

// A policy that somebody sent runs here, not in the thread that decides: its fuel ends one question, not a million slow ones.
const { archive, journalDir, sinceMs, untilMs, examples } = workerData as ReplayTask & { readonly journalDir: string }
const policy = createEvaluator(await openBundle(archive, false), () => {})
parentPort?.postMessage(await replay(readEntries(journalDir), policy, { sinceMs, untilMs, examples }))
