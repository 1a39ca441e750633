import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { agentConfig } from '../../../../adapters/opencode/agent-config.ts'
import { connectAgent } from '../../../../adapters/opencode/agent-http.ts'
import { decodeOpencodeCall } from '../../../../adapters/opencode/decode.ts'
import { startAskPlane } from '../../../../gateway/planes/ask/ask-plane.ts'
import { ALICE, governed } from '../../../adapters/opencode/fixtures/governed.ts'
import { startOpencode } from '../../../adapters/opencode/fixtures/opencode.ts'
import { startScriptedModel } from '../../../adapters/opencode/fixtures/scripted-model.ts'
import { MODEL_TOKEN, sessionOf } from '../../../adapters/opencode/fixtures/session.ts'

t.setTimeout(900_000) // the real agent takes long to start when all tests run at once

await t.test('the asks of a real agent are answered from decisions', async (t) => {
  const model = await startScriptedModel(t)
  const agent = await startOpencode(t, agentConfig({
    modelBaseUrl: () => model.baseUrl, modelToken: MODEL_TOKEN, providers: { local: { format: 'openai-chat', models: { scripted: {} } } }, shell: '/bin/bash',
  }))
  let onCollect = (): void => {}
  const session = sessionOf(agent, () => onCollect())
  const gate = governed((input) => {
    if (input.command?.text.includes('FORBIDDEN') === true) return 'deny'
    if (input.command?.text.includes('LATER') === true) return 'pending'
    if (input.command?.text.includes('EXPLODE') === true) throw new Error('policy broke')
    return 'allow'
  }, undefined, ({ command }) => command?.text.includes('OBLIGED') === true ? { modify: [{ op: 'add-flag', flag: '--no-create' }] } : {})
  const warnings: string[] = []
  const plane = await startAskPlane(session, { govern: gate.govern, ledger: gate.ledger, log: { warn: (_detail, message) => { warnings.push(message) } } })
  t.teardown(async () => {
    await plane.close()
    session.end()
  })
  const http = connectAgent(session.endpoint)
  t.teardown(() => http.close())
  const query = `?directory=${encodeURIComponent(agent.directory)}`

  async function post (path: string, body: unknown): Promise<Record<string, unknown>> {
    const response = await http.request({ method: 'POST', path: `${path}${query}`, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    return await response.body.json() as Record<string, unknown>
  }

  async function turn (onBegin: (agentSession: string) => void = () => {}): Promise<void> {
    const idle = new Promise<void>((resolve) => { onCollect = resolve })
    const { id } = await post('/session', {})
    onBegin(String(id))
    await post(`/session/${String(id)}/message`, { parts: [{ type: 'text', text: 'go' }] })
    await idle
  }

  const bash = (id: string, command: string): { id: string, name: string, args: unknown } => ({ id, name: 'bash', args: { command, description: 'd' } })
  const lastMessages = (): string => JSON.stringify(model.requests.at(-1)?.['messages'])

  await t.test('an allowed call runs, is decided once and settled', async (t) => {
    model.script([{ calls: [bash('call_a', 'touch allowed.txt')] }])
    await turn()
    t.equal(existsSync(join(agent.directory, 'allowed.txt')), true)
    t.equal(gate.inputs('tool-call').length, 1)
    t.match(gate.inputs('tool-call')[0], { command: { text: 'touch allowed.txt' }, tool: { native: 'bash' } })
    t.match(gate.settled, [{ entry: 0, status: 'done', detail: { native: 'bash' } }])
    t.ok(session.collected > 0)
  })

  await t.test('a call that the model plane released is approved without a second decision', async (t) => {
    const before = gate.entries.length
    const call = decodeOpencodeCall('bash', { command: 'touch released.txt', description: 'd' }, agent.directory)
    const { permit } = await gate.govern({ kind: 'tool-call', call }, ALICE)
    if (permit === null) throw new Error('no permit')
    session.released.remember({ callId: 'call_b', native: 'bash', digest: call.digest, permit })
    model.script([{ calls: [bash('call_b', 'touch released.txt')] }])
    await turn()
    t.equal(existsSync(join(agent.directory, 'released.txt')), true)
    t.equal(gate.entries.length, before + 1)
  })

  await t.test('a released call id with other arguments is decided afresh', async (t) => {
    const call = decodeOpencodeCall('bash', { command: 'true' }, agent.directory)
    const { permit } = await gate.govern({ kind: 'tool-call', call }, ALICE)
    if (permit === null) throw new Error('no permit')
    session.released.remember({ callId: 'call_c', native: 'bash', digest: call.digest, permit })
    model.script([{ calls: [bash('call_c', 'touch FORBIDDEN.txt')] }])
    await turn()
    t.equal(existsSync(join(agent.directory, 'FORBIDDEN.txt')), false)
  })

  await t.test('a denied call does not run and the model reads the feedback of the rule', async (t) => {
    model.script([{ calls: [bash('call_d', 'touch FORBIDDEN.txt')] }])
    await turn()
    t.equal(existsSync(join(agent.directory, 'FORBIDDEN.txt')), false)
    t.match(lastMessages(), /The rule test\.deny applies/)
  })

  await t.test('a pending call does not run and the model reads which approval it waits for', async (t) => {
    model.script([{ calls: [bash('call_e', 'touch LATER.txt')] }])
    await turn()
    t.equal(existsSync(join(agent.directory, 'LATER.txt')), false)
    t.match(lastMessages(), /apr_0/)
  })

  await t.test('a call that is allowed only changed does not run, and the model reads which change it needs', async (t) => {
    model.script([{ calls: [bash('call_i', 'touch OBLIGED.txt')] }])
    await turn()
    t.equal(existsSync(join(agent.directory, 'OBLIGED.txt')), false)
    t.match(lastMessages(), /This is allowed only changed: the command needs the option --no-create/)
    t.match(gate.entries.at(-1), { kind: 'decision', decision: { verdict: 'deny', rule: 'weir.obligation_unfulfilled', also: ['test.allow'] } })
  })

  await t.test('a call that was made in a plan does not run, whatever policy says', async (t) => {
    model.script([{ calls: [bash('call_p', 'touch planned.txt')] }])
    let onOver = (): void => {}
    await turn((id) => { onOver = session.planning.begin(id) })
    onOver()
    t.equal(existsSync(join(agent.directory, 'planned.txt')), false)
    t.match(lastMessages(), /a plan only reads files and searches/)
  })

  await t.test('a call that cannot be decided is refused', async (t) => {
    model.script([{ calls: [bash('call_f', 'touch EXPLODE.txt')] }])
    await turn()
    t.equal(existsSync(join(agent.directory, 'EXPLODE.txt')), false)
    t.match(lastMessages(), /could not decide/)
    t.ok(warnings.includes('ask could not be decided'))
  })

  await t.test('of parallel calls only the allowed ones run', async (t) => {
    model.script([{ calls: [bash('call_g', 'touch FORBIDDEN.txt'), { id: 'call_h', name: 'read', args: { filePath: join(agent.directory, 'allowed.txt') } }] }])
    await turn()
    t.equal(existsSync(join(agent.directory, 'FORBIDDEN.txt')), false)
  })
})
