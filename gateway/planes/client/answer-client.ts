import type { FastifyReply } from 'fastify'
import type { AgentResponse } from '../../../adapters/opencode/agent-http.ts'
import { redactAnswer } from '../../../adapters/opencode/redact-answer.ts'
import type { Route } from '../../../adapters/opencode/routes/route.ts'
import { GatewayError } from '../../core/errors.ts'
import { blankBytes, blankText, createBlanking } from './blank-secrets.ts'
import type { SessionOwner } from './session-owner.ts'

const MAX_REDACTED_BYTES = 67_108_864 // the catalogue of all providers is 6.5 MB
const MAX_SHORT_BYTES = 262_144
const PASSED_TYPES = ['application/json', 'text/plain', 'text/x-diff', 'application/octet-stream']
const PASSED_HEADERS = ['content-length', 'cache-control', 'x-next-cursor']

export interface Cleaning {
  /** Blanked wherever they stand. */
  readonly secrets: readonly string[]
  readonly owner: SessionOwner
}

/**
 * Passes the agent's answer on: its status, a few headers, and the body, without the agent's own credentials and, where the route says
 * so, without any other and without what is of another folder.
 *
 * @throws GatewayError WEIR_ERR_UPSTREAM when the agent answered with something its API never answers
 */
export async function answerClient (route: Route, answer: AgentResponse, reply: FastifyReply, cleaning: Cleaning): Promise<unknown> {
  const type = contentType(answer)
  // The agent serves its web application on paths it does not know; on this origin a page could act as the console.
  if (type === 'text/html') {
    await answer.body.dump()
    throw new GatewayError('WEIR_ERR_UPSTREAM', 'The sandboxed agent does not know this route.')
  }
  const guarded = reply.code(answer.statusCode).headers({ 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin', 'content-security-policy': "sandbox; default-src 'none'" })
  if (route.answer === 'redacted' || route.answer === 'owned') {
    const clean = await cleanBody(route, answer, cleaning)
    return guarded.headers({ ...cursorOf(answer), 'content-type': 'application/json; charset=utf-8' }).send(clean)
  }
  guarded.headers(passedHeaders(answer, type))
  return isShort(answer) ? guarded.send(blankBytes(Buffer.from(await answer.body.arrayBuffer()), cleaning.secrets)) : guarded.send(answer.body.pipe(createBlanking(cleaning.secrets)))
}

// Blanked in one piece, which takes a tenth of what a stream of one piece does.
function isShort ({ headers }: AgentResponse): boolean {
  return Number(headers['content-length'] ?? Infinity) <= MAX_SHORT_BYTES
}

async function cleanBody (route: Route, answer: AgentResponse, { secrets, owner }: Cleaning): Promise<string> {
  const value = parsed(await wholeText(answer))
  if (route.answer === 'redacted') return JSON.stringify(redactAnswer(value, secrets))
  // An error is no list of sessions.
  return blankText(JSON.stringify(answer.statusCode === 200 ? await owner.ownPart(value) : value), secrets)
}

async function wholeText (answer: AgentResponse): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer.body) {
    const bytes = chunk as Buffer
    size += bytes.length
    if (size > MAX_REDACTED_BYTES) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The answer of the sandboxed agent is too large to be checked for credentials.')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

// What cannot be read cannot be redacted, so it is not passed on.
function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_UPSTREAM', 'The sandboxed agent did not answer in JSON.', { cause })
  }
}

function cursorOf ({ headers }: AgentResponse): Record<string, string> {
  const cursor = headers['x-next-cursor']
  return typeof cursor === 'string' ? { 'x-next-cursor': cursor } : {}
}

function passedHeaders (answer: AgentResponse, type: string): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of PASSED_HEADERS) {
    const value = answer.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  if (type === '') return headers
  const given = answer.headers['content-type']
  return { ...headers, 'content-type': PASSED_TYPES.includes(type) && typeof given === 'string' ? given : 'application/octet-stream' }
}

function contentType (answer: AgentResponse): string {
  const given = answer.headers['content-type']
  return typeof given === 'string' ? given.split(';', 1)[0]?.trim().toLowerCase() ?? '' : ''
}
