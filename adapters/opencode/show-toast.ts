import { GatewayError } from '../../gateway/core/errors.ts'
import type { AgentHttp } from './agent-http.ts'

const WAIT_MS = 5_000 // an agent that is busy ending answers late; nothing waits for it longer

/**
 * Has the clients of an agent show a line for some seconds. Unlike a note it is no part of the conversation: the model does not read it.
 *
 * @throws GatewayError WEIR_ERR_UPSTREAM, or what the connection throws when the agent is gone
 */
export async function showToast (agent: AgentHttp, directory: string, message: string): Promise<void> {
  const { statusCode, body } = await agent.request({
    method: 'POST', path: `/tui/show-toast?directory=${encodeURIComponent(directory)}`, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ title: 'Weir', message, variant: 'info' }), signal: AbortSignal.timeout(WAIT_MS),
  })
  await body.dump()
  if (statusCode !== 200) throw new GatewayError('WEIR_ERR_UPSTREAM', `The agent answered ${statusCode} to a line for its clients.`)
}
