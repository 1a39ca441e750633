import t from 'tap'
import { unheardAddresses } from '../../../gateway/http/unheard-addresses.ts'

await t.test('of a name, every address but the one that is listened on is told', async (t) => {
  const both = async (): Promise<readonly string[]> => ['127.0.0.1', '::1']
  t.same(await unheardAddresses('localhost', '127.0.0.1', both), ['::1'])
  t.same(await unheardAddresses('localhost', '::1', both), ['127.0.0.1'])
  t.same(await unheardAddresses('localhost', '127.0.0.1', async () => ['127.0.0.1']), [])
})

await t.test('an address stands for itself, and a name that is gone says nothing', async (t) => {
  const never = async (): Promise<readonly string[]> => { throw new Error('no such name') }
  for (const host of ['127.0.0.1', '::1', '0.0.0.0']) t.same(await unheardAddresses(host, host, async () => ['10.0.0.1']), [])
  t.same(await unheardAddresses('gone.test', '127.0.0.1', never), [])
})

await t.test('the system is asked', async (t) => {
  t.notOk((await unheardAddresses('localhost', '127.0.0.1')).includes('127.0.0.1'))
  t.not((await unheardAddresses('localhost', '192.0.2.1')).length, 0)
})
