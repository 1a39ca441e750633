import { createHash } from 'node:crypto'
import type { LinkQuery } from '../hooks/approval-links.ts'

const STYLE = 'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid;padding:1rem}textarea{width:100%;font:inherit}button{font:inherit;padding:.5rem 2rem}'

/**
 * Headers of a page that shows what a model wrote to somebody who is logged in: nothing runs in it, nothing is loaded, no frame holds it, and
 * its address goes nowhere. (Without any referrer browsers would call the origin of its form `null`.)
 */
export const PAGE_HEADERS = Object.freeze({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
})

/** The page that asks for a word. `held` is the call in full, as plain text; `csrf` shows that a form of who is signed in is this page's. */
export function questionPage ({ approval, answer, until, signature, csrf }: LinkQuery & { readonly csrf?: string }, path: string, held: string, by: string): string {
  const fields = Object.entries({ approval, answer, until: String(until), signature, ...(csrf === undefined ? {} : { csrf }) }).map(([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`).join('')
  const [title, question] = answer === 'approve'
    ? ['Approve', '<p>It passes once, exactly as it is here.</p>']
    : ['Deny', '<p><label>Why? Who asked reads it.<br><textarea name="reason" rows="3" maxlength="1000" required></textarea></label></p>']
  return page(`${title} ${approval}`, `<pre>${escaped(held)}</pre><form method="post" action="${path}">${fields}${question}<p><button>${title}</button> as ${escaped(by)}</p></form>`)
}

/** The page that says what happened. */
export function noticePage (title: string, text: string): string {
  return page(title, `<p>${escaped(text)}</p>`)
}

/** The page for who is not signed in. It goes nowhere by itself: previews of links must not begin logins. */
export function signInPage (address: string): string {
  return page('Sign in to answer', `<p><a href="${escaped(address)}">Sign in</a></p>`)
}

/** The page that asks for an address of this gateway again, from here. */
export function againPage (address: string): string {
  return page('One moment', `<p><a href="${escaped(address)}">Go on</a></p>`, `<meta http-equiv="refresh" content="0;url=${escaped(address)}">`)
}

function page (title: string, body: string, head = ''): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">${head}<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>${escaped(title)}</title><style>${STYLE}</style></head><body><h1>${escaped(title)}</h1>${body}</body></html>`
}

function escaped (text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
