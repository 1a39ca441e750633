import { NO_PARTS, type PolicyInput } from '../../gateway/core/policy-input.ts'

/** A whole question: an author writes to src/a.ts in DEV. What else is asked, in tests and benches, differs from it by name. */
export const WRITE: PolicyInput = Object.freeze({
  ...NO_PARTS,
  kind: 'tool-call',
  actor: { id: 'alice@acme.test', role: 'author', groups: [], org: 'acme' },
  app: 'shop',
  environment: 'DEV',
  permission: 'edit',
  tool: { name: 'write-file', native: 'edit', protocol: 'opencode', args: {} },
  targets: [{ path: 'src/a.ts', class: 'source', access: 'write' }],
  now_ms: 0,
} as const)

/** The same author starts a session. */
export const SESSION: PolicyInput = Object.freeze({ ...WRITE, kind: 'session', permission: null, tool: null, targets: [] } as const)
