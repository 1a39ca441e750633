import type { AgentHttp, AgentResponse } from '../../../adapters/opencode/agent-http.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Permit } from '../../core/permit.ts'
import type { ClientRequest } from './read-request.ts'

/** Sends the rebuilt request. The permit says that its route was allowed. @throws GatewayError WEIR_ERR_UPSTREAM */
export async function sendRequest (request: ClientRequest, agent: AgentHttp, options: { readonly permit: Permit, readonly directory: string, readonly signal?: AbortSignal }): Promise<AgentResponse> {
  const { route } = request.matched
  try {
    return await agent.request({
      method: route.method,
      path: agentPath(request, options.directory),
      headers: {
        accept: route.answer === 'events' ? 'text/event-stream' : '*/*',
        ...(request.body === null ? {} : { 'content-type': 'application/json' }),
      },
      body: request.body,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_UPSTREAM', 'The sandboxed agent did not answer.', { cause })
  }
}

/** Path and query for the agent: the folder is always the session's own, in the forms that both engines read. */
export function agentPath ({ matched, query }: Pick<ClientRequest, 'matched' | 'query'>, directory: string): string {
  const parameters = new URLSearchParams({ ...query, directory, 'location[directory]': directory })
  return `${matched.path}?${parameters.toString()}`
}
