import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { heldPage } from '../../approvals/approval-text.ts'
import type { Approval } from '../../approvals/approval.ts'
import { GatewayError } from '../../core/errors.ts'
import { Type } from '../../core/schema-type.ts'
import { LINK_ANSWERS, LINK_PATH, type ApprovalLinks, type LinkQuery } from '../../hooks/approval-links.ts'
import { againPage, noticePage, PAGE_HEADERS, questionPage, signInPage } from '../approval-html.ts'
import type { BrowserSessions } from '../browser-sessions.ts'
import { callerOf, isFromElsewhere, proveForm } from '../plugins/caller.ts'
import { decide, shownTo, type ApprovalRoutesOptions } from './approvals.ts'
import { LOGIN_PATH } from './browser-login.ts'

const MAX_FORM_BYTES = 16_384
const FORM = 'application/x-www-form-urlencoded'

const closed = { additionalProperties: false }
const link = {
  approval: Type.String({ pattern: '^apr_[A-Za-z0-9]{1,64}$' }),
  answer: Type.Enum([...LINK_ANSWERS]),
  until: Type.String({ pattern: '^[0-9]{1,15}$' }),
  signature: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
}
const Query = Type.Object(link, closed)
const Form = Type.Object({ ...link, reason: Type.Optional(Type.String({ maxLength: 1000 })), csrf: Type.Optional(Type.String({ maxLength: 100 })) }, closed)

export interface ApprovalLinkOptions extends ApprovalRoutesOptions {
  /** Null when no hook tells anybody of links. */
  readonly links: ApprovalLinks | null
  /** Sessions of people who signed in with this browser. Default: there are none, and the page takes a token as a password. */
  readonly browsers?: Pick<BrowserSessions, 'csrfOf' | 'assertField'> | undefined
}

/**
 * `GET /weir/approve`: a page that shows one call and asks for a word; it changes nothing, for chats open links to preview them. `POST` says
 * it. Both are for somebody who is signed in, by the browser's session or with a token: the link says which call and which answer, never who.
 */
export const approvalLinkRoutes: FastifyPluginAsync<ApprovalLinkOptions> = async (app, options) => {
  app.addContentTypeParser(FORM, { parseAs: 'string', bodyLimit: MAX_FORM_BYTES }, (_request, body, done) => {
    const fields = [...new URLSearchParams(String(body))]
    const form = Object.fromEntries(fields)
    if (Object.keys(form).length === fields.length) done(null, form)
    else done(new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'A field of the form is there twice.'))
  })

  app.get(LINK_PATH, { config: { page: true, form: true }, schema: { querystring: Query } }, async (request, reply) => {
    return await answered(reply, async () => {
      const query = checked(request.query as Static<typeof Query>, options.links)
      if (request.caller === null) return notSignedIn(request, reply, query)
      const shown = await shownTo(request, query.approval, LINK_PATH, options)
      assertWaiting(shown)
      const { signedIn } = request
      return questionPage({ ...query, ...(signedIn === null ? {} : { csrf: options.browsers?.csrfOf(signedIn) ?? '' }) }, LINK_PATH, heldPage(shown), callerOf(request).actor.id)
    })
  })

  app.post(LINK_PATH, { config: { form: true }, schema: { body: Form } }, async (request, reply) => {
    return await answered(reply, async () => {
      assertOwnForm(request)
      const { reason = '', csrf, ...link } = request.body as Static<typeof Form>
      proveForm(request, csrf, options.browsers)
      const query = checked(link, options.links)
      const said = await say(request, query, reason.trim(), options)
      return noticePage(said.state === 'refused' ? 'Denied' : 'Approved', `${said.id}: your word is recorded. This page can be closed.`)
    })
  })
}

// The cookie of a session stays with the browser on the way from another site: the page asks for itself once more.
function notSignedIn (request: FastifyRequest, reply: FastifyReply, { until, ...link }: LinkQuery): string {
  const own = `${LINK_PATH}?${new URLSearchParams({ ...link, until: String(until) }).toString()}`
  if (isFromElsewhere(request)) return againPage(own)
  // A scheme that browsers ask no password for.
  reply.code(401).header('www-authenticate', 'Bearer realm="Weir"')
  return signInPage(`${LOGIN_PATH}?${new URLSearchParams({ to: own }).toString()}`)
}

async function say (request: FastifyRequest, { approval: id, answer }: LinkQuery, reason: string, options: ApprovalLinkOptions): Promise<Approval> {
  const { approvals, onApproved, onRefused } = options
  if (answer === 'deny') {
    if (reason === '') throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'Say why: who asked reads it.')
    const refused = await decide(request, id, options, null, (id, by, permit) => approvals.refuse(id, by, reason, permit))
    await onRefused(id, reason)
    return refused
  }
  const given = await decide(request, id, options, { scope: 'once', untilMs: null }, (id, by, permit) => approvals.give(id, by, permit))
  await onApproved(id)
  return given
}

function checked ({ until, ...rest }: Static<typeof Query>, links: ApprovalLinks | null): LinkQuery {
  const query = { ...rest, until: Number(until) }
  const verdict = links?.check(query) ?? 'forged'
  if (verdict === 'forged') throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'This gateway made no such link.')
  if (verdict === 'over') throw new GatewayError('WEIR_ERR_DECIDED', 'This link is over. If the call still waits, it is in the list of approvals.')
  return query
}

function assertWaiting ({ state, by }: Pick<Approval, 'state' | 'by'>): void {
  if (state !== 'waiting') throw new GatewayError('WEIR_ERR_DECIDED', `This was already answered${by === null ? '' : ` by ${by}`}: it is ${state}.`)
}

// Whatever the browser is logged in with: a page of another site must not say the word for the person who looks at it.
function assertOwnForm ({ headers }: FastifyRequest): void {
  const { origin, host } = headers
  const site = headers['sec-fetch-site']
  const isOwn = (origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)) && (site === undefined || site === 'same-origin' || site === 'none')
  if (!isOwn) throw new GatewayError('WEIR_ERR_AUTH_SCOPE', 'This form was sent from a page of another site.')
}

async function answered (reply: FastifyReply, make: () => Promise<string>): Promise<FastifyReply> {
  reply.headers(PAGE_HEADERS)
  try {
    return await reply.send(await make())
  } catch (thrown) {
    if (!(thrown instanceof GatewayError) || thrown.statusCode >= 500) {
      reply.removeHeader('content-type')
      throw thrown
    }
    return await reply.code(thrown.statusCode).send(noticePage('Not done', thrown.message))
  }
}
