/** A route of the model plane. */
export interface ModelRoute { readonly provider: string, readonly action: 'complete' | 'models' }

const ROUTE = /^\/weir\/model\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})\/v1\/(chat\/completions|models)$/

/** The route a request names, or null. Compared as written: nothing is decoded, so nothing can be spelled in two ways. */
export function modelRoute (method: string | undefined, url: string | undefined): ModelRoute | null {
  const match = ROUTE.exec((url ?? '').split('?', 1)[0] ?? '')
  const [, provider, tail] = match ?? []
  if (provider === undefined) return null
  if (method === 'POST' && tail === 'chat/completions') return { provider, action: 'complete' }
  return method === 'GET' && tail === 'models' ? { provider, action: 'models' } : null
}
