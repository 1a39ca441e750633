import { parentPort, workerData } from 'node:worker_threads'
import { explainRules } from './policy/explain/explain-rules.ts'
import { findOpa } from './policy/opa-binary.ts'
import { readPolicyFolder } from './policy/policy-folder.ts'
import type { ExplainTask, Explained } from './explanations.ts'

// A trace of every rule is some megabytes of JSON: read here, not in the thread that decides.
const { dir, revision, input, env } = workerData as ExplainTask

async function explained (): Promise<Explained> {
  if ((await readPolicyFolder(dir)).revision !== revision) return { rules: [], unexplained: 'The policy folder is no longer what is in force: what its rules say now explains nothing.' }
  return { rules: await explainRules({ dir, opa: await findOpa(env), input }), unexplained: null }
}

parentPort?.postMessage(await explained().catch((error: unknown) => ({ rules: [], unexplained: error instanceof Error ? error.message : String(error) })))
