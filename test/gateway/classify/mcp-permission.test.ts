import t from 'tap'
import { decodeOpencodeCall } from '../../../adapters/opencode/decode.ts'
import { createClassify } from '../../../gateway/classify/classify.ts'
import type { ClassifyData } from '../../../gateway/classify/classify-data.ts'
import { loadShellParser } from '../../../gateway/classify/shell/parser.ts'
import type { Context } from '../../../gateway/core/actor.ts'
import { data as DATA } from './sample-data.ts'

const CONTEXT: Context = { plane: 'api', actor: { id: 'a', role: 'author', groups: [], org: '' }, app: 'shop', environment: 'DEV', session: null }
const shell = await loadShellParser()

function permission (native: string, data: ClassifyData): string {
  const call = decodeOpencodeCall(native, native === 'bash' ? { command: 'ls' } : { id: 7 }, '/workspace')
  if (!call.readable) throw new Error(call.problem)
  return createClassify({ data: () => data, shell, testCommand: () => null, readlink: () => null })(call, CONTEXT).permission
}

await t.test('an MCP tool needs the permission that data give it, and no other tool does', async (t) => {
  const data: ClassifyData = { ...DATA, mcp: { tools: { issues_create: { permission: 'publish' }, bash: { permission: 'chat' } } } }
  t.equal(permission('issues_create', data), 'publish')
  t.equal(permission('issues_get', data), 'chat', 'not listed; policy denies it as unknown')
  t.equal(permission('toString', data), 'chat', 'inherited names are not listed')
  t.equal(permission('bash', data), permission('bash', DATA), 'a known tool is not an MCP tool')
  t.equal(permission('issues_create', DATA), 'chat')
})
