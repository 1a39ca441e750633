import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { decodeOpencodeCall } from '../../adapters/opencode/decode.ts'
import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { startGateway, type GatewayProcess } from '../support/gateway-process.ts'
import { openStage } from '../support/weir-stage.ts'

const GATEWAYS = 2 // each with a ledger of its own, beside each other: the most of a round is the start of one process
const ROUNDS = 10 // of each
const CLIENTS = 8
const REPLIES_BEFORE_KILL = 40 // enough for several group commits to be under way in each round

await t.test(`${GATEWAYS} gateways are killed ${ROUNDS} times in the middle of load: their ledgers hold every effect that was seen, and verify after each restart`, async (t) => {
  await Promise.all(Array.from({ length: GATEWAYS }, async () => { await killUnderLoad(t) }))
})

async function killUnderLoad (t: Test): Promise<void> {
  const stage = await openStage(t)
  const token = stage.tokenFor('author')
  const released = new Set<string>()
  let gateway: GatewayProcess = stage.gateway
  let serial = 0

  for (let round = 0; round < ROUNDS; round += 1) {
    const run = { replies: 0, stop: false, clients: [] as Array<Promise<void>> }
    const enough = new Promise<void>((resolve) => {
      const client = async (): Promise<void> => {
        while (!run.stop) {
          const command = `echo ${serial += 1}`
          stage.provider.script(`DO ${command} END`, [{ calls: [['bash', { command, description: 'x' }]] }])
          const text = await prompt(gateway.url, token, `DO ${command} END`)
          if (argumentsIn(text).includes(`"${command}"`)) released.add(command)
          run.replies += text === '' ? 0 : 1
          if (run.replies >= REPLIES_BEFORE_KILL) resolve()
        }
      }
      run.clients = Array.from({ length: CLIENTS }, client)
    })
    await enough
    const gone = once(gateway.child, 'exit')
    gateway.child.kill('SIGKILL')
    run.stop = true
    await Promise.all([gone, ...run.clients])
    gateway = await startGateway(stage.configFile)
    t.equal(await verify(stage.dataDir), 0, `round ${round + 1} verifies`)
  }
  await gateway.end('SIGTERM')

  const decisions = (await stage.ledger()).filter((entry): entry is Extract<LedgerEntry, { kind: 'decision' }> => entry.kind === 'decision' && entry.decision.verdict === 'allow')
  const digests = new Set(decisions.map((entry) => entry.digest))
  const missing = [...released].filter((command) => {
    const call = decodeOpencodeCall('bash', { command, description: 'x' }, '/workspace')
    return !digests.has(call.digest)
  })
  t.same(missing, [], 'every released call has its entry')
  const requests = decisions.filter((entry) => entry.input.kind === 'model-request').length
  t.ok(stage.provider.requests.length <= requests, `the provider saw ${stage.provider.requests.length} requests, the ledger allowed ${requests}`)
  t.ok(released.size >= ROUNDS * REPLIES_BEFORE_KILL / 2, `${released.size} calls were released`)
}

/** As `weir`, while the other gateway of this process goes on. */
async function verify (dataDir: string): Promise<number> {
  const child = spawn(process.execPath, [join(packageRoot(), 'bin', 'weir.js'), 'audit', 'verify', '--data-dir', dataDir], { stdio: 'ignore' })
  const [code] = await once(child, 'exit') as [number | null]
  return code ?? -1
}

/** The arguments of the call that came in these events, whose pieces may lie in several; the last line may be cut off. */
function argumentsIn (events: string): string {
  const pieces = events.split('\n').slice(0, -1).flatMap((line) => line.startsWith('data: {') ? [JSON.parse(line.slice(6)) as Chunk] : [])
  return pieces.map(({ choices }) => choices?.[0]?.delta?.tool_calls?.[0]?.function?.arguments ?? '').join('')
}

interface Chunk { readonly choices?: ReadonlyArray<{ readonly delta?: { readonly tool_calls?: ReadonlyArray<{ readonly function?: { readonly arguments?: string } }> } }> }

/** One streamed model request; what came before the connection broke, or nothing. */
async function prompt (url: string, token: string, text: string): Promise<string> {
  let answer = ''
  try {
    const response = await fetch(`${url}/weir/model/scripted/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'user-agent': 'opencode/1.18.33' },
      body: JSON.stringify({ model: 'model-1', stream: true, tools: [{ type: 'function', function: { name: 'bash', parameters: {} } }], messages: [{ role: 'user', content: text }] }),
    })
    for await (const chunk of response.body ?? []) answer += Buffer.from(chunk).toString('utf8')
  } catch {
    return answer // the gateway was killed under it: what arrived still counts
  }
  return answer
}
