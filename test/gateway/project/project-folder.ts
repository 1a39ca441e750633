import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { createGovernor } from '../../../gateway/core/govern.ts'
import type { Permit } from '../../../gateway/core/permit.ts'
import type { PathClass } from '../../../gateway/core/tool-call.ts'
import { changeCall } from '../../../gateway/planes/file/change-call.ts'
import type { Change, PermittedChange } from '../../../gateway/project/change.ts'

const exec = promisify(execFile)

export function classOf (path: string): PathClass {
  if (/(^|\/)\.env/.test(path)) return 'secret'
  return path.includes('node_modules/') ? 'generated' : 'source'
}

/** Unprotected git, as the owner of a project runs it. */
export async function git (folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await exec('git', ['-C', folder, '-c', 'user.name=Owner', '-c', 'user.email=owner@acme.test', ...args])
  return stdout.trim()
}

export function gitWithInput (folder: string, input: string | Buffer, ...args: string[]): string {
  return execFileSync('git', ['-C', folder, '-c', 'user.name=Owner', '-c', 'user.email=owner@acme.test', ...args], { input }).toString().trim()
}

/** The change with a permit from the real governor, whose policy allows everything. */
export async function permittedChange (change: Change, snapshot: string | null): Promise<PermittedChange> {
  const governor = createGovernor({
    classify: (call) => ({ tool: call.tool, permission: 'edit', targets: [], command: null, url: null }),
    policy: () => ({ revision: 'r1', evaluate: () => ({ verdict: 'allow', rule: 'test.allow', reason: '', feedback: '', also: [], obligations: {}, revision: 'r1' }) }),
    ledger: { append: async () => 0, settle: () => undefined },
    approvals: { find: () => null, consume: () => false, hold: () => '' },
    clock: { nowMs: () => 0 },
  })
  const context = { plane: 'file', actor: { id: 'alice', role: 'author', groups: [], org: 'acme' }, app: 'shop', environment: 'DEV', session: null } as const
  const { permit } = await governor.govern({ kind: 'tool-call', call: changeCall(change, 0) }, context)
  return { ...change, snapshot, permit: permit as Permit }
}
