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

await t.test('of a client that does not read, no more is read than the one request that is refused', async (t) => {
  let isRead = true
  let read = (): void => undefined
  const said: string[] = []
  const conversation = createConversation({
    ...PORTS,
    tools: { ...NO_TOOLS, open: () => new Promise<never>(() => undefined) },
    async send (text) {
      said.push(text)
      if (!isRead) await new Promise<void>((resolve) => { read = resolve })
    },
  })
  const ask = (id: number): Promise<void> => conversation.receive(Buffer.from(JSON.stringify({ verb: 'log', id })))
  for (let id = 0; id < 64; id += 1) await ask(id)
  t.equal(said.length, 1, 'the handshake; all of them are open')
  isRead = false
  let isNextRead = false
  const refused = ask(64).then(() => { isNextRead = true })
  await new Promise(setImmediate)
  t.notOk(isNextRead)
  t.match(said.slice(1).map((line) => JSON.parse(line) as unknown), [{ type: 'error', id: 64, error: { code: 'WEIR_ERR_RATE' } }])
  isRead = true
  read()
  await refused
  t.match(JSON.parse(said.at(-1) ?? ''), { type: 'end', id: 64, verb: 'log', status: 'failed' })
})
