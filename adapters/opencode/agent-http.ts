import { Pool, type Dispatcher } from 'undici'
import { createConnector } from '../../gateway/connections/connector.ts'
import type { AgentEndpoint } from '../../gateway/sessions/session.ts'
import { AnswerHandler, type AgentAnswer } from './agent-answer.ts'

export interface AgentRequest {
  readonly method: string
  /** Path with query, built by the caller from known parts only. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | null
  readonly signal?: AbortSignal
  /** Longest silence of the answer, ms. Default 0, which is no limit: a turn may take hours. */
  readonly bodyTimeoutMs?: number
}

export type AgentResponse = Dispatcher.ResponseData

/** The gateway's own connection to one sandboxed agent. */
export interface AgentHttp {
  request (request: AgentRequest): Promise<AgentResponse>
  /** The same for an answer that is mostly short. Not to be aborted, so a `signal` is not looked at. */
  answer (request: AgentRequest): Promise<AgentAnswer>
  close (): Promise<void>
}

const ORIGIN = 'http://agent.invalid' // never resolved: every connection goes to the Unix socket

/** Opens connections on demand; the agent's password and folder are set here, so that no caller can forget or change them. */
export function connectAgent (endpoint: AgentEndpoint): AgentHttp {
  const pool = new Pool(ORIGIN, { connect: createConnector({ socketPath: endpoint.socketPath }), headersTimeout: 0, bodyTimeout: 0, pipelining: 1 })
  const own = {
    'accept-encoding': 'identity', // answers are inspected
    authorization: endpoint.authorization,
    'x-opencode-directory': encodeURIComponent(endpoint.directory),
  }

  function sent ({ method, path, body, headers, bodyTimeoutMs }: AgentRequest): Dispatcher.DispatchOptions {
    return { method: method as Dispatcher.HttpMethod, path, body: body ?? null, bodyTimeout: bodyTimeoutMs ?? 0, headers: Object.assign({}, headers, own) }
  }

  return {
    request: (request) => pool.request({ ...sent(request), signal: request.signal ?? null }),
    answer: (request) => new Promise((resolve, reject) => { pool.dispatch(sent(request), new AnswerHandler({ resolve, reject })) }),
    close: () => pool.destroy(),
  }
}
