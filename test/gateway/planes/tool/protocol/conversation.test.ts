import t from 'tap'
import { createConversation, type ConversationPorts } from '../../../../../gateway/planes/tool/protocol/conversation.ts'

const never = (): never => { throw new Error('Nobody was to be asked.') }

await t.test('a token that counts no more in the middle of a conversation opens nothing', async (t) => {
  let isValid = true
  let opened = 0
  const said: string[] = []
  const ports: ConversationPorts = {
    tools: { serve: never, collected: never, running: never, contextOf: never, untilSaid: never, async open () { opened += 1; return never() } },
    caller: { actor: { id: 'alice@acme.test', role: 'author', groups: [], org: 'acme' } } as unknown as ConversationPorts['caller'],
    request: 'req_1',
    scopeOf: () => ({ app: 'shop', environment: 'DEV' }),
    isValid: () => isValid,
    propose: never,
    revert: never,
    entries: never,
    async send (text) { said.push(text) },
    onError: () => {},
  }
  const conversation = createConversation(ports)
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
