import type { ComponentType, VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { currentSession, get, signOut, type Session } from './api.ts'
import { Loading, Problem } from './parts/shown.tsx'
import { followLink, linkTo, usePlace, type Place } from './router.ts'
import { Approvals } from './views/approvals.tsx'
import { Audit } from './views/audit.tsx'
import { Entry } from './views/entry.tsx'
import { Live } from './views/live.tsx'
import { Policy } from './views/policy.tsx'
import { Releases } from './views/releases.tsx'
import { SessionTimeline } from './views/session-timeline.tsx'
import { SignIn } from './views/sign-in.tsx'
import { Spend } from './views/spend.tsx'

export interface ViewProps { readonly place: Place, readonly session: Session }

interface View { readonly name: string, readonly title: string, readonly view: ComponentType<ViewProps> }

const VIEWS: readonly View[] = [
  { name: 'live', title: 'Live', view: Live },
  { name: 'approvals', title: 'Approvals', view: Approvals },
  { name: 'audit', title: 'Audit', view: Audit },
  { name: 'policy', title: 'Policy', view: Policy },
  { name: 'spend', title: 'Spend', view: Spend },
  { name: 'releases', title: 'Releases', view: Releases },
]

type State = { readonly session: Session | null } | { readonly error: unknown } | null

export function App (): VNode {
  const [state, setState] = useState<State>(null)
  const look = (): void => {
    setState(null)
    currentSession().then((session) => { setState({ session }) }, (error: unknown) => { setState({ error }) })
  }
  useEffect(look, [])
  if (state === null) return <main><Loading /></main>
  if ('error' in state) return <main><Problem error={state.error} onRetry={look} /></main>
  if (state.session === null) return <SignIn onSignedIn={(session) => { setState({ session }) }} />
  return <Frame session={state.session} onSignedOut={() => { setState({ session: null }) }} />
}

function Frame ({ session, onSignedOut }: { readonly session: Session, readonly onSignedOut: () => void }): VNode {
  const place = usePlace()
  const [name = 'live', id] = place.parts
  useEffect(() => {
    addEventListener('click', followLink)
    return () => { removeEventListener('click', followLink) }
  }, [])
  const current = VIEWS.find((view) => view.name === name)
  useEffect(() => { document.title = `${current?.title ?? 'Session'} · Weir console` }, [name])
  return (
    <>
      <a class='skip' href='#content'>Skip to content</a>
      <header class='top'>
        <span class='brand'>Weir</span>
        <nav aria-label='Views'>{VIEWS.map((view) => <a key={view.name} href={linkTo([view.name])} aria-current={view.name === name ? 'page' : undefined}>{view.title}</a>)}</nav>
        <Account session={session} onSignedOut={onSignedOut} />
      </header>
      <Containment />
      <main id='content' tabIndex={-1}>{viewOf(name, id, { place, session }, current)}</main>
    </>
  )
}

function Containment (): VNode | null {
  const [containment, setContainment] = useState<string | undefined>()
  useEffect(() => { get<{ readonly containment?: string }>('/weir/health').then((health) => { setContainment(health.containment) }, () => {}) }, []) // views tell of a gateway that is away
  return containment === undefined ? null : <p class='problem' role='alert'>This gateway runs agents and their commands without a sandbox (containment: {containment}).</p>
}

function viewOf (name: string, id: string | undefined, props: ViewProps, current: View | undefined): VNode {
  if (name === 'audit' && id !== undefined) return <Entry key={id} index={id} />
  if (name === 'sessions' && id !== undefined) return <SessionTimeline key={id} id={id} />
  if (current === undefined) return <Problem error={new Error('There is no such view.')} />
  const Shown = current.view
  return <Shown {...props} />
}

function Account ({ session, onSignedOut }: { readonly session: Session, readonly onSignedOut: () => void }): VNode {
  const [error, setError] = useState<unknown>(null)
  const leave = (): void => { signOut().then(onSignedOut, setError) }
  return (
    <div class='account'>
      <span title={`Role ${session.role}; organisation ${session.org}`}>{session.actor} <span class='quiet'>{session.role}</span></span>
      <button type='button' onClick={leave}>Sign out</button>
      {error === null ? null : <Problem error={error} />}
    </div>
  )
}
