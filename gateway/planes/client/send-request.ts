import type { AgentAnswer } from '../../../adapters/opencode/agent-answer.ts'
import type { AgentHttp, AgentRequest, AgentResponse } from '../../../adapters/opencode/agent-http.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Permit } from '../../core/permit.ts'
import type { ClientRequest } from './read-request.ts'

export interface SendOptions {
  /** It says that the request's route was allowed. */
  readonly permit: Permit
  readonly directory: string
}

/** Sends the rebuilt request. @throws GatewayError WEIR_ERR_UPSTREAM */
export async function sendRequest (request: ClientRequest, agent: AgentHttp, options: SendOptions): Promise<AgentAnswer> {
  try {
    return await agent.answer(agentRequest(request, options, '*/*'))
  } catch (cause) {
    throw noAnswer(cause)
  }
}

/** The same for a route that answers with events, until the signal aborts. @throws GatewayError WEIR_ERR_UPSTREAM */
export async function askForEvents (request: ClientRequest, agent: AgentHttp, options: SendOptions & { readonly signal: AbortSignal }): Promise<AgentResponse> {
  try {
    return await agent.request(Object.assign(agentRequest(request, options, 'text/event-stream'), { signal: options.signal }))
  } catch (cause) {
    throw noAnswer(cause)
  }
}

function agentRequest (request: ClientRequest, { directory }: SendOptions, accept: string): AgentRequest {
  const { matched: { route: { method } }, body } = request
  return { method, path: agentPath(request, directory), headers: body === null ? { accept } : { accept, 'content-type': 'application/json' }, body }
}

function noAnswer (cause: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_UPSTREAM', 'The sandboxed agent did not answer.', { cause })
}

/** Path and query for the agent: the folder is always the session's own, in the forms that both engines read. */
export function agentPath ({ matched, query }: Pick<ClientRequest, 'matched' | 'query'>, directory: string): string {
  const folder = encodeURIComponent(directory)
  let own = ''
  for (const name in query) own += `${encodeURIComponent(name)}=${encodeURIComponent(query[name] ?? '')}&`
  return `${matched.path}?${own}directory=${folder}&location%5Bdirectory%5D=${folder}`
}
