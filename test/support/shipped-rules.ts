import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClassify } from '../../gateway/classify/classify.ts'
import { loadShellParser } from '../../gateway/classify/shell/parser.ts'
import { environmentOf, type Context } from '../../gateway/core/actor.ts'
import { createGovernor, type Governed } from '../../gateway/core/govern.ts'
import type { DecodedCall } from '../../gateway/core/tool-call.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { openPolicyEngine } from '../../gateway/policy/engine.ts'
import { findOpa } from '../../gateway/policy/opa-binary.ts'

const NOW_MS = 1_795_184_784_574

/** Who calls, and what there is beside the call. */
export interface Asking {
  readonly role: string
  readonly environment: string
  /** Symbolic links of the workspace: path to target. */
  readonly links?: Readonly<Record<string, string>>
  /** An approval that somebody has already given for exactly this call. */
  readonly approval?: { readonly by: string, readonly requestedBy: string }
}

/** Governs a call by the classifier and the rules that come with Weir, and nothing beside them. */
export type AskRules = (call: DecodedCall, asking: Asking) => Promise<Governed>

/** Opens the shipped rules, closed with the test. */
export async function openShippedRules (t: { teardown (cleanUp: () => unknown): void }): Promise<AskRules> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'weir-corpus-'))
  t.teardown(() => rm(cacheDir, { recursive: true }))
  const engine = await openPolicyEngine({ dir: join(packageRoot(), 'policies'), opa: await findOpa(process.env), cacheDir, onEvent: () => {} })
  const linksOf = new WeakMap<Context, Asking['links']>()
  const classify = createClassify({
    data: engine.data, shell: await loadShellParser(), testCommand: () => 'npm test', readlink: (context, path) => linksOf.get(context)?.[path] ?? null,
  })
  return async (call, { role, environment, links, approval }) => {
    const context: Context = { plane: 'api', actor: { id: 'alice', role, groups: [], org: 'acme' }, app: 'shop', environment: environmentOf(environment), session: null }
    linksOf.set(context, links)
    const given = approval === undefined ? null : { id: 'apr_given', heldAtMs: NOW_MS - 60_000, ...approval }
    const governor = createGovernor({
      classify,
      policy: engine.current,
      ledger: { append: async () => 0, settle () {} },
      approvals: { find: () => given, consume: () => given !== null, hold: () => 'apr_corpus' },
      clock: { nowMs: () => NOW_MS },
    })
    return await governor.govern({ kind: 'tool-call', call }, context)
  }
}
