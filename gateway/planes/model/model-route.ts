/** A route of the model plane. `operation` is what stands behind the provider and its version, without the query. */
export interface ModelRoute { readonly provider: string, readonly operation: string, readonly action: 'complete' | 'models' }

// Named segments only, so that nothing can be spelled in two ways: no dots alone, no escapes. `:` and `@` are in Google's names.
const ROUTE = /^\/weir\/model\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})\/v1(?:alpha|beta)?\/((?:[A-Za-z0-9][A-Za-z0-9._:@-]{0,255}\/){0,3}[A-Za-z0-9][A-Za-z0-9._:@-]{0,255})$/

/** The route a request names, or null. Compared as written: nothing is decoded, so nothing can be spelled in two ways. */
export function modelRoute (method: string | undefined, url: string | undefined): ModelRoute | null {
  const match = ROUTE.exec((url ?? '').split('?', 1)[0] ?? '')
  const [, provider, operation] = match ?? []
  if (provider === undefined || operation === undefined) return null
  if (method === 'POST') return { provider, operation, action: 'complete' }
  return method === 'GET' && operation === 'models' ? { provider, operation, action: 'models' } : null
}
