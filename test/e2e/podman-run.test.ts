import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { opencodeRun } from '../support/opencode-client.ts'
import { openStage, toolResults } from '../support/weir-stage.ts'

t.setTimeout(900_000) // a machine under load, not a measure
const stage = await openStage(t, { agent: { sandbox: 'podman', runtime: 'crun' } })
const author = stage.tokenFor('author', 'alice@acme.test')

await t.test('a whole turn runs in containers: a file read, a command in one of its own, the change decided and committed', async (t) => {
  stage.provider.script('IN-PODMAN', [
    { calls: [['read', { filePath: '/workspace/README.md' }]] },
    { calls: [['bash', { command: "echo 'export const hello = 1' > src/hello.js && wc -l src/hello.js", description: 'write' }]] },
    { text: 'Written.' },
  ])
  const run = await opencodeRun(stage.gateway.url, author, join(stage.dir, 'home'), 'IN-PODMAN')
  t.equal(run.code, 0, run.stderr)
  t.match(run.stdout, /Written/)
  t.ok(processes().some((line) => line.includes('conmon')), 'the agent is under podman')
  const results = toolResults(stage.provider.requests.findLast((request) => request.body.tools !== undefined))
  t.match(results, /A shop with a cart/)
  t.match(results, /1 src\/hello\.js/)
  // One round trip through the gateway between two looks.
  while (!stage.git('log', '--all', '--name-only', '--format=').includes('src/hello.js')) await stage.call('GET', '/session/status', author)
  t.equal(stage.git('show', 'weir/dev:src/hello.js'), 'export const hello = 1')
  t.ok((await stage.ledger()).some((entry) => entry.kind === 'decision' && entry.plane === 'exec' && entry.decision.verdict === 'allow'), 'the exec gate was asked')
})

function processes (): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => {
    try { return readFileSync(`/proc/${pid}/cmdline`, 'utf8') } catch { return '' }
  })
}
