import type { ComponentType, VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Loading, Problem } from './shown.tsx'

/** A part that is loaded when it is first shown: what few views need must not slow all of them. */
export function lazy<P extends object> (load: () => Promise<ComponentType<P>>): (props: P) => VNode {
  let loaded: ComponentType<P> | null = null
  return function Lazy (props) {
    const [, redraw] = useState(0)
    const [error, setError] = useState<unknown>(null)
    useEffect(() => {
      if (loaded !== null) return
      load().then((part) => {
        loaded = part
        redraw((times) => times + 1)
      }, setError)
    }, [])
    if (error !== null) return <Problem error={error} />
    const Part = loaded
    return Part === null ? <Loading /> : <Part {...props} />
  }
}
