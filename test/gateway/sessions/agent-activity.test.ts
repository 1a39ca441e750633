import t from 'tap'
import { createAgentActivity } from '../../../gateway/sessions/agent-activity.ts'

await t.test('an agent works while any of its conversations does, by its own words', async (t) => {
  const { take, state } = createAgentActivity()
  const said = (sessionID: string, type: string): string => {
    take({ sessionID, status: { type } })
    return state()
  }
  t.equal(state(), 'idle')
  t.equal(said('ses_1', 'busy'), 'working')
  t.equal(said('ses_2', 'retry'), 'working')
  t.equal(said('ses_1', 'idle'), 'retrying')
  t.equal(said('ses_2', 'idle'), 'idle')
  t.equal(said('ses_2', 'what comes in a later version'), 'working')
})

await t.test('what says nothing changes nothing, and what is too much is not kept', async (t) => {
  const { take, set, state } = createAgentActivity()
  for (const wrong of [{}, { sessionID: 1, status: { type: 'busy' } }, { sessionID: 'ses_1' }, { sessionID: 'ses_1', status: null }, { sessionID: 'ses_1', status: 'busy' }]) take(wrong)
  t.equal(state(), 'idle')
  set(Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`ses_${at}`, { type: 'busy' }])))
  t.equal(state(), 'working')
  for (let at = 0; at < 1_000; at += 1) take({ sessionID: `ses_${at}`, status: { type: 'idle' } })
  t.equal(state(), 'idle', 'the last one was one too many')
  take({ sessionID: 'ses_1', status: { type: 'busy' } })
  set({})
  t.equal(state(), 'idle')
})
