import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { get, signIn, type Session } from '../api.ts'
import { Problem } from '../parts/shown.tsx'
import { useResource } from '../use-resource.ts'

export function SignIn ({ onSignedIn }: { readonly onSignedIn: (session: Session) => void }): VNode {
  const way = useResource('way', () => get<{ readonly method: 'oidc' | 'token' }>('/auth'))
  const [error, setError] = useState<unknown>(null)
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget
    if (!(form instanceof HTMLFormElement)) return
    const token = String(new FormData(form).get('token') ?? '').trim()
    // Out of the page at once: it is in the cookie that no script reads, or it was refused.
    form.reset()
    signIn(token).then(onSignedIn, setError)
  }
  const back = encodeURIComponent(`${location.pathname}${location.search}`)
  return (
    <main class='sign-in'>
      <h1>Weir console</h1>
      {way.data?.method === 'oidc' ? <p><a class='button' href={`/weir/auth/login?to=${back}`}>Sign in with your organisation</a></p> : null}
      <form onSubmit={submit}>
        <label>Token<input name='token' type='password' autocomplete='off' required maxLength={8192} spellcheck={false} /></label>
        <p class='quiet'>From <code>weir login</code> or <code>weir token create</code>. It is kept in a cookie that no script can read, until it expires or you sign out.</p>
        <button type='submit'>Sign in</button>
      </form>
      {error === null ? null : <Problem error={error} />}
    </main>
  )
}
