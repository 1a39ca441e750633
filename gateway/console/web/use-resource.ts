import { useCallback, useEffect, useRef, useState } from 'preact/hooks'

/** Something asked of the gateway. What was there stays while it is asked again. */
export interface Resource<T> {
  readonly data: T | null
  readonly error: unknown
  readonly isLoading: boolean
  reload (): void
}

/** Asks when the view opens and whenever `key` changes. Answers that come late, for another key, are dropped. */
export function useResource<T> (key: string, load: () => Promise<T>): Resource<T> {
  const [state, setState] = useState<{ readonly data: T | null, readonly error: unknown, readonly isLoading: boolean }>({ data: null, error: null, isLoading: true })
  const asked = useRef(0)
  const loading = useRef(load)
  loading.current = load
  const reload = useCallback(() => {
    const mine = asked.current += 1
    const isMine = (): boolean => mine === asked.current
    setState((before) => ({ ...before, isLoading: true }))
    loading.current().then(
      (data) => { if (isMine()) setState({ data, error: null, isLoading: false }) },
      (error: unknown) => { if (isMine()) setState((before) => ({ data: before.data, error, isLoading: false })) }
    )
  }, [])
  useEffect(() => {
    setState({ data: null, error: null, isLoading: true })
    reload()
    return () => { asked.current += 1 }
  }, [key])
  return { ...state, reload }
}
