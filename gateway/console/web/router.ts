import { useEffect, useState } from 'preact/hooks'

const BASE = '/weir/console'

/** Where the console is: the parts of the path behind its own, and the query. Both make a link that shows the same to somebody else. */
export interface Place { readonly parts: readonly string[], readonly query: URLSearchParams }

const CHANGED = 'weir-place'

export function placeNow (): Place {
  const path = location.pathname.slice(BASE.length)
  return { parts: path.split('/').filter((part) => part !== '').map(decoded), query: new URLSearchParams(location.search) }
}

function decoded (part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // no view is called that
  }
}

/** The address of a view. */
export function linkTo (parts: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): string {
  const search = new URLSearchParams(Object.entries(query).flatMap(([name, value]) => value === undefined || value === '' ? [] : [[name, value]])).toString()
  return `${BASE}/${parts.map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`
}

export function goTo (address: string, replace = false): void {
  if (replace) history.replaceState(null, '', address)
  else history.pushState(null, '', address)
  dispatchEvent(new Event(CHANGED))
}

export function usePlace (): Place {
  const [place, setPlace] = useState(placeNow)
  useEffect(() => {
    const changed = (): void => setPlace(placeNow())
    addEventListener('popstate', changed)
    addEventListener(CHANGED, changed)
    return () => {
      removeEventListener('popstate', changed)
      removeEventListener(CHANGED, changed)
    }
  }, [])
  return place
}

/** Takes a click on a link of the console's own as a change of place, if it is one that would open here. */
export function followLink (event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (link === null || link.origin !== location.origin || !link.pathname.startsWith(`${BASE}/`) || link.target !== '' || link.hasAttribute('download')) return
  event.preventDefault()
  goTo(`${link.pathname}${link.search}`)
}
