import t from 'tap'
import { createConversation, type ConversationPorts } from '../../../../../gateway/planes/tool/protocol/conversation.ts'

const never = (): never => { throw new Error('Nobody was to be asked.') }

const NO_TOOLS: ConversationPorts['tools'] = { serve: never, collected: never, running: never, contextOf: never, untilSaid: never, open: never }
const PORTS: ConversationPorts = {
  tools: NO_TOOLS,
  caller: { actor: { id: 'alice@acme.test', role: 'author', groups: [], org: 'acme' } } as unknown as ConversationPorts['caller'],
  request: 'req_1',
  scopeOf: () => ({ app: 'shop', environment: 'DEV' }),
  isValid: () => true,
  propose: never,
  revert: never,
  entries: never,
  send: never,
  onError: () => {},
}

await t.test('a token that counts no more in the middle of a conversation opens nothing', async (t) => {
  let isValid = true
  let opened = 0
  const said: string[] = []
  const conversation = createConversation({
    ...PORTS,
    tools: { ...NO_TOOLS, async open () { opened += 1; return never() } },
    isValid: () => isValid,
    async send (text) { said.push(text) },
  })
  const ask = async (id: string): Promise<void> => {
    await conversation.receive(Buffer.from(JSON.stringify({ verb: 'log', id })))
    await conversation.finish()
  }
  await ask('before')
  t.equal(opened, 1)
  isValid = false
  await ask('after')
  t.equal(opened, 1)
  t.match(said.find((line) => line.includes('"id":"after"')), /WEIR_ERR_AUTH_INVALID/)
})

await t.test('behind what is worked on so many wait, and no more is read', async (t) => {
  const said: string[] = []
  let fail = (_error: Error): void => undefined
  const conversation = createConversation({
    ...PORTS,
    tools: { ...NO_TOOLS, open: () => new Promise<never>((_resolve, reject) => { fail = reject }) },
    async send (text) { said.push(text) },
  })
  const ask = (id: number): Promise<void> => conversation.receive(Buffer.from(JSON.stringify({ verb: 'log', id })))
  for (let id = 0; id < 64 + 1_024; id += 1) await ask(id)
  t.equal(said.length, 1, 'the handshake; all of them are open, or wait')
  let isNextRead = false
  const behind = ask(64 + 1_024).then(() => { isNextRead = true })
  await new Promise(setImmediate)
  t.notOk(isNextRead)
  fail(new Error('the end of the one that began last'))
  await behind
  t.match(said.map((line) => JSON.parse(line) as unknown).filter((line) => (line as { type: string }).type === 'end'), [{ id: 63, status: 'failed' }])
  conversation.abort()
})
