import fc from 'fast-check'
import t from 'tap'
import { decodeOpencodeCall } from '../../../adapters/opencode/decode.ts'

const CWD = '/workspace'
const READ = { tool: 'read', parameters: { filePath: 'a.ts' } }
const SHELL = { tool: 'bash', parameters: { command: 'npm test' } }
const FETCH = { tool: 'webfetch', parameters: { url: 'https://nodejs.org/', format: 'text' } }

const problemOf = (args: unknown): string | null => {
  const call = decodeOpencodeCall('batch', args, CWD)
  return call.readable ? null : call.problem
}

await t.test('each call of a batch is decoded as it would be on its own', (t) => {
  const call = decodeOpencodeCall('Batch', { tool_calls: [READ, SHELL, { tool: 'write', parameters: { filePath: 'b.ts', content: 'x' } }] }, CWD)
  t.match(call, { readable: true, native: 'batch', tool: 'run-shell', command: 'npm test', url: null, targets: [{ path: 'a.ts', access: 'read' }, { path: 'b.ts', access: 'write' }] })
  t.match(call, { parts: [{ tool: 'read-file' }, { tool: 'run-shell', command: 'npm test' }, { tool: 'write-file' }] })
  t.end()
})

await t.test('what cannot be judged together is unreadable', (t) => {
  const unreadable: ReadonlyArray<readonly [unknown, RegExp]> = [
    [{}, /not a list/], [{ tool_calls: [] }, /not a list/], [{ tool_calls: 'read' }, /not a list/],
    [{ tool_calls: Array.from({ length: 26 }, () => READ) }, /1 to 25/],
    [{ tool_calls: [READ, null] }, /^call 2 of it: it names no tool$/],
    [{ tool_calls: [{ tool: 7 }] }, /names no tool/],
    [{ tool_calls: [{ tool: 'BATCH', parameters: { tool_calls: [READ] } }] }, /batch stands in a batch/],
    [{ tool_calls: [{ tool: 'read', parameters: { path: 'a' } }] }, /filePath is missing/],
    [{ tool_calls: [READ, { tool: 'github_push', parameters: {} }] }, /^call 2 .*not for batches/],
    [{ tool_calls: [{ tool: 'task', parameters: { description: 'd', prompt: 'p', subagent_type: 'general' } }] }, /not for batches/],
    [{ tool_calls: [FETCH, FETCH] }, /more than one address/],
    [{ tool_calls: [FETCH, SHELL] }, /besides/],
  ]
  for (const [args, problem] of unreadable) t.match(problemOf(args), problem, JSON.stringify(args).slice(0, 60))
  t.equal(problemOf({ tool_calls: [FETCH, READ] }), null)
  t.equal(problemOf({ tool_calls: Array.from({ length: 25 }, () => READ) }), null)
  t.end()
})

await t.test('any batch is decoded or unreadable, and never throws', (t) => {
  const entry = fc.oneof(fc.anything(), fc.record({ tool: fc.constantFrom('read', 'bash', 'batch', '__proto__', 'toString'), parameters: fc.anything() }))
  fc.assert(fc.property(fc.array(entry, { maxLength: 30 }), (calls) => { decodeOpencodeCall('batch', { tool_calls: calls }, CWD) }), { numRuns: 300 })
  t.end()
})
