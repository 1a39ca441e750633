import type { PolicyInput } from '../gateway/core/policy-input.ts'
import type { ShellProgram } from '../gateway/core/tool-call.ts'
import { WRITE } from '../test/support/policy-inputs.ts'

const EDIT: PolicyInput = {
  ...WRITE,
  actor: { ...WRITE.actor, groups: ['payments'] },
  session: { id: 'wses_01jd0000000000000000000000', client: 'opencode', agent: 'ses_0123456789' },
  tool: { name: 'write-file', native: 'edit', protocol: 'opencode', args: { filePath: 'src/cart.ts' } },
  targets: [{ path: 'src/cart.ts', class: 'source', access: 'write' }],
  now_ms: 1_795_184_784_574,
}

/** One question of each usual kind of a working day, as the host builds it. */
export const QUESTIONS: Readonly<Record<string, PolicyInput>> = {
  edit: EDIT,
  read: { ...EDIT, permission: 'review', tool: { name: 'read-file', native: 'read', protocol: 'opencode', args: { filePath: 'src/cart.ts' } }, targets: [{ path: 'src/cart.ts', class: 'source', access: 'read' }] },
  shell: shell('npm test && git status', [['npm', 'test'], ['git', 'status']]),
  denied: { ...EDIT, targets: [{ path: '.env', class: 'secret', access: 'write' }] },
  route: { ...bare('route'), route: { method: 'GET', path: '/session/:sessionID/message', class: 'read-meta', owner: null } },
  model: { ...bare('model-request'), model: { provider: 'local', id: 'qwen3-coder', stream: true, bytes: 32_000, scanned: true, findings: [] } },
}

function bare (kind: 'route' | 'model-request'): PolicyInput {
  return { ...EDIT, kind, permission: null, tool: null, targets: [] }
}

function shell (text: string, argvs: readonly string[][]): PolicyInput {
  const programs = argvs.map((argv): ShellProgram => ({ name: argv[0] ?? '', argv }))
  return {
    ...EDIT,
    tool: { name: 'run-shell', native: 'bash', protocol: 'opencode', args: { command: text } },
    targets: [],
    command: { text, programs, opaque: false, problems: [], network: false, writes: [], reads: [] },
  }
}
