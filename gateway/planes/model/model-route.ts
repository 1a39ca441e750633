/**
 * A route of the model plane. `operation` is what stands behind the provider and its version, without the query; `model` the one that is
 * asked about, null for all.
 */
export type ModelRoute =
  | { readonly action: 'complete', readonly provider: string, readonly operation: string }
  | { readonly action: 'models', readonly provider: string, readonly model: string | null }

// Named segments only, so that nothing can be spelled in two ways: no dots alone, no escapes. `:` and `@` are in Google's names.
const SEGMENT = '[A-Za-z0-9][A-Za-z0-9._:@-]{0,255}'
const PROVIDER = '/weir/model/([A-Za-z0-9][A-Za-z0-9._-]{0,63})/v1(?:alpha|beta)?'
const COMPLETE = new RegExp(`^${PROVIDER}/((?:${SEGMENT}/){0,3}${SEGMENT})$`)
// Some clients escape the slashes in a model's name, some do not.
const MODELS = new RegExp(`^${PROVIDER}/models(?:/([A-Za-z0-9._:@~%/-]{1,512}))?$`)

/** The route a request names, or null. Compared as written; only the name of a model is decoded, which is compared with the configured ones. */
export function modelRoute (method: string | undefined, url: string | undefined): ModelRoute | null {
  const path = (url ?? '').split('?', 1)[0] ?? ''
  if (method === 'POST') return completeRoute(path)
  return method === 'GET' ? modelsRoute(path) : null
}

function completeRoute (path: string): ModelRoute | null {
  const [, provider, operation] = COMPLETE.exec(path) ?? []
  return provider === undefined || operation === undefined ? null : { action: 'complete', provider, operation }
}

function modelsRoute (path: string): ModelRoute | null {
  const [, provider, escaped] = MODELS.exec(path) ?? []
  if (provider === undefined) return null
  if (escaped === undefined) return { action: 'models', provider, model: null }
  const model = decoded(escaped)
  return model === null ? null : { action: 'models', provider, model }
}

function decoded (escaped: string): string | null {
  try {
    return decodeURIComponent(escaped)
  } catch {
    return null // an escape that is none names no model
  }
}
