import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../gateway/package-root.ts'
import { openInProcessGateway } from '../support/in-process-gateway.ts'

// What each permission is for.
const CALLS = {
  review: [['read', { filePath: '/workspace/src/cart.js' }], ['grep', { pattern: 'total' }], ['bash', { command: 'git log -3' }], ['bash', { command: 'npm test' }]],
  chat: [['todowrite', { todos: [] }], ['task', { description: 'look', prompt: 'Look at the cart.', subagent_type: 'general' }]],
  edit: [['write', { filePath: '/workspace/src/cart.js', content: '1' }], ['edit', { filePath: '/workspace/docs/a.md', oldString: 'a', newString: 'b' }], ['bash', { command: 'rm src/cart.js' }]],
  dependency: [['write', { filePath: '/workspace/package.json', content: '{}' }], ['bash', { command: 'npm install left-pad' }]],
  publish: [['write', { filePath: '/workspace/.github/workflows/ci.yml', content: 'on: push' }], ['write', { filePath: '/workspace/AGENTS.md', content: 'x' }]],
} as const satisfies Readonly<Record<string, readonly (readonly [string, object])[]>>
type Permission = keyof typeof CALLS
const PERMISSIONS = Object.keys(CALLS) as Permission[]
const LOOKING: readonly Permission[] = ['review', 'chat'] // what it takes to have an agent at all

/** By role: what it is granted in DEV. */
const ROLES: Readonly<Record<string, readonly Permission[]>> = {
  ...Object.fromEntries(PERMISSIONS.map((permission) => [`only-${permission}`, [permission]])),
  ...Object.fromEntries(PERMISSIONS.filter((permission) => !LOOKING.includes(permission)).map((permission) => [`looks-and-${permission}`, [...LOOKING, permission]])),
}

const shipped = (section: string): Record<string, unknown> => JSON.parse(readFileSync(join(packageRoot(), 'policies/weir/data', section, 'data.json'), 'utf8')) as Record<string, unknown>
const perRole = (of: (granted: readonly Permission[]) => unknown): Record<string, unknown> => Object.fromEntries(Object.entries(ROLES).map(([role, granted]) => [role, of(granted)]))
const { url, tokenFor } = await openInProcessGateway(t, {
  data: {
    roles: { ...shipped('roles'), ...perRole((granted) => ({ description: `Granted ${granted.join(', ')}.` })) },
    grants: { ...shipped('grants'), ...perRole((granted) => ({ DEV: Object.fromEntries(granted.map((permission) => [permission, 'allow'])) })) },
    routes: { ...shipped('routes'), ...perRole(() => shipped('routes')['author']) },
  },
})

async function call (role: string, path: string, body: object): Promise<{ readonly status: number, readonly body: { readonly decision?: { readonly verdict: string, readonly rule: string } } }> {
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${tokenFor(role)}`, 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return { status: answer.status, body: await answer.json() as Awaited<ReturnType<typeof call>>['body'] }
}

const decide = async (role: string, [tool, args]: readonly [string, object]): ReturnType<typeof call> => await call(role, '/weir/api/v1/decisions', { protocol: 'opencode', tool, args, cwd: '/workspace' })

for (const [role, granted] of Object.entries(ROLES).filter(([, some]) => LOOKING.some((one) => some.includes(one)))) {
  await t.test(`${granted.join(', ')}, and nothing else: what they are for is allowed, and nothing that another permission is for`, async (t) => {
    for (const needed of PERMISSIONS) {
      for (const one of CALLS[needed]) {
        const { body: { decision } } = await decide(role, one)
        t.match(decision, granted.includes(needed) ? { verdict: 'allow' } : { verdict: 'deny', rule: 'grants.not_granted' }, `${needed}: ${JSON.stringify(one)}`)
      }
    }
  })
}

await t.test('to change, to install or to publish alone, without review and chat, is no way in', async (t) => {
  for (const permission of ['edit', 'dependency', 'publish'] as const) {
    t.match(await call(`only-${permission}`, '/session', {}), { status: 403 }, permission)
    t.match(await decide(`only-${permission}`, CALLS[permission][0]), { status: 403 })
  }
})
